/* SPDX-License-Identifier: BSD-2-Clause */
/* pool.h: engines for the threads of a context, one for each thread that looks up a domain. Any thread. */
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

/* Call it in a child after fork, before any other thread uses the pool: no check is in progress, the lock may be held
 * by a thread that does not exist, and the engines belong to the parent. */
void pool_abandon(struct pool *pool);

/* Count a check, unless max-pending checks are in progress; stop counting it. */
bool pool_enter(struct pool *pool);
void pool_leave(struct pool *pool);

/* Take an engine out of the pool; give it back. */
mxcheck_status pool_take(struct pool *pool, struct engine **engine);
void pool_give(struct pool *pool, struct engine *engine);

#endif
