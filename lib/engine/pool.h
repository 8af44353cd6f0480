/* SPDX-License-Identifier: BSD-2-Clause */
/* pool.h: engines for the threads of a context, so that none waits for another. Any thread. */
#ifndef MXCHECK_ENGINE_POOL_H
#define MXCHECK_ENGINE_POOL_H

#include "engine/engine.h"

#include <pthread.h>

struct joint_lookup;

struct pool {
    pthread_mutex_t lock;
    struct settings *settings;
    mxcheck_cache *cache; /* or NULL */
    struct engine *idle;
    unsigned checks;              /* under way */
    struct joint_lookup *lookups; /* those of blocking checks */
};

/* Returns 0, or -1 when the system refuses a lock. `settings` and `cache` (or NULL) must outlive the pool. */
int pool_init(struct pool *pool, struct settings *settings, mxcheck_cache *cache);
void pool_clear(struct pool *pool);

/* In a child after fork, before any other thread is here: no check is under way, the lock may be held by nobody that
 * lives, and the engines are the parent's. */
void pool_abandon(struct pool *pool);

/* Count a check in, unless max-pending are under way; count it out. */
bool pool_enter(struct pool *pool);
void pool_leave(struct pool *pool);

/* Take an engine; give it back. */
mxcheck_status pool_take(struct pool *pool, struct engine **engine);
void pool_give(struct pool *pool, struct engine *engine);

#endif
