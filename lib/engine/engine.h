/* SPDX-License-Identifier: BSD-2-Clause */
/* engine.h: a loop, a resolver on it, and the lookups in progress. For one thread at a time. In a child after fork the
 * engines of the parent are neither used nor freed: another thread may have been in the middle of using one, or of
 * getdns; its connections and its epoll set are shared with the parent, so that ending a TLS session would write to the
 * parent's; and its descriptor numbers may be other files by now. */
#ifndef MXCHECK_ENGINE_ENGINE_H
#define MXCHECK_ENGINE_ENGINE_H

#include "engine/settings.h"
#include "facts/flights.h"

struct engine {
    struct settings *settings; /* lent by the pool */
    struct loop *loop;
    struct resolver *resolver;
    struct resolver *retired; /* earlier ones, of another resolv.conf, whose questions have not ended */
    struct flights *flights;
    mxcheck_cache *cache; /* lent, or NULL */
    unsigned version;     /* of the resolvers that it asks */
    struct engine *next;  /* in the pool */
};

/* Gives an engine; its lookups are stored in `cache` (or NULL). MXCHECK_ERR_NOMEM or MXCHECK_ERR_SYSTEM otherwise.
 * Opens an epoll descriptor. */
mxcheck_status engine_new(struct settings *settings, mxcheck_cache *cache, struct engine **engine);

/* Does nothing when the program has closed the descriptors of the engine: their numbers may be other files by now. */
void engine_free(struct engine *engine);

/* Call it before a check: if resolv.conf has changed, use its resolvers for new questions. Without memory nothing
 * changes. */
void engine_refresh(struct engine *engine);

/* Look up a domain and wait, until deadline_us. Gives *facts. MXCHECK_ERR_STOPPED by settings_stop; MXCHECK_ERR_SYSTEM
 * when the program has closed the descriptors of the engine; then do not use or free the engine. */
mxcheck_status engine_lookup(struct engine *engine, const char *domain, uint64_t deadline_us, struct facts **facts);

#endif
