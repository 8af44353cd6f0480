/* SPDX-License-Identifier: BSD-2-Clause */
/* cache.h: facts remembered by domain, for any number of threads and contexts, in no more memory than was said. Whether
 * what is remembered still holds is for who asks to judge. */
#ifndef MXCHECK_FACTS_CACHE_H
#define MXCHECK_FACTS_CACHE_H

#include "facts/facts.h"

#include <stddef.h>

/* Two things are remembered of a domain: what DNS last said of it, and that it failed since. */
enum cache_kind { CACHE_ANSWER, CACHE_FAILURE };

struct cache_counts {
    uint64_t evictions;
    uint64_t domains; /* remembered now, failures counted as well */
    uint64_t bytes;   /* that they take */
};

/* Gives an empty cache, one reference, that takes at most max_bytes of memory (at least CACHE_BYTES_MIN), itself
 * counted in; NULL when memory ran out. */
#define CACHE_BYTES_MIN 16384
mxcheck_cache *cache_new(const mxcheck_memory *memory, size_t max_bytes);
mxcheck_cache *cache_ref(mxcheck_cache *cache);
void cache_unref(mxcheck_cache *cache);

/* Whoever asks other resolvers, or trusts them otherwise, knows other things: each `asker`, which is not 0, has facts
 * of its own in the cache. To be told before they are put. */
void cache_note_asker(mxcheck_cache *cache, uint64_t asker);

/* The hash of a domain of `length` octets, as this asker knows it; what it leads to is being fetched meanwhile. */
uint64_t cache_hash(mxcheck_cache *cache, uint64_t asker, const char *domain, size_t length);

/* Copy what is remembered of a domain, of this hash and length, into `facts`, a block of `size` octets aligned for 8.
 * Returns the size of the facts: 0 when there is nothing; more than `size` when they do not fit, and then nothing was
 * copied. */
size_t cache_get(mxcheck_cache *cache, enum cache_kind kind, uint64_t hash, const char *domain, size_t length,
                 void *facts, size_t size);

/* Remember facts that are the outcome of a lookup begun in this generation, in the place of what was. */
void cache_put(mxcheck_cache *cache, uint64_t asker, const struct facts *facts, uint64_t generation);

/* The generation ends with each flush: what was asked before a flush is not remembered after it. */
uint64_t cache_generation(const mxcheck_cache *cache);

/* Forget a domain (lower-case A-labels), or all (NULL), whoever asked. */
void cache_flush(mxcheck_cache *cache, const char *domain);

void cache_count(const mxcheck_cache *cache, struct cache_counts *counts);

#endif
