/* SPDX-License-Identifier: BSD-2-Clause */
/* engine.h: a loop with a resolver on it and the lookups under way there. Used by one thread at a time.
 *
 * In a child after fork an engine of the parent is left behind as it is, and neither used nor freed: another thread may
 * have been in the middle of it, or of getdns; its streams and its epoll set are shared with the parent, so that ending
 * a TLS session would write to the parent's; and a number that was its descriptor may be another's by now. */
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
    unsigned version;     /* of the resolvers that it asks */
    struct engine *next;  /* in the pool */
};

/* Gives an engine whose lookups `cache` (or NULL) remembers; MXCHECK_ERR_NOMEM or MXCHECK_ERR_SYSTEM otherwise. Opens
 * an epoll descriptor. */
mxcheck_status engine_new(struct settings *settings, mxcheck_cache *cache, struct engine **engine);

/* Does nothing where somebody has closed the descriptors of the engine: their numbers may be another's. */
void engine_free(struct engine *engine);

/* Before a check: go over to the resolvers of resolv.conf, should it have changed, with a resolver of its own for what
 * is asked from now on. When memory fails, everything stays as it is. */
void engine_refresh(struct engine *engine);

/* Look a domain up and wait, until deadline_us. Gives *facts. Where somebody has closed the descriptors of the engine
 * it is MXCHECK_ERR_SYSTEM, and the engine is to be left behind as it is. */
mxcheck_status engine_lookup(struct engine *engine, const char *domain, uint64_t deadline_us, struct facts **facts);

#endif
