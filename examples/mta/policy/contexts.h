/* SPDX-License-Identifier: BSD-2-Clause */
/* contexts.h: the context in use, those before it that still have checks, and the shadows beside them, on libevent. */
#ifndef POLICY_CONTEXTS_H
#define POLICY_CONTEXTS_H

#include <event2/event.h>
#include <mxcheck/mxcheck.h>
#include <stdbool.h>

struct shadow;
struct contexts;

/* Make one with the options of the file `config` (NULL: their defaults), and a shadow with those of `shadow_config`
 * (NULL: no shadow). NULL: a line says why. */
struct contexts *contexts_new(struct event_base *base, const char *config, const char *shadow_config);
void contexts_free(struct contexts *contexts);

/* Read the files anew. Checks under way end as they were begun. When a file cannot be used nothing changes. */
void contexts_reload(struct contexts *contexts);
void contexts_report_counts(const struct contexts *contexts);

mxcheck_ctx *contexts_current(const struct contexts *contexts);

/* Of the current context; NULL: there is none. */
struct shadow *contexts_shadow(const struct contexts *contexts);

#endif
