/* SPDX-License-Identifier: BSD-2-Clause */
/* engine.h: a loop with a resolver on it and the lookups under way there. Used by one thread at a time. */
#ifndef MXCHECK_ENGINE_ENGINE_H
#define MXCHECK_ENGINE_ENGINE_H

#include "engine/settings.h"
#include "facts/flights.h"

struct engine {
    struct settings *settings; /* lent by the pool */
    struct loop *loop;
    struct resolver *resolver;
    struct resolver *retired; /* those before it, of another resolv.conf, which end what they have under way */
    struct flights *flights;
    mxcheck_cache *cache; /* lent, or NULL */
    unsigned version; /* of the resolvers that it asks */
    struct engine *next; /* in the pool */
};

/* Gives an engine whose lookups `cache` (or NULL) remembers; MXCHECK_ERR_NOMEM or MXCHECK_ERR_SYSTEM otherwise. Opens
 * an epoll descriptor. */
mxcheck_status engine_new(struct settings *settings, mxcheck_cache *cache, struct engine **engine);
void engine_free(struct engine *engine);

/* Before a check: go over to the resolvers of resolv.conf, should it have changed, with a resolver of its own for what
 * is asked from now on. When memory fails, everything stays as it is. */
void engine_refresh(struct engine *engine);

/* In a child after fork: free without touching what the parent still uses. */
void engine_abandon(struct engine *engine);

/* Look a domain up and wait, until deadline_us. Gives *facts. */
mxcheck_status engine_lookup(struct engine *engine, const char *domain, uint64_t deadline_us, struct facts **facts);

#endif
