/* SPDX-License-Identifier: BSD-2-Clause */
/* shard.c: reading: copies records out of the block.
 *
 * The block holds the index and two rings. A new record goes into the young ring. At its end it goes over to the proven
 * ring when it was asked for again, twice at least, or when there is room, and is evicted otherwise; only a ghost of
 * its hash stays for a while, which lets it into the proven ring at once should it come again. The proven ring gives
 * each record as many more rounds as it was asked for, at most three. So names that come once or twice never push out
 * those that come often.
 *
 * A writer makes the sequence odd, changes words, and makes it even. A reader copies words and throws the copy away
 * when the sequence was odd or has changed. Each word is read with acquire and written with release, so that a reader
 * that has seen any word of a writer sees its sequence, too. In shared memory the check of the record decides besides;
 * it decides alone when a writer was killed and left the sequence odd. */
#include "store/shard.h"

#include "base/memory.h"
#include "store/check.h"
#include "store/writer.h"

#include <string.h>

#define BYTES_PER_SLOT 96 /* records are larger, so that few buckets overflow */
#define YOUNG_SHARE 10    /* the young ring is one part in so many */
#define READ_TRIES 64     /* before a reader takes the lock, or does without the sequence */

/* Where a copy came from: to count that it was asked for. */
struct source {
    uint64_t *slot;
    uint64_t value;
    uint64_t first; /* word of the record */
};

static void copy_words(char *to, const uint64_t *from, size_t words)
{
    for (const uint64_t *end = from + words; from < end; from++, to += sizeof(*from)) {
        uint64_t word = word_load(from);
        memcpy(to, &word, sizeof(word));
    }
}

/* What the words are is not known before the sequence or the check has been looked at: nothing outside of the block is
 * read. Returns as shard_get. */
static size_t copy_record(const struct index *index, uint64_t hash, void *copy, size_t room, struct source *source)
{
    uint64_t *slots = index_bucket(index, hash);
    const uint64_t *block = index->block;
    for (unsigned i = 0; i < INDEX_SLOTS; i++) {
        uint64_t slot = word_load(&slots[i]);
        uint32_t place = index_record(index, slot);
        if (!index_may_be(slot, hash) || place == 0)
            continue;
        for (size_t ahead = 8; ahead <= 32; ahead += 8) /* most records take so many cache lines */
            __builtin_prefetch(block + place + ahead);
        uint64_t first = word_load(block + place);
        size_t words = (uint32_t)first;
        if (words <= INDEX_HEADER || words > index->block_words - place || word_load(block + place + 1) != hash)
            continue;
        *source = (struct source){&slots[i], slot, first};
        words -= INDEX_HEADER;
        if (words <= room)
            copy_words(copy, block + place + INDEX_HEADER, words);
        return words;
    }
    return 0;
}

/* Is the copy what somebody put? One that does not fit was not made. */
static bool is_whole(const struct shard *shard, uint64_t hash, const void *copy, size_t words, size_t room,
                     const struct source *source)
{
    return shard->key == NULL || words > room ||
           source->first == (check_of(shard->key, hash, copy, words) | (words + INDEX_HEADER));
}

static size_t read_record(struct shard *shard, uint64_t hash, void *copy, size_t room, struct source *source)
{
    size_t words = 0;
    for (unsigned tries = 0; tries < READ_TRIES; tries++) {
        uint32_t before = __atomic_load_n(&shard->state->sequence, __ATOMIC_ACQUIRE);
        if ((before & 1) != 0)
            continue;
        struct index index = shard_index(shard);
        words = index.block == NULL ? 0 : copy_record(&index, hash, copy, room, source);
        if (__atomic_load_n(&shard->state->sequence, __ATOMIC_RELAXED) == before)
            return words;
    }
    struct index index = shard_index(shard);
    if (shard->process == NULL)
        return copy_record(&index, hash, copy, room, source);
    struct writer writer;
    writer_begin(&writer, shard, true);
    words = writer.index.block == NULL ? 0 : copy_record(&writer.index, hash, copy, room, source);
    writer_end(&writer);
    return words;
}

void shard_expect(const struct shard *shard, uint64_t hash)
{
    struct index index = shard_index(shard);
    if (index.block != NULL)
        __builtin_prefetch(index_bucket(&index, hash));
}

size_t shard_get(struct shard *shard, uint64_t hash, void *copy, size_t room)
{
    struct source source;
    size_t words = read_record(shard, hash, copy, room, &source);
    if (words == 0 || !is_whole(shard, hash, copy, words, room, &source))
        return 0;
    /* Written only where it changes, so that what is asked for often stays in every processor's cache; and not at all
     * where the slot has become another's. */
    if (index_asked(source.value) < INDEX_ASKED_MAX)
        __atomic_compare_exchange_n(source.slot, &source.value, source.value + INDEX_ASKED_ONE, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED);
    return words;
}

/* What others wrote is no more than there can be. */
static uint64_t read_count(const uint64_t *count, uint64_t most)
{
    uint64_t value = __atomic_load_n(count, __ATOMIC_RELAXED);
    return value < most ? value : most;
}

struct shard_counts shard_count(const struct shard *shard)
{
    const struct shard_state *state = shard->state;
    return (struct shard_counts){read_count(&state->records, (uint64_t)shard->index.buckets * INDEX_SLOTS),
                                 read_count(&state->words, shard->index.block_words),
                                 read_count(&state->evictions, UINT64_MAX)};
}

static void divide(struct shard *shard, size_t bytes)
{
    shard->index.block_words = (uint32_t)(bytes / sizeof(uint64_t));
    shard->index.buckets = (uint32_t)(bytes / (BYTES_PER_SLOT * INDEX_SLOTS));
    uint32_t begin = index_words(shard->index.buckets);
    shard->proven = begin + (shard->index.block_words - begin) / YOUNG_SHARE;
}

void shard_init(struct shard *shard, size_t bytes, struct process *process)
{
    *shard = (struct shard){.state = &shard->own, .process = process};
    divide(shard, bytes);
}

void shard_attach(struct shard *shard, struct shard_state *state, void *block, size_t bytes,
                  const struct siphash_key *key)
{
    *shard = (struct shard){.state = state, .index.block = block, .key = key};
    divide(shard, bytes);
}

void shard_clear(struct shard *shard, const struct memory *memory)
{
    memory_free(memory, shard->index.block);
    shard->index.block = NULL;
}
