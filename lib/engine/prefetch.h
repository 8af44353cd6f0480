/* SPDX-License-Identifier: BSD-2-Clause */
/* prefetch.h: lookups beside a hit, so that a popular domain never waits. Nobody is called back: the cache remembers.
 */
#ifndef MXCHECK_ENGINE_PREFETCH_H
#define MXCHECK_ENGINE_PREFETCH_H

#include "engine/engine.h"

/* At one time; more popular domains come later, or wait for once. */
#define PREFETCH_MAX 64

struct prefetch {
    struct prefetching *under_way;
    size_t count;
};

/* Begin to look a domain up on `engine`, unless that is under way or failed a while ago. */
void prefetch_begin(struct prefetch *prefetch, struct engine *engine, mxcheck_cache *cache, const char *domain);

/* End all lookups. */
void prefetch_clear(struct prefetch *prefetch);

/* The same for those who never turn a loop for long: an engine that is turned a little at each blocking check. Any
 * thread; one that finds it busy passes by. */
struct background {
    bool is_busy; /* atomic */
    struct settings *settings;
    mxcheck_cache *cache;
    struct engine *engine; /* NULL until the first lookup */
    struct prefetch prefetch;
    size_t under_way; /* atomic: prefetch.count */
};

void background_init(struct background *background, struct settings *settings, mxcheck_cache *cache);
void background_clear(struct background *background);

/* In a child after fork, before any other thread is here: the engine is the parent's, or half way through something. */
void background_abandon(struct background *background);

void background_begin(struct background *background, const char *domain);

/* Take in what has come. Costs nothing where nothing is under way. */
void background_turn(struct background *background);

#endif
