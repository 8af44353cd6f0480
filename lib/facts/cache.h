/* SPDX-License-Identifier: BSD-2-Clause */
/* cache.h: a cache of facts by domain, for any number of threads and contexts, with a limit on its memory. The caller
 * decides whether cached facts are still valid. */
#ifndef MXCHECK_FACTS_CACHE_H
#define MXCHECK_FACTS_CACHE_H

#include "base/memory.h"
#include "facts/facts.h"
#include "facts/outage.h"

#include <stddef.h>

/* Two entries are kept for a domain: the last answer of DNS, and a failure after it. */
enum cache_kind { CACHE_ANSWER, CACHE_FAILURE };

struct cache_counts {
    uint64_t evictions;
    uint64_t domains; /* entries now, failures included */
    uint64_t bytes;   /* that they take */
};

/* Gives an empty cache, one reference, that takes at most max_bytes of memory (at least CACHE_BYTES_MIN), itself
 * counted in; NULL when memory ran out. */
#define CACHE_BYTES_MIN 16384
mxcheck_cache *cache_new(const struct memory *memory, size_t max_bytes);

/* The same in memory that is shared between processes (store/mapping.h): with the children of this one when `path` is
 * NULL, else with all who open that file with the same max_bytes. Returns 0; ENOMEM or another errno, and then *why
 * says in a few words what is wrong with the file. */
int cache_new_shared(const struct memory *memory, const char *path, size_t max_bytes, mxcheck_cache **cache,
                     const char **why);
mxcheck_cache *cache_ref(mxcheck_cache *cache);
void cache_unref(mxcheck_cache *cache);

/* Contexts that use other resolvers, or trust them differently, have answers of their own: each `asker` (not 0) has its
 * own entries in the cache. Call this before the first cache_put of an asker. */
void cache_note_asker(mxcheck_cache *cache, uint64_t asker);

/* The hash of a domain of `length` octets for this asker. Its memory is prefetched. */
uint64_t cache_hash(mxcheck_cache *cache, uint64_t asker, const char *domain, size_t length);

/* Copy the entry of a domain, with this hash and length, into `facts`, a block of `size` octets with an alignment of 8.
 * Returns the size of the facts: 0 when there are none; more than `size` when they do not fit, and then nothing was
 * copied. */
size_t cache_get(mxcheck_cache *cache, enum cache_kind kind, uint64_t hash, const char *domain, size_t length,
                 void *facts, size_t size);

/* Store facts of a lookup that began in this generation; they replace the entry before. */
void cache_put(mxcheck_cache *cache, uint64_t asker, const struct facts *facts, uint64_t generation);

/* How many lookups of this asker fail, by all who share the cache; NULL: the cache does not know. As long as the cache.
 */
struct outage *cache_outage(mxcheck_cache *cache, uint64_t asker);

/* A flush begins a new generation: results of lookups from before a flush are not stored. */
uint64_t cache_generation(const mxcheck_cache *cache);

/* Remove a domain (lower-case A-labels), or all (NULL), for every asker. */
void cache_flush(mxcheck_cache *cache, const char *domain);

void cache_count(const mxcheck_cache *cache, struct cache_counts *counts);

#endif
