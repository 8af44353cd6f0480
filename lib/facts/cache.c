/* SPDX-License-Identifier: BSD-2-Clause */
/* cache.c: shards, chosen by a keyed hash of the domain. */
#include "facts/cache.h"

#include "base/memory.h"
#include "base/siphash.h"
#include "facts/sound.h"
#include "store/mapping.h"
#include "store/shard.h"

#include <errno.h>
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

/* Askers that came so many places apart share an outage: the older one is gone, most likely. */
#define OUTAGES_MAX 4

/* What is shared beside the shards. All zero at first. */
struct common {
    uint64_t generation;         /* atomic, as what follows */
    uint64_t askers[ASKERS_MAX]; /* 0: a free place */
    uint64_t has_more_askers;
    struct outage outages[OUTAGES_MAX];
    uint64_t apart[2]; /* so that what follows begins with a cache line */
};

struct mxcheck_cache {
    unsigned references; /* atomic */
    struct memory memory;
    struct process process;
    struct siphash_key key;
    struct mapping mapping; /* no octets: the memory is not shared */
    struct common *common;  /* `own`, or in the mapping */
    struct common own;
    size_t shard_count; /* a power of two */
    struct shard shards[];
};

/* Other programs may have other sizes and other contents of the same size: LAYOUT then changes. */
#define LAYOUT UINT64_C(2)

static uint64_t layout(void)
{
    size_t sizes[] = {sizeof(struct common),       sizeof(struct shard_state), sizeof(struct facts),
                      sizeof(struct facts_answer), sizeof(struct facts_mx),    sizeof(struct facts_target)};
    uint64_t sum = LAYOUT;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        sum = sum * 1000 + sizes[i];
    return sum;
}

static size_t count_shards(size_t max_bytes)
{
    size_t shards = 1;
    while (shards < SHARDS_MAX && max_bytes / (2 * shards) >= SHARD_BYTES_LEAST)
        shards *= 2;
    return shards;
}

static size_t round_up(size_t size)
{
    return (size + PAGE - 1) / PAGE * PAGE;
}

/* A page is `process`. Large blocks get whole pages from the system; then nothing of the last one is given away. */
static size_t shard_bytes(size_t max_bytes, size_t shards)
{
    size_t own = sizeof(struct mxcheck_cache) + shards * sizeof(struct shard) + PAGE + ALLOCATOR_SLOP;
    size_t bytes = (max_bytes - own) / shards;
    if (bytes >= SHARD_BYTES_LEAST)
        bytes = bytes / PAGE * PAGE;
    return (bytes - ALLOCATOR_SLOP) / 8 * 8;
}

static mxcheck_cache *new_handle(const struct memory *memory, size_t shards)
{
    mxcheck_cache *cache = memory_zalloc(memory, 1, sizeof(*cache) + shards * sizeof(struct shard));
    if (cache == NULL)
        return NULL;
    cache->references = 1;
    cache->memory = *memory;
    cache->shard_count = shards;
    return cache;
}

static size_t bound(size_t max_bytes)
{
    return max_bytes < BYTES_MAX ? max_bytes : BYTES_MAX;
}

mxcheck_cache *cache_new(const struct memory *memory, size_t max_bytes)
{
    size_t bytes = bound(max_bytes);
    size_t shards = count_shards(bytes);
    mxcheck_cache *cache = new_handle(memory, shards);
    if (cache == NULL)
        return NULL;
    process_init(&cache->process);
    siphash_key_init(&cache->key);
    cache->common = &cache->own;
    for (size_t i = 0; i < shards; i++)
        shard_init(&cache->shards[i], shard_bytes(bytes, shards), &cache->process);
    return cache;
}

/* Blocks begin with a page, behind the head of the mapping and what is in front. */
static void attach(mxcheck_cache *cache)
{
    unsigned char *octets = cache->mapping.octets;
    size_t shards = cache->shard_count;
    size_t begin = round_up(MAPPING_HEAD_SIZE + sizeof(struct common) + shards * sizeof(struct shard_state));
    size_t bytes = (cache->mapping.size - begin) / shards / PAGE * PAGE;
    cache->key = cache->mapping.key;
    cache->common = (struct common *)(void *)(octets + MAPPING_HEAD_SIZE);
    struct shard_state *states = (struct shard_state *)(void *)(cache->common + 1);
    for (size_t i = 0; i < shards; i++)
        shard_attach(&cache->shards[i], &states[i], octets + begin + i * bytes, bytes, &cache->key);
}

int cache_new_shared(const struct memory *memory, const char *path, size_t max_bytes, mxcheck_cache **made,
                     const char **why)
{
    size_t bytes = bound(max_bytes) / PAGE * PAGE;
    mxcheck_cache *cache = new_handle(memory, count_shards(bytes));
    *why = "";
    if (cache == NULL)
        return ENOMEM;
    int error =
        path == NULL ? mapping_new(bytes, &cache->mapping) : mapping_open(path, bytes, layout(), &cache->mapping, why);
    if (error != 0) {
        memory_free(memory, cache);
        return error;
    }
    attach(cache);
    *made = cache;
    return 0;
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
    struct memory memory = cache->memory;
    for (size_t i = 0; i < cache->shard_count && cache->mapping.octets == NULL; i++)
        shard_clear(&cache->shards[i], &memory);
    if (cache->mapping.octets != NULL)
        mapping_close(&cache->mapping);
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
        if (__atomic_compare_exchange_n(&cache->common->askers[i], &other, asker, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE) ||
            other == asker)
            return;
    }
    __atomic_store_n(&cache->common->has_more_askers, 1, __ATOMIC_RELEASE);
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
    if (bytes == 0 || bytes > size)
        return bytes;
    bool is_sound = cache->mapping.octets == NULL || facts_are_sound(facts, bytes);
    return is_sound && are_of(facts, domain, length) ? bytes : 0;
}

void cache_put(mxcheck_cache *cache, uint64_t asker, const struct facts *facts, uint64_t generation)
{
    bool has_failed = facts_failure(facts) != FACTS_NOT_ASKED || facts_are_doubtful(facts);
    enum cache_kind kind = has_failed ? CACHE_FAILURE : CACHE_ANSWER;
    uint64_t hash = hash_of(kind, cache_hash(cache, asker, facts_domain(facts), strlen(facts_domain(facts))));
    if (generation != cache_generation(cache))
        return;
    shard_put(shard_of(cache, hash), &cache->memory, hash, facts, facts->size / sizeof(uint64_t));
    if (generation != cache_generation(cache)) /* flushed meanwhile, perhaps just before this was put */
        shard_remove(shard_of(cache, hash), hash);
}

struct outage *cache_outage(mxcheck_cache *cache, uint64_t asker)
{
    for (size_t i = 0; i < ASKERS_MAX; i++) {
        if (__atomic_load_n(&cache->common->askers[i], __ATOMIC_ACQUIRE) == asker)
            return &cache->common->outages[i % OUTAGES_MAX];
    }
    return NULL;
}

uint64_t cache_generation(const mxcheck_cache *cache)
{
    return __atomic_load_n(&cache->common->generation, __ATOMIC_ACQUIRE);
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
    __atomic_add_fetch(&cache->common->generation, 1, __ATOMIC_ACQ_REL);
    if (domain == NULL || __atomic_load_n(&cache->common->has_more_askers, __ATOMIC_ACQUIRE)) {
        for (size_t i = 0; i < cache->shard_count; i++)
            shard_reset(&cache->shards[i]);
        return;
    }
    for (size_t i = 0; i < ASKERS_MAX; i++) {
        uint64_t asker = __atomic_load_n(&cache->common->askers[i], __ATOMIC_ACQUIRE);
        if (asker == 0)
            return;
        remove_domain(cache, asker, domain);
    }
}

void cache_count(const mxcheck_cache *cache, struct cache_counts *counts)
{
    memset(counts, 0, sizeof(*counts));
    for (size_t i = 0; i < cache->shard_count; i++) {
        struct shard_counts shard = shard_count(&cache->shards[i]);
        counts->evictions += shard.evictions;
        counts->domains += shard.records;
        counts->bytes += shard.words * sizeof(uint64_t);
    }
}
