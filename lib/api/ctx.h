/* SPDX-License-Identifier: BSD-2-Clause */
/* ctx.h: the inside of a context. */
#ifndef MXCHECK_API_CTX_H
#define MXCHECK_API_CTX_H

#include "engine/ids.h"
#include "engine/pool.h"
#include "engine/prefetch.h"

/* Asynchronous checks of a context; one thread at a time. */
struct async {
    struct engine *engine; /* NULL until the first one */
    struct prefetch prefetch;
    struct ids ids;
    struct pending *waiting; /* for DNS */
    struct pending *done;    /* to be called back, first come first */
    struct pending **done_end;
    size_t waiting_count;
    size_t done_count;
    struct loop_timer wake; /* makes the descriptor readable while `done` is not empty */
    bool *is_gone;          /* where a dispatch under way wants to be told that its context was freed */
};

struct mxcheck_ctx {
    struct settings *settings;
    struct ownership ownership;
    mxcheck_cache *cache; /* a share; NULL: nothing is remembered */
    struct pool pool;
    struct background background;
    struct async async;
    void (*release)(void *user_data); /* of asynchronous checks; NULL: nothing */
};

void async_init(struct async *async);

/* Drop every asynchronous check without calling back. */
void async_clear(mxcheck_ctx *ctx);

/* In a child after fork, before any other thread is here: the checks and the engine are the parent's. */
void async_abandon(struct async *async);

void ctx_start_afresh(mxcheck_ctx *ctx, uint32_t self);

/* Before anything is done with a context: in a child after fork it starts afresh. */
static inline void ctx_enter(mxcheck_ctx *ctx)
{
    uint32_t self = process_self(&ctx->settings->process);
    if (ownership_enter(&ctx->ownership, self))
        ctx_start_afresh(ctx, self);
}

#endif
