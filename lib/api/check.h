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

/* What is to be checked, and how. */
struct check_order {
    mxcheck_role role;
    const char *text; /* lent; any octets */
    size_t length;
    uint32_t flags;      /* of mxcheck_check_flag */
    uint32_t timeout_ms; /* 0: that of the option */
};

/* Can it be carried out? A missing text of no octets is made an empty one. */
bool check_is_order(struct check_order *order);

/* Judge by the address and by the cache. Returns 1 when that decides, 0 when DNS must be asked, -1 when memory ran out.
 * After 1 call check_clear when the judgement has been used. */
int check_begin(mxcheck_ctx *ctx, const struct check_order *order, struct check *check);

/* The deadline of a lookup that begins now; it is earlier when there is a stale answer. timeout_ms as in an order. */
uint64_t check_deadline(const mxcheck_ctx *ctx, const struct judgement *judgement, uint32_t timeout_ms,
                        uint64_t started_us);

/* Finish a result that was left open by what DNS said just now, or, where it failed, by what is stale, which makes it
 * another result. Takes over the share of facts; NULL: memory ran out under way. `id` is that of an asynchronous check,
 * 0 otherwise. */
void check_finish(mxcheck_ctx *ctx, struct facts *facts, uint64_t started_us, mxcheck_id id, mxcheck_result **result);

/* Look up a domain that is about to expire in the background. */
void check_prefetch(mxcheck_ctx *ctx, const struct check *check);

void check_clear(const mxcheck_ctx *ctx, struct check *check);

#endif
