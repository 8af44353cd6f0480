/* SPDX-License-Identifier: BSD-2-Clause */
/* pool.c: idle engines in a list, last used first. */
#include "engine/pool.h"

#include <unistd.h>

int pool_init(struct pool *pool, struct settings *settings)
{
    pool->settings = settings;
    pool->idle = NULL;
    pool->owner = getpid();
    pool->borrowed = 0;
    return pthread_mutex_init(&pool->lock, NULL) == 0 ? 0 : -1;
}

/* Of a forked child only the thread that forked lives on: no check is under way here, and the idle engines share their
 * epoll sets with the parent. */
static void start_afresh_in_child(struct pool *pool)
{
    if (pool->owner == getpid())
        return;
    pool->owner = getpid();
    pool->borrowed = 0;
    while (pool->idle != NULL) {
        struct engine *engine = pool->idle;
        pool->idle = engine->next;
        engine_abandon(engine);
    }
}

void pool_clear(struct pool *pool)
{
    start_afresh_in_child(pool);
    while (pool->idle != NULL) {
        struct engine *engine = pool->idle;
        pool->idle = engine->next;
        engine_free(engine);
    }
    pthread_mutex_destroy(&pool->lock);
}

static void return_place(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->borrowed--;
    pthread_mutex_unlock(&pool->lock);
}

mxcheck_status pool_take(struct pool *pool, struct engine **engine)
{
    struct engine *taken = NULL;
    pthread_mutex_lock(&pool->lock);
    start_afresh_in_child(pool);
    bool is_full = pool->borrowed >= pool->settings->options.max_pending;
    if (!is_full) {
        pool->borrowed++;
        taken = pool->idle;
        if (taken != NULL)
            pool->idle = taken->next;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!is_full && taken == NULL) {
        mxcheck_status status = engine_new(pool->settings, &taken);
        if (status != MXCHECK_OK) {
            return_place(pool);
            return status;
        }
    }
    *engine = taken;
    return MXCHECK_OK;
}

void pool_give(struct pool *pool, struct engine *engine)
{
    pthread_mutex_lock(&pool->lock);
    pool->borrowed--;
    engine->next = pool->idle;
    pool->idle = engine;
    pthread_mutex_unlock(&pool->lock);
}
