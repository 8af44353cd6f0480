/* SPDX-License-Identifier: BSD-2-Clause */
/* checks.c: the contexts of libmxcheck, and the checks. */
#include "checks.h"

#include "../common/context.h"
#include "../common/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

enum { REPLY_MAX = 512 };

/* What a check in progress is for. */
struct question {
    struct checks *checks;
    struct protocol_ticket ticket;
};

/* --- configuration ------------------------------------------------------------------------------------------------ */

/* NULL: not with this configuration, which is logged. */
static mxcheck_ctx *open_context(const struct checks *checks)
{
    mxcheck_ctx *ctx =
        context_open(checks->settings->config, checks->count == 0 ? NULL : checks->contexts[0], checks->count > 0);
    if (ctx != NULL && mxcheck_ctx_fd(ctx) < 0) {
        report(LOG_ERR, "no descriptor for a new context");
        mxcheck_ctx_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

/* Earlier contexts are kept for their checks in progress. Their counts are told when they go. */
static void free_those_done(struct checks *checks)
{
    for (size_t i = checks->count; i-- > 1;) {
        if (mxcheck_ctx_pending(checks->contexts[i]) > 0)
            continue;
        report(LOG_INFO, "the configuration before is done with");
        report_counts(checks->contexts[i]);
        mxcheck_ctx_free(checks->contexts[i]);
        checks->count--;
        for (size_t later = i; later < checks->count; later++)
            checks->contexts[later] = checks->contexts[later + 1];
    }
}

bool checks_can_load(const struct checks *checks)
{
    return checks->count < CHECKS_CONTEXTS_MAX;
}

bool checks_load(struct checks *checks)
{
    mxcheck_ctx *ctx = open_context(checks);
    if (ctx == NULL)
        return false;
    for (size_t i = checks->count++; i > 0; i--)
        checks->contexts[i] = checks->contexts[i - 1];
    checks->contexts[0] = ctx;
    free_those_done(checks);
    return true;
}

void checks_report_counts(const struct checks *checks)
{
    report_counts(checks->contexts[0]);
}

void checks_free(struct checks *checks)
{
    while (checks->count > 0)
        mxcheck_ctx_free(checks->contexts[--checks->count]);
}

/* --- checks ------------------------------------------------------------------------------------------------------- */

static void answer(const struct question *question, const char *reply)
{
    const struct checks *checks = question->checks;
    checks->answer(&question->ticket, checks->settings->is_dry_run ? NULL : reply);
}

/* Comes from mxcheck_ctx_dispatch. */
static void on_result(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    struct question *question = user_data;
    char reply[REPLY_MAX];
    (void)id;
    report_result(result, question->ticket.session, "", question->checks->settings->is_dry_run);
    mxcheck_result_reply(result, question->ticket.session, reply, sizeof(reply));
    answer(question, mxcheck_result_verdict(result) == MXCHECK_VERDICT_ACCEPT ? NULL : reply);
    free(question);
}

/* An error of the machine is no verdict. */
static void answer_without_check(const struct question *question, mxcheck_status status)
{
    char reply[REPLY_MAX];
    snprintf(reply, sizeof(reply), "451 4.3.0 %s cannot check the address now, try again later",
             question->ticket.session);
    report(LOG_ERR, "%s: no check: %s", question->ticket.session, mxcheck_status_text(status));
    answer(question, reply);
}

void checks_ask(struct checks *checks, mxcheck_role role, const struct protocol_ticket *ticket, struct span address)
{
    struct question asked = {.checks = checks, .ticket = *ticket};
    struct question *question = malloc(sizeof(*question));
    mxcheck_status status = MXCHECK_ERR_NOMEM;
    if (question != NULL) {
        *question = asked;
        status =
            mxcheck_check_async(checks->contexts[0], role, address.at, address.length, 0, 0, on_result, question, NULL);
    }
    if (status != MXCHECK_OK) {
        free(question);
        answer_without_check(&asked, status);
    }
}

void checks_dispatch(struct checks *checks)
{
    for (size_t i = 0; i < checks->count; i++)
        mxcheck_ctx_dispatch(checks->contexts[i]);
    free_those_done(checks);
}

int checks_fd(const struct checks *checks, size_t index)
{
    return mxcheck_ctx_fd(checks->contexts[index]);
}
