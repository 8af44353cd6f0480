/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_lookup.h: what the cache holds of a domain, judged by the options of a context. */
#ifndef MXCHECK_ENGINE_CACHE_LOOKUP_H
#define MXCHECK_ENGINE_CACHE_LOOKUP_H

#include "engine/settings.h"
#include "facts/cache.h"
#include "judge/judgement.h"

/* The facts of nearly every domain are smaller; larger ones need an allocation. */
#define CACHE_LOOKUP_ROOM 1024

enum cache_lookup {
    CACHE_LOOKUP_NOTHING, /* DNS must be asked */
    CACHE_LOOKUP_FRESH,
    CACHE_LOOKUP_EXPIRING, /* fresh, but in the last tenth of its time */
    CACHE_LOOKUP_STALE     /* expired; DNS failed just now */
};

/* A copy of the facts, to which judgement->facts points. */
struct cached_facts {
    uint64_t hash;       /* of the domain */
    struct facts *large; /* NULL unless the copy found no room below */
    union {
        struct facts facts;
        char room[CACHE_LOOKUP_ROOM];
    } small;
};

/* Decide a judgement that form_judge left open by what is cached. With has_failed, a DNS query has failed just now, and
 * stale facts count; without it they count while a failure is cached (RFC 9520). After any outcome except
 * CACHE_LOOKUP_NOTHING call cache_lookup_forget when the facts are no longer needed; after CACHE_LOOKUP_NOTHING the
 * judgement must be made again. `cache` may be NULL. */
enum cache_lookup cache_lookup(const struct settings *settings, mxcheck_cache *cache, bool has_failed,
                               struct cached_facts *cached, struct judgement *judgement);

/* Would the outcome be CACHE_LOOKUP_STALE if DNS failed now? */
bool cache_lookup_has_stale(const struct settings *settings, mxcheck_cache *cache, const struct judgement *judgement);

void cache_lookup_forget(const struct settings *settings, struct cached_facts *cached);

#endif
