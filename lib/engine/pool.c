/* SPDX-License-Identifier: BSD-2-Clause */
/* pool.c: idle engines in a list, last used first. */
#include "engine/pool.h"

#include <sched.h>
#include <unistd.h>

/* The owner while a child starts afresh; no process has this number. */
#define NOBODY (-1)

int pool_init(struct pool *pool, struct settings *settings, mxcheck_cache *cache)
{
    pool->settings = settings;
    pool->cache = cache;
    pool->idle = NULL;
    pool->owner = getpid();
    pool->borrowed = 0;
    return pthread_mutex_init(&pool->lock, NULL) == 0 ? 0 : -1;
}

/* Of a process that forked only the thread that called fork lives on in the child: no check is under way here, the lock
 * may be held by nobody that lives, and the idle engines share their epoll sets with the parent. */
static void start_afresh(struct pool *pool)
{
    pthread_mutex_init(&pool->lock, NULL);
    pool->borrowed = 0;
    while (pool->idle != NULL) {
        struct engine *engine = pool->idle;
        pool->idle = engine->next;
        engine_abandon(engine);
    }
}

/* The first thread of a child that comes here starts afresh; the others wait until it has. */
static void enter_process(struct pool *pool)
{
    pid_t self = getpid();
    pid_t owner = __atomic_load_n(&pool->owner, __ATOMIC_ACQUIRE);
    if (owner == self)
        return;
    if (owner != NOBODY &&
        __atomic_compare_exchange_n(&pool->owner, &owner, NOBODY, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        start_afresh(pool);
        __atomic_store_n(&pool->owner, self, __ATOMIC_RELEASE);
    }
    while (__atomic_load_n(&pool->owner, __ATOMIC_ACQUIRE) != self)
        sched_yield();
}

void pool_clear(struct pool *pool)
{
    enter_process(pool);
    while (pool->idle != NULL) {
        struct engine *engine = pool->idle;
        pool->idle = engine->next;
        engine_free(engine);
    }
    pthread_mutex_destroy(&pool->lock);
}

bool pool_enter(struct pool *pool)
{
    enter_process(pool);
    pthread_mutex_lock(&pool->lock);
    bool is_in = pool->borrowed < pool->settings->options.max_pending;
    pool->borrowed += is_in;
    pthread_mutex_unlock(&pool->lock);
    return is_in;
}

void pool_leave(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->borrowed--;
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
    *engine = NULL;
    if (!pool_enter(pool))
        return MXCHECK_OK;
    *engine = take_idle(pool);
    if (*engine != NULL) {
        engine_refresh(*engine);
        return MXCHECK_OK;
    }
    mxcheck_status status = engine_new(pool->settings, pool->cache, engine);
    if (status != MXCHECK_OK)
        pool_leave(pool);
    return status;
}

void pool_give(struct pool *pool, struct engine *engine)
{
    pthread_mutex_lock(&pool->lock);
    pool->borrowed--;
    engine->next = pool->idle;
    pool->idle = engine;
    pthread_mutex_unlock(&pool->lock);
}
