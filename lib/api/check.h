/* SPDX-License-Identifier: BSD-2-Clause */
/* check.h: the steps that every check takes, whether it blocks, calls back, or is one of a batch. */
#ifndef MXCHECK_API_CHECK_H
#define MXCHECK_API_CHECK_H

#include "api/ctx.h"
#include "api/result.h"
#include "engine/cache_lookup.h"

struct check {
    struct address parsed;
    struct judgement judgement; /* its texts lie in this struct */
    struct cached_facts cached;
    bool is_expiring; /* the facts are in the last tenth of their time, and the option prefetch wants them anew */
};

/* Judge by the form of the address and by what is remembered. Returns 1 when that decides, 0 when DNS must be asked, -1
 * when memory ran out. Call check_clear after 1, once the judgement is used. */
int check_begin(mxcheck_ctx *ctx, mxcheck_role role, const char *address, struct check *check);

/* When a lookup that begins now must have ended: earlier where there is something stale to fall back on. */
uint64_t check_deadline(const mxcheck_ctx *ctx, const struct judgement *judgement, uint64_t started_us);

/* Finish a result that was left open by what DNS said just now, or, where it failed, by what is stale, which makes it
 * another result. Takes over the share of facts; NULL: memory ran out under way. */
void check_finish(mxcheck_ctx *ctx, struct facts *facts, uint64_t started_us, mxcheck_result **result);

/* Look up anew what is fading, beside the answer. */
void check_prefetch(mxcheck_ctx *ctx, const struct check *check);

void check_clear(const mxcheck_ctx *ctx, struct check *check);

#endif
