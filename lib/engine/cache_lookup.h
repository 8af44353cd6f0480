/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_lookup.h: what the cache knows of a domain, as the options of a context see it. */
#ifndef MXCHECK_ENGINE_CACHE_LOOKUP_H
#define MXCHECK_ENGINE_CACHE_LOOKUP_H

#include "engine/settings.h"
#include "facts/cache.h"
#include "judge/judgement.h"

/* Facts of nearly every domain are smaller; larger ones cost an allocation. */
#define CACHE_LOOKUP_ROOM 1024

enum cache_lookup {
    CACHE_LOOKUP_NOTHING, /* DNS must be asked */
    CACHE_LOOKUP_FRESH,
    CACHE_LOOKUP_EXPIRING, /* fresh, but in the last tenth of its time */
    CACHE_LOOKUP_STALE     /* past its time; DNS failed just now */
};

/* Where a copy of the facts is put: judgement->facts lies in it. */
struct cached_facts {
    uint64_t hash;       /* of the domain */
    struct facts *large; /* NULL unless the copy found no room below */
    union {
        struct facts facts;
        char room[CACHE_LOOKUP_ROOM];
    } small;
};

/* Judge a judgement that form_judge left open by what is remembered. With has_failed DNS was asked just now,
 * in vain, and what is stale counts; otherwise it counts while a failure is remembered (RFC 9520). After any outcome
 * but CACHE_LOOKUP_NOTHING, which leaves the judgement to be made anew, call cache_lookup_forget when done with the
 * facts. A NULL cache knows nothing. */
enum cache_lookup cache_lookup(const struct settings *settings, mxcheck_cache *cache, bool has_failed,
                               struct cached_facts *cached, struct judgement *judgement);

/* Would it be CACHE_LOOKUP_STALE, were DNS to fail now? */
bool cache_lookup_has_stale(const struct settings *settings, mxcheck_cache *cache, const struct judgement *judgement);

void cache_lookup_forget(const struct settings *settings, struct cached_facts *cached);

#endif
