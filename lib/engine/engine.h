/* SPDX-License-Identifier: BSD-2-Clause */
/* engine.h: a loop with a resolver on it, which looks up one domain at a time. Used by one thread at a time. */
#ifndef MXCHECK_ENGINE_ENGINE_H
#define MXCHECK_ENGINE_ENGINE_H

#include "dns/resolv_conf.h"
#include "engine/settings.h"
#include "facts/lookup.h"

struct engine {
    struct settings *settings; /* lent by the pool */
    struct loop *loop;
    struct resolver *resolver;
    struct resolver *retired; /* those before it, of another resolv.conf, which end what they have under way */
    struct upstreams upstreams;
    struct resolv_conf resolv_conf;
    struct engine *next; /* in the pool */
};

/* Gives an engine; MXCHECK_ERR_NOMEM or MXCHECK_ERR_SYSTEM otherwise. Opens an epoll descriptor. */
mxcheck_status engine_new(struct settings *settings, struct engine **engine);
void engine_free(struct engine *engine);

/* Before a check: go over to the resolvers of resolv.conf, should it have changed, with a resolver of its own for what
 * is asked from now on. When memory or the file fails, everything stays as it is. */
void engine_refresh(struct engine *engine);

/* In a child after fork: free without touching what the parent still uses. */
void engine_abandon(struct engine *engine);

/* What the options of a context want asked. */
struct lookup_wants engine_wants(const struct options *options);

/* Look a domain up and wait, at most the option timeout. Gives *facts. */
mxcheck_status engine_lookup(struct engine *engine, const char *domain, struct facts **facts);

#endif
