/* SPDX-License-Identifier: BSD-2-Clause */
/* shard_write.c: puts records into a shard, moves them on, and evicts them. What it finds in the block is bounded
 * before it is used; where that cannot be true, the shard is emptied. */
#include "store/shard.h"

#include "base/memory.h"
#include "store/check.h"
#include "store/writer.h"

#include <string.h>

#define ASKED_ENOUGH 2 /* for a young record to be proven: twice is what one message may do to a name */
#define ROUNDS_MAX 64  /* records that one writing carries around, at most */

static void add(uint64_t *count, uint64_t amount)
{
    __atomic_store_n(count, __atomic_load_n(count, __ATOMIC_RELAXED) + amount, __ATOMIC_RELAXED);
}

/* The record is no longer found; its words go when the ring comes round to them. */
static void forget(struct writer *writer, uint64_t *slot)
{
    struct shard_state *state = writer->shard->state;
    uint32_t place = index_record(&writer->index, word_load(slot));
    uint64_t words = place == 0 ? 0 : (uint32_t)word_load(writer->index.block + place);
    word_store(slot, 0);
    add(&state->records, UINT64_MAX);
    add(&state->words, 0 - words);
}

static void evict(struct writer *writer, uint64_t *slot)
{
    forget(writer, slot);
    add(&writer->shard->state->evictions, 1);
}

/* An old record on its way. */
struct popped {
    uint64_t *slot; /* NULL: it was forgotten already */
    uint64_t hash;
    uint32_t place;
    uint32_t words;
    unsigned asked;
};

/* Take the oldest record off a ring. Returns false when the ring cannot be true. */
static bool pop(struct writer *writer, struct ring *ring, struct popped *popped)
{
    const struct index *index = &writer->index;
    *popped = (struct popped){.slot = NULL};
    uint32_t place = ring_pop(ring, index->block, &popped->words);
    if (place == RING_BROKEN || (place != RING_NOTHING && popped->words <= INDEX_HEADER)) {
        writer->is_broken = true;
        return false;
    }
    if (place == RING_NOTHING)
        return true;
    popped->hash = word_load(index->block + place + 1);
    uint64_t *slot = index_find(index, popped->hash);
    uint64_t value = slot == NULL ? 0 : word_load(slot);
    if (index_place(value) != place)
        return true;
    popped->slot = slot;
    popped->place = place;
    popped->asked = index_asked(value);
    return true;
}

/* Copy a record, onto itself perhaps: `to` is never inside of what it comes from but below it. */
static void move(struct writer *writer, const struct popped *from, uint32_t to, unsigned asked)
{
    uint64_t *block = writer->index.block;
    for (size_t i = 0; i < from->words; i++)
        word_store(block + to + i, word_load(block + from->place + i));
    word_store(from->slot, index_slot(from->hash, to, asked));
}

/* The oldest proven records go, but one that was asked for gets another round. */
static void make_proven_room(struct writer *writer, uint32_t words)
{
    struct ring *ring = &writer->proven;
    struct popped old;
    for (unsigned rounds = 0; !ring_fits(ring, words) && pop(writer, ring, &old);) {
        if (old.slot == NULL)
            continue;
        if (old.asked == 0 || rounds++ >= ROUNDS_MAX)
            evict(writer, old.slot);
        else
            move(writer, &old, ring_place(ring, writer->index.block, old.words), old.asked - 1);
    }
}

static void make_young_room(struct writer *writer, uint32_t words)
{
    struct popped old;
    while (!ring_fits(&writer->young, words) && pop(writer, &writer->young, &old)) {
        if (old.slot == NULL)
            continue;
        if (old.asked < ASKED_ENOUGH && !ring_fits(&writer->proven, old.words)) {
            index_put_ghost(&writer->index, old.hash);
            evict(writer, old.slot);
            continue;
        }
        make_proven_room(writer, old.words);
        if (writer->is_broken)
            return;
        move(writer, &old, ring_place(&writer->proven, writer->index.block, old.words), 0);
    }
}

/* Which ring a record goes to; NULL when it is too large for both. */
static struct ring *choose_ring(struct writer *writer, uint64_t hash, uint32_t words, bool is_known)
{
    if (!is_known && !index_has_ghost(&writer->index, hash) && words <= ring_room(&writer->young) / 2)
        return &writer->young;
    return words <= ring_room(&writer->proven) / 2 ? &writer->proven : NULL;
}

static void store(struct writer *writer, struct ring *ring, uint64_t hash, const void *record, size_t words,
                  unsigned asked)
{
    struct shard_state *state = writer->shard->state;
    uint32_t size = (uint32_t)words + INDEX_HEADER;
    uint64_t *slot = index_choose(&writer->index, hash, writer->shard->proven);
    if (word_load(slot) != 0)
        evict(writer, slot);
    uint32_t place = ring_place(ring, writer->index.block, size);
    uint64_t *to = writer->index.block + place;
    word_store(to, check_of(writer->shard->key, hash, record, words) | size);
    word_store(to + 1, hash);
    for (size_t i = 0; i < words; i++) {
        uint64_t word;
        memcpy(&word, (const char *)record + i * sizeof(word), sizeof(word));
        word_store(to + INDEX_HEADER + i, word);
    }
    word_store(slot, index_slot(hash, place, asked));
    add(&state->records, 1);
    add(&state->words, size);
}

static void put(struct writer *writer, uint64_t hash, const void *record, size_t words)
{
    uint64_t *slot = index_find(&writer->index, hash);
    uint32_t size = (uint32_t)words + INDEX_HEADER;
    unsigned asked = slot == NULL ? 0 : index_asked(word_load(slot));
    struct ring *ring = choose_ring(writer, hash, size, slot != NULL);
    if (slot != NULL)
        forget(writer, slot);
    if (ring == NULL)
        return;
    if (ring == &writer->young)
        make_young_room(writer, size);
    else
        make_proven_room(writer, size);
    if (!writer->is_broken)
        store(writer, ring, hash, record, words, asked);
}

/* The block and an empty index in it, at the first record. Returns false when memory ran out. */
static bool open_block(struct writer *writer, const struct memory *memory)
{
    struct index *index = &writer->index;
    if (index->block != NULL)
        return true;
    index->block = memory_alloc(memory, index->block_words * sizeof(*index->block));
    if (index->block == NULL)
        return false;
    memset(index->block, 0, index_words(index->buckets) * sizeof(*index->block));
    __atomic_store_n(&writer->shard->index.block, index->block, __ATOMIC_RELEASE);
    return true;
}

void shard_put(struct shard *shard, const struct memory *memory, uint64_t hash, const void *record, size_t words)
{
    struct writer writer;
    if (words >= shard->index.block_words || !writer_begin(&writer, shard, false))
        return;
    if (open_block(&writer, memory))
        put(&writer, hash, record, words);
    writer_end(&writer);
}

void shard_remove(struct shard *shard, uint64_t hash)
{
    struct writer writer;
    writer_begin(&writer, shard, true);
    uint64_t *slot = writer.index.block == NULL ? NULL : index_find(&writer.index, hash);
    if (slot != NULL)
        forget(&writer, slot);
    writer_end(&writer);
}

void shard_reset(struct shard *shard)
{
    struct writer writer;
    writer_begin(&writer, shard, true);
    writer.is_broken = true;
    writer_end(&writer);
}
