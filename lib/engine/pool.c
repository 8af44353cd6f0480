/* SPDX-License-Identifier: BSD-2-Clause */
/* pool.c: idle engines in a list, last used first. */
#include "engine/pool.h"

int pool_init(struct pool *pool, struct settings *settings, mxcheck_cache *cache)
{
    pool->settings = settings;
    pool->cache = cache;
    pool->idle = NULL;
    pool->checks = 0;
    pool->lookups = NULL;
    return pthread_mutex_init(&pool->lock, NULL) == 0 ? 0 : -1;
}

void pool_abandon(struct pool *pool)
{
    pthread_mutex_init(&pool->lock, NULL);
    pool->checks = 0;
    pool->lookups = NULL;
    pool->idle = NULL;
}

void pool_clear(struct pool *pool)
{
    while (pool->idle != NULL) {
        struct engine *engine = pool->idle;
        pool->idle = engine->next;
        engine_free(engine);
    }
    pthread_mutex_destroy(&pool->lock);
}

bool pool_enter(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    bool is_in = pool->checks < pool->settings->options.max_pending;
    pool->checks += is_in;
    pthread_mutex_unlock(&pool->lock);
    return is_in;
}

void pool_leave(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->checks--;
    pthread_mutex_unlock(&pool->lock);
}

static struct engine *take_idle(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct engine *engine = pool->idle;
    if (engine != NULL)
        pool->idle = engine->next;
    pthread_mutex_unlock(&pool->lock);
    return engine;
}

mxcheck_status pool_take(struct pool *pool, struct engine **engine)
{
    do
        *engine = take_idle(pool);
    while (*engine != NULL && !loop_is_there((*engine)->loop));
    if (*engine != NULL) {
        engine_refresh(*engine);
        return MXCHECK_OK;
    }
    return engine_new(pool->settings, pool->cache, engine);
}

/* An engine whose descriptors the program has closed is not used again: their numbers may be other files by now. */
void pool_give(struct pool *pool, struct engine *engine)
{
    pthread_mutex_lock(&pool->lock);
    if (!loop_is_lost(engine->loop)) {
        engine->next = pool->idle;
        pool->idle = engine;
    }
    pthread_mutex_unlock(&pool->lock);
}
