/* SPDX-License-Identifier: BSD-2-Clause */
/* check.c: the blocking check: address, facts, verdict, result. */
#include "api/check.h"

#include "base/clock.h"
#include "engine/joint_lookup.h"
#include "judge/form.h"
#include "judge/policy.h"

#include <string.h>

/* How long a check waits for DNS when there is a stale answer (RFC 8767 section 5, the client response timer). */
#define STALE_TIMER_MS 1800

static enum cache_lookup look_in_cache(mxcheck_ctx *ctx, struct check *check)
{
    enum cache_lookup outcome = cache_lookup(ctx->settings, ctx->cache, false, &check->cached, &check->judgement);
    if (outcome == CACHE_LOOKUP_NOTHING) {
        check->judgement.facts = NULL;
        check->judgement.is_cached = false;
    }
    return outcome;
}

bool check_is_order(struct check_order *order)
{
    if (order->text == NULL && order->length == 0)
        order->text = "";
    return order->text != NULL && (order->role == MXCHECK_ROLE_SENDER || order->role == MXCHECK_ROLE_RCPT) &&
           (order->flags & ~(uint32_t)(MXCHECK_CHECK_DOMAIN | MXCHECK_CHECK_CACHED)) == 0;
}

int check_begin(mxcheck_ctx *ctx, const struct check_order *order, struct check *check)
{
    bool is_domain = (order->flags & MXCHECK_CHECK_DOMAIN) != 0;
    check->cached.large = NULL;
    check->is_expiring = false;
    if ((is_domain ? address_parse_domain : address_parse)(order->text, order->length, &check->parsed) != 0)
        return -1;
    if (form_judge(&ctx->settings->options, &check->parsed, order->role, &check->judgement))
        return 1;
    if (!ctx->settings->resolvers.is_fixed)
        resolvers_look(&ctx->settings->resolvers, &ctx->settings->log, clock_coarse_us(ctx->settings->sleep));
    enum cache_lookup outcome = look_in_cache(ctx, check);
    check->is_expiring = outcome == CACHE_LOOKUP_EXPIRING && ctx->settings->options.prefetch;
    return outcome == CACHE_LOOKUP_NOTHING ? 0 : 1;
}

uint64_t check_deadline(const mxcheck_ctx *ctx, const struct judgement *judgement, uint32_t timeout_ms,
                        uint64_t started_us)
{
    uint64_t wait_ms = timeout_ms != 0 ? timeout_ms : ctx->settings->options.timeout_ms;
    if (wait_ms > STALE_TIMER_MS && cache_lookup_has_stale(ctx->settings, ctx->cache, judgement))
        wait_ms = STALE_TIMER_MS;
    return started_us + wait_ms * 1000;
}

/* Judge by the facts just learned, or, after a failure, by stale ones. */
static void conclude(mxcheck_ctx *ctx, const struct facts *facts, struct judgement *judgement,
                     struct cached_facts *cached)
{
    const struct options *options = &ctx->settings->options;
    cached->large = NULL;
    policy_judge_facts(options, facts, judgement);
    if (judgement->failure == FACTS_NOT_ASKED || options->serve_stale_ms == 0)
        return;
    if (cache_lookup(ctx->settings, ctx->cache, true, cached, judgement) != CACHE_LOOKUP_STALE)
        policy_judge_facts(options, facts, judgement);
}

/* Replace an unfinished result. False when memory ran out. */
static bool replace(mxcheck_ctx *ctx, const struct judgement *judgement, mxcheck_result **open)
{
    mxcheck_result *result = result_new(ctx->settings, judgement->address, judgement->address_length, judgement);
    if (result == NULL)
        return false;
    mxcheck_result_unref(*open);
    *open = result;
    return true;
}

void check_finish(mxcheck_ctx *ctx, struct facts *facts, uint64_t started_us, mxcheck_id id, mxcheck_result **open)
{
    struct cached_facts cached = {.large = NULL};
    struct judgement judgement = (*open)->judgement;
    if (facts == NULL)
        policy_judge_overload(&judgement);
    else
        conclude(ctx, facts, &judgement, &cached);
    if (judgement.is_stale && replace(ctx, &judgement, open)) {
        facts_unref(facts, &ctx->settings->memory);
    } else {
        if (judgement.is_stale) /* without memory for a copy of it, the failure is told */
            policy_judge_facts(&ctx->settings->options, facts, &judgement);
        (*open)->judgement = judgement;
        (*open)->facts = facts;
    }
    cache_lookup_forget(ctx->settings, &cached);
    result_finish(*open, clock_now_us() - started_us, id);
}

void check_clear(const mxcheck_ctx *ctx, struct check *check)
{
    cache_lookup_forget(ctx->settings, &check->cached);
}

static mxcheck_status look_up(mxcheck_ctx *ctx, struct check *check, uint64_t deadline_us, struct facts **facts)
{
    struct engine *engine;
    mxcheck_status status = pool_take(&ctx->pool, &engine);
    if (status != MXCHECK_OK)
        return status;
    status = engine_lookup(engine, check->parsed.domain, deadline_us, facts);
    pool_give(&ctx->pool, engine);
    if (status == MXCHECK_OK)
        conclude(ctx, *facts, &check->judgement, &check->cached);
    return status;
}

/* Look up the domain when address and cache do not decide. Gives *facts; NULL when DNS was not asked. */
static mxcheck_status ask_dns(mxcheck_ctx *ctx, struct check *check, uint32_t timeout_ms, uint64_t started_us,
                              struct facts **facts)
{
    struct joint_lookup lookup;
    mxcheck_status status = MXCHECK_OK;
    *facts = NULL;
    if (!pool_enter(&ctx->pool)) {
        policy_judge_overload(&check->judgement);
        return MXCHECK_OK;
    }
    uint64_t deadline_us = check_deadline(ctx, &check->judgement, timeout_ms, started_us);
    if (!joint_lookup_begin(&lookup, &ctx->pool, check->parsed.domain, deadline_us, facts)) {
        conclude(ctx, *facts, &check->judgement, &check->cached);
    } else {
        /* Another thread may have looked it up since the cache was asked. */
        if (look_in_cache(ctx, check) == CACHE_LOOKUP_NOTHING)
            status = look_up(ctx, check, deadline_us, facts);
        joint_lookup_end(&lookup, *facts);
    }
    pool_leave(&ctx->pool);
    return status;
}

void check_prefetch(mxcheck_ctx *ctx, const struct check *check)
{
    if (check->is_expiring)
        background_begin(&ctx->background, check->parsed.domain);
}

static mxcheck_status carry_out(mxcheck_ctx *ctx, const struct check_order *order, mxcheck_result **checked)
{
    struct check check;
    struct facts *facts = NULL;
    uint64_t elapsed_us = 0;
    ctx_enter(ctx);
    background_turn(&ctx->background);
    int is_decided = check_begin(ctx, order, &check);
    if (is_decided < 0)
        return MXCHECK_ERR_NOMEM;
    check_prefetch(ctx, &check);
    if (is_decided == 0) {
        if ((order->flags & MXCHECK_CHECK_CACHED) != 0)
            return MXCHECK_ERR_NOT_CACHED;
        uint64_t started_us = clock_now_us();
        mxcheck_status status = ask_dns(ctx, &check, order->timeout_ms, started_us, &facts);
        if (status != MXCHECK_OK)
            return status;
        elapsed_us = clock_now_us() - started_us;
    }
    mxcheck_result *result = result_new(ctx->settings, order->text, order->length, &check.judgement);
    if (result == NULL || result->facts == NULL) /* what is stale took their place */
        facts_unref(facts, &ctx->settings->memory);
    check_clear(ctx, &check);
    if (result == NULL)
        return MXCHECK_ERR_NOMEM;
    result_finish(result, elapsed_us, 0);
    *checked = result;
    return MXCHECK_OK;
}

mxcheck_status mxcheck_check(mxcheck_ctx *ctx, mxcheck_role role, const char *text, size_t length, uint32_t flags,
                             uint32_t timeout_ms, mxcheck_result **result)
{
    struct check_order order = {role, text, length, flags, timeout_ms};
    if (result == NULL)
        return MXCHECK_ERR_INVALID;
    *result = NULL;
    if (ctx == NULL || !check_is_order(&order))
        return MXCHECK_ERR_INVALID;
    if ((flags & MXCHECK_CHECK_CACHED) == 0 && settings_is_stopped(ctx->settings))
        return MXCHECK_ERR_STOPPED;
    return carry_out(ctx, &order, result);
}

mxcheck_status mxcheck_check_sender(mxcheck_ctx *ctx, const char *address, mxcheck_result **result)
{
    return mxcheck_check(ctx, MXCHECK_ROLE_SENDER, address, address == NULL ? 1 : strlen(address), 0, 0, result);
}

mxcheck_status mxcheck_check_rcpt(mxcheck_ctx *ctx, const char *address, mxcheck_result **result)
{
    return mxcheck_check(ctx, MXCHECK_ROLE_RCPT, address, address == NULL ? 1 : strlen(address), 0, 0, result);
}
