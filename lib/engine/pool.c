/* SPDX-License-Identifier: BSD-2-Clause */
/* pool.c: idle engines in a list, last used first. */
#include "engine/pool.h"

#include <sched.h>
#include <unistd.h>

/* The owner while a child starts afresh; no process has this number. */
#define NOBODY (-1)

int pool_init(struct pool *pool, struct settings *settings)
{
    pool->settings = settings;
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

static void return_place(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->borrowed--;
    pthread_mutex_unlock(&pool->lock);
}

mxcheck_status pool_take(struct pool *pool, struct engine **engine)
{
    struct engine *taken = NULL;
    enter_process(pool);
    pthread_mutex_lock(&pool->lock);
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
