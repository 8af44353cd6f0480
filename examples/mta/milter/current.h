/* SPDX-License-Identifier: BSD-2-Clause */
/* current.h: the context that checks are made with now, which a reload replaces under the threads that use it. */
#ifndef MILTER_CURRENT_H
#define MILTER_CURRENT_H

#include <mxcheck/mxcheck.h>
#include <stdbool.h>

/* Read the configuration for the first time, or anew. False: a line says why, and the one before stays. Any thread. */
bool current_load(const char *config);

/* Borrow the context; current_give_back() it to the same holder. */
struct holder;
struct holder *current_borrow(void);
mxcheck_ctx *current_context(struct holder *holder);
void current_give_back(struct holder *holder);

/* Give up the last one: checks under way end early. */
void current_unload(void);

#endif
