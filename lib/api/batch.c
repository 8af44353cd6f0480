/* SPDX-License-Identifier: BSD-2-Clause */
/* batch.c: checks all recipients of a transaction, and looks up their domains at the same time. */
#include "api/check.h"

#include "base/clock.h"
#include "base/memory.h"
#include "judge/policy.h"

#include <string.h>

/* One recipient whose domain DNS must be asked for. */
struct item {
    struct waiter waiter; /* first */
    struct batch *batch;
    mxcheck_result **result; /* open until it has finished */
};

struct batch {
    mxcheck_ctx *ctx;
    struct engine *engine; /* NULL until DNS must be asked */
    struct item *items;    /* one for each address, in use for those that DNS must be asked for */
    mxcheck_result **results;
    size_t counted; /* by the pool, against max-pending */
    size_t waiting;
    uint64_t started_us;
    uint64_t deadline_us; /* of the last */
};

static void on_finished(struct waiter *waiter, struct facts *facts)
{
    struct item *item = (struct item *)(void *)waiter;
    item->batch->waiting--;
    check_finish(item->batch->ctx, facts, item->batch->started_us, 0, item->result);
}

/* Count a check in, and take an engine with the first. *is_in is false when the context is full. */
static mxcheck_status enter(struct batch *batch, bool *is_in)
{
    struct pool *pool = &batch->ctx->pool;
    *is_in = pool_enter(pool);
    batch->counted += *is_in;
    return *is_in && batch->engine == NULL ? pool_take(pool, &batch->engine) : MXCHECK_OK;
}

static void leave(struct batch *batch)
{
    struct pool *pool = &batch->ctx->pool;
    for (; batch->counted > 0; batch->counted--)
        pool_leave(pool);
    if (batch->engine != NULL)
        pool_give(pool, batch->engine);
}

/* Let an unfinished result wait for the lookup of its domain. */
static mxcheck_status join(struct batch *batch, struct item *item, mxcheck_result **result)
{
    struct judgement *judgement = &(*result)->judgement;
    bool is_in;
    mxcheck_status status = enter(batch, &is_in);
    if (status != MXCHECK_OK)
        return status;
    if (!is_in) {
        policy_judge_overload(judgement);
        result_finish(*result, 0, 0);
        return MXCHECK_OK;
    }
    item->batch = batch;
    item->result = result;
    item->waiter.finished = on_finished;
    item->waiter.deadline_us = check_deadline(batch->ctx, judgement, 0, batch->started_us);
    if (item->waiter.deadline_us > batch->deadline_us)
        batch->deadline_us = item->waiter.deadline_us;
    if (flights_join(batch->engine->flights, judgement->domain, &item->waiter) != 0)
        return MXCHECK_ERR_NOMEM;
    batch->waiting++;
    return MXCHECK_OK;
}

static mxcheck_status begin(struct batch *batch, const char *address, size_t index)
{
    struct check check;
    mxcheck_ctx *ctx = batch->ctx;
    const struct check_order order = {.role = MXCHECK_ROLE_RCPT, .text = address, .length = strlen(address)};
    int is_decided = check_begin(ctx, &order, &check);
    if (is_decided < 0)
        return MXCHECK_ERR_NOMEM;
    check_prefetch(ctx, &check);
    batch->results[index] = result_new(ctx->settings, address, order.length, &check.judgement);
    check_clear(ctx, &check);
    if (batch->results[index] == NULL)
        return MXCHECK_ERR_NOMEM;
    if (is_decided == 0)
        return join(batch, &batch->items[index], &batch->results[index]);
    result_finish(batch->results[index], 0, 0);
    return MXCHECK_OK;
}

static mxcheck_status run(struct batch *batch, const char *const *addresses, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mxcheck_status status = begin(batch, addresses[i], i);
        if (status != MXCHECK_OK)
            return status;
    }
    const struct settings *settings = batch->ctx->settings;
    while (batch->waiting > 0 && !loop_is_lost(batch->engine->loop) && !settings_is_stopped(settings))
        loop_turn(batch->engine->loop, settings_wait_until(batch->deadline_us));
    if (batch->waiting == 0)
        return MXCHECK_OK;
    return loop_is_lost(batch->engine->loop) ? MXCHECK_ERR_SYSTEM : MXCHECK_ERR_STOPPED;
}

static bool has_null(const char *const *addresses, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (addresses[i] == NULL)
            return true;
    }
    return false;
}

mxcheck_status mxcheck_check_rcpts(mxcheck_ctx *ctx, const char *const *addresses, size_t count,
                                   mxcheck_result **results)
{
    if (results == NULL && count > 0)
        return MXCHECK_ERR_INVALID;
    for (size_t i = 0; i < count; i++)
        results[i] = NULL;
    if (ctx == NULL || (addresses == NULL && count > 0) || has_null(addresses, count))
        return MXCHECK_ERR_INVALID;
    if (settings_is_stopped(ctx->settings))
        return MXCHECK_ERR_STOPPED;
    ctx_enter(ctx);
    background_turn(&ctx->background);
    const struct memory *memory = &ctx->settings->memory;
    struct batch batch = {.ctx = ctx, .started_us = clock_now_us()};
    batch.items = memory_zalloc(memory, count + 1, sizeof(struct item));
    batch.results = memory_zalloc(memory, count + 1, sizeof(mxcheck_result *));
    mxcheck_status status = MXCHECK_ERR_NOMEM;
    if (batch.items != NULL && batch.results != NULL)
        status = run(&batch, addresses, count);
    for (size_t i = 0; i < count && status != MXCHECK_OK && batch.items != NULL && batch.results != NULL; i++) {
        if (batch.engine != NULL && !loop_is_lost(batch.engine->loop))
            flights_leave(&batch.items[i].waiter);
        mxcheck_result_unref(batch.results[i]);
    }
    leave(&batch);
    if (status == MXCHECK_OK && count > 0)
        memcpy(results, batch.results, count * sizeof(mxcheck_result *));
    memory_free(memory, batch.items);
    memory_free(memory, batch.results);
    return status;
}
