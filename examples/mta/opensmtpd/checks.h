/* SPDX-License-Identifier: BSD-2-Clause */
/* checks.h: the contexts of libmxcheck: that of the present configuration, and earlier ones whose checks still run. */
#ifndef MXCHECK_OPENSMTPD_CHECKS_H
#define MXCHECK_OPENSMTPD_CHECKS_H

#include "../common/settings.h"
#include "protocol.h"

#include <mxcheck/mxcheck.h>

enum { CHECKS_CONTEXTS_MAX = 4 };

/* Takes the answer: a reply to refuse the command with, or NULL to let it pass. */
typedef void (*checks_answer)(const struct protocol_ticket *ticket, const char *reply);

struct checks {
    const struct settings *settings;
    checks_answer answer;
    mxcheck_ctx *contexts[CHECKS_CONTEXTS_MAX]; /* the present one first */
    size_t count;
};

/* Read the configuration, and go on with it for new checks. Those under way go on as well, and the cache stays. False,
 * and nothing has changed: it cannot be read, which is logged. Call it only when checks_can_load. */
bool checks_load(struct checks *checks);
bool checks_can_load(const struct checks *checks);

/* Start a check; its answer comes from here when it cannot be started, else from checks_dispatch. */
void checks_ask(struct checks *checks, mxcheck_role role, const struct protocol_ticket *ticket, struct span address);

/* Call this after each wait for one of checks_fd(0..count-1). */
void checks_dispatch(struct checks *checks);
int checks_fd(const struct checks *checks, size_t index);

void checks_report_counts(const struct checks *checks);
void checks_free(struct checks *checks);

#endif
