/* SPDX-License-Identifier: BSD-2-Clause */
/* prefetch.h: background lookups of popular domains before they expire. Nobody is called back; the results go to the
 * cache. */
#ifndef MXCHECK_ENGINE_PREFETCH_H
#define MXCHECK_ENGINE_PREFETCH_H

#include "engine/engine.h"

/* The most at the same time. */
#define PREFETCH_MAX 64

struct prefetch {
    struct prefetching *under_way;
    size_t count;
};

/* Start the lookup of a domain on `engine`, unless one is in progress or has failed a short time ago. */
void prefetch_begin(struct prefetch *prefetch, struct engine *engine, mxcheck_cache *cache, const char *domain);

/* End all lookups. */
void prefetch_clear(struct prefetch *prefetch);

/* The same for blocking checks: an engine whose loop is run briefly at each check. Any thread; a thread that finds it
 * busy does nothing. */
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

/* Call it in a child after fork, before any other thread uses it: the engine belongs to the parent. */
void background_abandon(struct background *background);

void background_begin(struct background *background, const char *domain);

/* Receive answers. Costs nothing when no lookup is in progress. */
void background_turn(struct background *background);

#endif
