/* SPDX-License-Identifier: BSD-2-Clause */
/* cache.c: shards, chosen by a keyed hash of the domain. */
#include "facts/cache.h"

#include "base/memory.h"
#include "base/siphash.h"
#include "facts/shard.h"

#include <string.h>

#define SHARDS_MAX 64
#define SHARD_BYTES_LEAST (128 * 1024) /* below that, fewer shards */
#if SIZE_MAX > UINT32_MAX
#define BYTES_MAX ((size_t)1 << 40)
#else
#define BYTES_MAX ((size_t)1 << 31)
#endif
#define PAGE 4096
#define ALLOCATOR_SLOP 32 /* what an allocator may add to a block */

/* Askers whose facts can be forgotten one by one; with more, all facts go at each flush. */
#define ASKERS_MAX 32

struct mxcheck_cache {
    unsigned references; /* atomic */
    mxcheck_memory memory;
    struct process process;
    struct siphash_key key;
    uint64_t generation;         /* atomic */
    uint64_t askers[ASKERS_MAX]; /* atomic; 0: a free place */
    bool has_more_askers;        /* atomic */
    size_t shard_count;          /* a power of two */
    struct shard shards[];
};

/* A page is `process`. Large blocks get whole pages from the system; then nothing of the last one is given away. */
static size_t shard_bytes(size_t max_bytes, size_t shards)
{
    size_t own = sizeof(struct mxcheck_cache) + shards * sizeof(struct shard) + PAGE + ALLOCATOR_SLOP;
    size_t bytes = (max_bytes - own) / shards;
    if (bytes >= SHARD_BYTES_LEAST)
        bytes = bytes / PAGE * PAGE;
    return (bytes - ALLOCATOR_SLOP) / 8 * 8;
}

mxcheck_cache *cache_new(const mxcheck_memory *memory, size_t max_bytes)
{
    size_t shards = 1;
    if (max_bytes > BYTES_MAX)
        max_bytes = BYTES_MAX;
    while (shards < SHARDS_MAX && max_bytes / (2 * shards) >= SHARD_BYTES_LEAST)
        shards *= 2;
    mxcheck_cache *cache = memory_zalloc(memory, 1, sizeof(*cache) + shards * sizeof(struct shard));
    if (cache == NULL)
        return NULL;
    cache->references = 1;
    cache->memory = *memory;
    process_init(&cache->process);
    cache->shard_count = shards;
    siphash_key_init(&cache->key);
    for (size_t i = 0; i < shards; i++)
        shard_init(&cache->shards[i], shard_bytes(max_bytes, shards), &cache->process);
    return cache;
}

mxcheck_cache *cache_ref(mxcheck_cache *cache)
{
    if (cache != NULL)
        __atomic_add_fetch(&cache->references, 1, __ATOMIC_RELAXED);
    return cache;
}

void cache_unref(mxcheck_cache *cache)
{
    if (cache == NULL || __atomic_sub_fetch(&cache->references, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    mxcheck_memory memory = cache->memory;
    for (size_t i = 0; i < cache->shard_count; i++)
        shard_clear(&cache->shards[i], &memory);
    process_clear(&cache->process);
    memory_free(&memory, cache);
}

/* The two kinds of a domain are neighbours of no meaning. */
static uint64_t hash_of(enum cache_kind kind, uint64_t hash)
{
    return kind == CACHE_FAILURE ? ~hash : hash;
}

/* The index within the shard takes other bits of the hash. */
static struct shard *shard_of(mxcheck_cache *cache, uint64_t hash)
{
    return &cache->shards[hash >> 58 & (cache->shard_count - 1)];
}

/* A place is taken once and for all. */
void cache_note_asker(mxcheck_cache *cache, uint64_t asker)
{
    for (size_t i = 0; i < ASKERS_MAX; i++) {
        uint64_t other = 0;
        if (__atomic_compare_exchange_n(&cache->askers[i], &other, asker, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) ||
            other == asker)
            return;
    }
    __atomic_store_n(&cache->has_more_askers, true, __ATOMIC_RELEASE);
}

/* The key of the hash stays secret, whatever is mixed into what it gives. */
static uint64_t hash_for(const mxcheck_cache *cache, uint64_t asker, const char *domain, size_t length)
{
    return siphash(&cache->key, domain, length) ^ asker * UINT64_C(0x9e3779b97f4a7c15);
}

uint64_t cache_hash(mxcheck_cache *cache, uint64_t asker, const char *domain, size_t length)
{
    uint64_t hash = hash_for(cache, asker, domain, length);
    shard_expect(shard_of(cache, hash), hash);
    return hash;
}

/* Two domains of one hash are not to be expected, and not to be mistaken for each other. */
static bool are_of(const struct facts *facts, const char *domain, size_t length)
{
    return facts->size - facts->domain > length && memcmp(facts_domain(facts), domain, length + 1) == 0;
}

size_t cache_get(mxcheck_cache *cache, enum cache_kind kind, uint64_t hash, const char *domain, size_t length,
                 void *facts, size_t size)
{
    uint64_t own = hash_of(kind, hash);
    size_t bytes = sizeof(uint64_t) * shard_get(shard_of(cache, own), own, facts, size / sizeof(uint64_t));
    return bytes > 0 && bytes <= size && !are_of(facts, domain, length) ? 0 : bytes;
}

void cache_put(mxcheck_cache *cache, uint64_t asker, const struct facts *facts, uint64_t generation)
{
    enum cache_kind kind = facts_failure(facts) != FACTS_NOT_ASKED ? CACHE_FAILURE : CACHE_ANSWER;
    uint64_t hash = hash_of(kind, cache_hash(cache, asker, facts_domain(facts), strlen(facts_domain(facts))));
    if (generation != cache_generation(cache))
        return;
    shard_put(shard_of(cache, hash), &cache->memory, hash, facts, facts->size / sizeof(uint64_t));
    if (generation != cache_generation(cache)) /* flushed meanwhile, perhaps just before this was put */
        shard_remove(shard_of(cache, hash), hash);
}

uint64_t cache_generation(const mxcheck_cache *cache)
{
    return __atomic_load_n(&cache->generation, __ATOMIC_ACQUIRE);
}

static void remove_domain(mxcheck_cache *cache, uint64_t asker, const char *domain)
{
    for (int kind = CACHE_ANSWER; kind <= CACHE_FAILURE; kind++) {
        uint64_t hash = hash_of((enum cache_kind)kind, hash_for(cache, asker, domain, strlen(domain)));
        shard_remove(shard_of(cache, hash), hash);
    }
}

void cache_flush(mxcheck_cache *cache, const char *domain)
{
    __atomic_add_fetch(&cache->generation, 1, __ATOMIC_ACQ_REL);
    if (domain == NULL || __atomic_load_n(&cache->has_more_askers, __ATOMIC_ACQUIRE)) {
        for (size_t i = 0; i < cache->shard_count; i++)
            shard_reset(&cache->shards[i]);
        return;
    }
    for (size_t i = 0; i < ASKERS_MAX; i++) {
        uint64_t asker = __atomic_load_n(&cache->askers[i], __ATOMIC_ACQUIRE);
        if (asker == 0)
            return;
        remove_domain(cache, asker, domain);
    }
}

void cache_count(const mxcheck_cache *cache, struct cache_counts *counts)
{
    memset(counts, 0, sizeof(*counts));
    for (size_t i = 0; i < cache->shard_count; i++) {
        const struct shard *shard = &cache->shards[i];
        counts->evictions += __atomic_load_n(&shard->evictions, __ATOMIC_RELAXED);
        counts->domains += __atomic_load_n(&shard->records, __ATOMIC_RELAXED);
        counts->bytes += __atomic_load_n(&shard->words, __ATOMIC_RELAXED) * sizeof(uint64_t);
    }
}
