/* SPDX-License-Identifier: BSD-2-Clause */
/* async.c: asynchronous checks: starts and cancels them, and calls back from dispatch only. */
#include "api/check.h"

#include "base/clock.h"
#include "base/memory.h"
#include "judge/policy.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* The most turns of the loop in one dispatch; each serves up to 64 descriptors. Then the program does other work, and
 * the descriptor stays readable. */
#define TURNS_MAX 16

/* A check in progress, in the list of waiting or of finished checks. */
struct pending {
    struct waiter waiter; /* first */
    mxcheck_ctx *ctx;
    struct pending *next;
    struct pending **link;
    mxcheck_result *result;
    uint64_t started_us;
    mxcheck_id id;
    mxcheck_cb callback;
    void *user_data;
    bool is_counted; /* by the pool, against max-pending */
    bool is_done;
};

void async_init(struct async *async)
{
    memset(async, 0, sizeof(*async));
    ids_init(&async->ids);
    async->done_end = &async->done;
}

static void list_waiting(struct async *async, struct pending *pending)
{
    pending->next = async->waiting;
    pending->link = &async->waiting;
    if (pending->next != NULL)
        pending->next->link = &pending->next;
    async->waiting = pending;
    async->waiting_count++;
}

static void list_done(struct async *async, struct pending *pending)
{
    pending->is_done = true;
    pending->next = NULL;
    pending->link = async->done_end;
    *async->done_end = pending;
    async->done_end = &pending->next;
    async->done_count++;
}

static void unlist(struct async *async, struct pending *pending)
{
    *pending->link = pending->next;
    if (pending->next != NULL)
        pending->next->link = pending->link;
    else if (pending->is_done)
        async->done_end = pending->link;
    if (pending->is_done)
        async->done_count--;
    else
        async->waiting_count--;
}

/* The result is finished: the next dispatch calls back. */
static void move_to_done(struct pending *pending)
{
    struct async *async = &pending->ctx->async;
    unlist(async, pending);
    list_done(async, pending);
}

/* The check has ended; its id is no longer valid. */
static void free_pending(struct pending *pending)
{
    mxcheck_ctx *ctx = pending->ctx;
    flights_leave(&pending->waiter);
    unlist(&ctx->async, pending);
    ids_remove(&ctx->async.ids, pending->id);
    if (pending->is_counted)
        pool_leave(&ctx->pool);
    mxcheck_result_unref(pending->result);
    memory_free(&ctx->settings->memory, pending);
}

/* The library lets go of the user data of a check. */
static void let_go(void (*release)(void *user_data), void *user_data)
{
    if (release != NULL)
        release(user_data);
}

/* The check ends without calling back. */
static void drop(struct pending *pending)
{
    void (*release)(void *user_data) = pending->ctx->release;
    void *user_data = pending->user_data;
    free_pending(pending);
    let_go(release, user_data);
}

/* The program has closed the descriptors of the engine: end the checks that wait for it. The next check gets another
 * engine. */
static void give_up(mxcheck_ctx *ctx)
{
    struct async *async = &ctx->async;
    while (async->waiting != NULL) {
        struct pending *pending = async->waiting;
        pending->waiter.flight = NULL;
        check_finish(ctx, NULL, pending->started_us, pending->id, &pending->result);
        move_to_done(pending);
    }
    async->prefetch = (struct prefetch){NULL, 0};
    async->engine = NULL;
    memset(&async->wake, 0, sizeof(async->wake));
}

/* For who does not turn the loop now, and might close what is another's. */
static void look_for_engine(mxcheck_ctx *ctx)
{
    if (ctx->async.engine != NULL && !loop_is_there(ctx->async.engine->loop))
        give_up(ctx);
}

void async_clear(mxcheck_ctx *ctx)
{
    struct async *async = &ctx->async;
    look_for_engine(ctx);
    while (async->waiting != NULL)
        drop(async->waiting);
    while (async->done != NULL)
        drop(async->done);
    prefetch_clear(&async->prefetch);
    engine_free(async->engine);
    ids_clear(&async->ids, &ctx->settings->memory);
    if (async->is_gone != NULL)
        *async->is_gone = true;
}

void async_abandon(struct async *async)
{
    /* Who dispatches finds out by itself that it is in another process; this may be the stack of a thread that is not
     * here. */
    async_init(async);
}

/* The timer only has to fire. It stays in the loop, so that setting it again never needs memory. */
static void on_wake(void *user)
{
    struct async *async = user;
    loop_timer_set(async->engine->loop, &async->wake, UINT64_MAX);
}

/* The engine of asynchronous checks, at the first of them. */
static mxcheck_status open_engine(mxcheck_ctx *ctx)
{
    struct async *async = &ctx->async;
    if (async->engine != NULL) {
        engine_refresh(async->engine);
        return MXCHECK_OK;
    }
    struct engine *engine;
    mxcheck_status status = engine_new(ctx->settings, ctx->cache, &engine);
    if (status != MXCHECK_OK)
        return status;
    if (loop_fd(engine->loop) < 0) {
        engine_free(engine);
        return MXCHECK_ERR_SYSTEM;
    }
    async->engine = engine;
    async->wake.fire = on_wake;
    async->wake.user = async;
    return MXCHECK_OK;
}

/* Make the descriptor readable when something is due. */
static void arm(struct async *async)
{
    if (async->engine == NULL)
        return;
    bool is_due = async->done != NULL;
    if (async->wake.place != 0 && (async->wake.due_us == 0) != is_due)
        loop_timer_set(async->engine->loop, &async->wake, is_due ? 0 : UINT64_MAX);
    loop_arm(async->engine->loop);
}

/* The facts have come (NULL: memory ran out): judge, and queue the check for the next dispatch. */
static void on_finished(struct waiter *waiter, struct facts *facts)
{
    struct pending *pending = (struct pending *)(void *)waiter;
    check_finish(pending->ctx, facts, pending->started_us, pending->id, &pending->result);
    move_to_done(pending);
}

/* Join or start a lookup, unless max-pending checks are in progress. */
static mxcheck_status join(mxcheck_ctx *ctx, struct pending *pending, uint32_t timeout_ms)
{
    struct judgement *judgement = &pending->result->judgement;
    pending->is_counted = pool_enter(&ctx->pool);
    if (!pending->is_counted) {
        policy_judge_overload(judgement);
        result_finish(pending->result, 0, pending->id);
        move_to_done(pending);
        return MXCHECK_OK;
    }
    pending->waiter.finished = on_finished;
    pending->waiter.deadline_us = check_deadline(ctx, judgement, timeout_ms, pending->started_us);
    pending->waiter.id = pending->id;
    return flights_join(ctx->async.engine->flights, judgement->domain, &pending->waiter) == 0 ? MXCHECK_OK
                                                                                              : MXCHECK_ERR_NOMEM;
}

/* Takes over the result, which may be NULL: memory ran out. */
static struct pending *new_pending(mxcheck_ctx *ctx, mxcheck_result *result, mxcheck_cb callback, void *user_data)
{
    const struct memory *memory = &ctx->settings->memory;
    struct pending *pending = result == NULL ? NULL : memory_zalloc(memory, 1, sizeof(*pending));
    if (pending == NULL) {
        mxcheck_result_unref(result);
        return NULL;
    }
    pending->ctx = ctx;
    pending->started_us = clock_now_us();
    pending->callback = callback;
    pending->user_data = user_data;
    pending->result = result;
    pending->id = ids_add(&ctx->async.ids, memory, pending);
    if (pending->id == 0) {
        mxcheck_result_unref(result);
        memory_free(memory, pending);
        return NULL;
    }
    list_waiting(&ctx->async, pending);
    return pending;
}

/* Judge the check if it needs no DNS; otherwise let it wait for a lookup. */
static mxcheck_status begin(mxcheck_ctx *ctx, const struct check_order *order, mxcheck_cb callback, void *user_data,
                            mxcheck_id *id)
{
    struct check check;
    struct async *async = &ctx->async;
    int is_decided = check_begin(ctx, order, &check);
    if (is_decided < 0)
        return MXCHECK_ERR_NOMEM;
    if (is_decided == 0 && (order->flags & MXCHECK_CHECK_CACHED) != 0)
        return MXCHECK_ERR_NOT_CACHED;
    if (check.is_expiring)
        prefetch_begin(&async->prefetch, async->engine, ctx->cache, check.parsed.domain);
    mxcheck_result *result = result_new(ctx->settings, order->text, order->length, &check.judgement);
    check_clear(ctx, &check);
    struct pending *pending = new_pending(ctx, result, callback, user_data);
    if (pending == NULL)
        return MXCHECK_ERR_NOMEM;
    mxcheck_status status = MXCHECK_OK;
    if (is_decided == 0) {
        status = join(ctx, pending, order->timeout_ms);
    } else {
        result_finish(result, 0, pending->id);
        move_to_done(pending);
    }
    if (status != MXCHECK_OK)
        free_pending(pending);
    else if (id != NULL)
        *id = pending->id;
    return status;
}

mxcheck_status mxcheck_check_async(mxcheck_ctx *ctx, mxcheck_role role, const char *text, size_t length, uint32_t flags,
                                   uint32_t timeout_ms, mxcheck_cb callback, void *user_data, mxcheck_id *id)
{
    struct check_order order = {role, text, length, flags, timeout_ms};
    if (id != NULL)
        *id = 0;
    if (ctx == NULL || callback == NULL || !check_is_order(&order))
        return MXCHECK_ERR_INVALID;
    ctx_enter(ctx);
    mxcheck_status status = open_engine(ctx);
    if (status != MXCHECK_OK)
        return status;
    /* Set before there is anything to wake for, so that it never lacks memory later. */
    if (ctx->async.wake.place == 0 && loop_timer_set(ctx->async.engine->loop, &ctx->async.wake, UINT64_MAX) != 0)
        return MXCHECK_ERR_NOMEM;
    status = begin(ctx, &order, callback, user_data, id);
    arm(&ctx->async);
    return status;
}

mxcheck_status mxcheck_check_sender_async(mxcheck_ctx *ctx, const char *address, mxcheck_cb callback, void *user_data,
                                          mxcheck_id *id)
{
    return mxcheck_check_async(ctx, MXCHECK_ROLE_SENDER, address, address == NULL ? 1 : strlen(address), 0, 0, callback,
                               user_data, id);
}

mxcheck_status mxcheck_check_rcpt_async(mxcheck_ctx *ctx, const char *address, mxcheck_cb callback, void *user_data,
                                        mxcheck_id *id)
{
    return mxcheck_check_async(ctx, MXCHECK_ROLE_RCPT, address, address == NULL ? 1 : strlen(address), 0, 0, callback,
                               user_data, id);
}

mxcheck_status mxcheck_cancel(mxcheck_ctx *ctx, mxcheck_id id)
{
    if (ctx == NULL)
        return MXCHECK_ERR_INVALID;
    ctx_enter(ctx);
    look_for_engine(ctx);
    struct pending *pending = ids_find(&ctx->async.ids, id);
    if (pending == NULL)
        return MXCHECK_ERR_NOT_FOUND;
    void (*release)(void *user_data) = ctx->release;
    void *user_data = pending->user_data;
    free_pending(pending);
    arm(&ctx->async);
    let_go(release, user_data);
    return MXCHECK_OK;
}

int mxcheck_ctx_fd(mxcheck_ctx *ctx)
{
    if (ctx == NULL)
        return -1;
    ctx_enter(ctx);
    look_for_engine(ctx);
    return open_engine(ctx) == MXCHECK_OK ? loop_fd(ctx->async.engine->loop) : -1;
}

/* Call back the first finished check. Afterwards everything but the result may have been freed. */
static void call_back(struct async *async)
{
    struct pending *pending = async->done;
    mxcheck_result *result = mxcheck_result_ref(pending->result);
    mxcheck_cb callback = pending->callback;
    void (*release)(void *user_data) = pending->ctx->release;
    void *user_data = pending->user_data;
    mxcheck_id id = pending->id;
    free_pending(pending);
    callback(id, result, user_data);
    let_go(release, user_data);
    mxcheck_result_unref(result);
}

/* Call back the checks that are finished now; those that the callbacks add wait for the next dispatch. Returns false
 * when the context was freed, or when a callback has forked and this is the child, whose context drops the parent's
 * checks. */
static bool call_back_all(mxcheck_ctx *ctx)
{
    struct async *async = &ctx->async;
    struct process *process = &ctx->settings->process;
    uint32_t self = process_self(process);
    bool is_gone = false;
    bool *outer = async->is_gone;
    async->is_gone = &is_gone;
    for (size_t most = async->done_count; most > 0 && async->done != NULL; most--) {
        call_back(async);
        if (is_gone && outer != NULL)
            *outer = true;
        if (is_gone || process_self(process) != self)
            return false;
    }
    async->is_gone = outer;
    return true;
}

static bool turn(mxcheck_ctx *ctx)
{
    struct settings_stripe *stripe = settings_share(ctx->settings);
    struct loop *loop = ctx->async.engine->loop;
    int turns = 0;
    do
        loop_turn(loop, 0);
    while (loop_has_more(loop) && ++turns < TURNS_MAX);
    if (loop_is_lost(loop))
        give_up(ctx);
    bool is_there = call_back_all(ctx);
    settings_unshare(stripe);
    return is_there;
}

mxcheck_status mxcheck_ctx_dispatch(mxcheck_ctx *ctx)
{
    if (ctx == NULL)
        return MXCHECK_ERR_INVALID;
    ctx_enter(ctx);
    if (ctx->async.engine == NULL)
        return MXCHECK_OK;
    if (turn(ctx))
        arm(&ctx->async);
    return MXCHECK_OK;
}

/* Until `until_us` at most; then, and after a signal, there may be nothing to do. */
static mxcheck_status wait_for_work(mxcheck_ctx *ctx, int fd, uint64_t until_us)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    while (ctx->async.done == NULL) {
        if (settings_is_stopped(ctx->settings))
            return MXCHECK_ERR_STOPPED;
        uint64_t now_us = clock_now_us();
        if (now_us >= until_us)
            return MXCHECK_OK;
        uint64_t left_us = settings_wait_until(until_us) - now_us;
        int count = poll(&watched, 1, (int)((left_us + 999) / 1000));
        if (count != 0)
            return count < 0 && errno != EINTR ? MXCHECK_ERR_SYSTEM : MXCHECK_OK;
    }
    return MXCHECK_OK;
}

mxcheck_status mxcheck_ctx_wait(mxcheck_ctx *ctx, int timeout_ms)
{
    if (ctx == NULL || timeout_ms < -1)
        return MXCHECK_ERR_INVALID;
    if (settings_is_stopped(ctx->settings))
        return MXCHECK_ERR_STOPPED;
    int fd = mxcheck_ctx_fd(ctx);
    if (fd < 0)
        return MXCHECK_ERR_SYSTEM;
    uint64_t until_us = timeout_ms < 0 ? UINT64_MAX : clock_now_us() + (uint64_t)timeout_ms * 1000;
    return wait_for_work(ctx, fd, until_us);
}

size_t mxcheck_ctx_pending(const mxcheck_ctx *ctx)
{
    if (ctx == NULL || ctx->ownership.owner != process_self(&ctx->settings->process))
        return 0;
    return ctx->async.waiting_count + ctx->async.done_count;
}
