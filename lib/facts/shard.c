/* SPDX-License-Identifier: BSD-2-Clause */
/* shard.c: a hash index and two rings of records in one block.
 *
 * The block holds buckets of eight slots, the ghosts of what was evicted young, and the two rings. A new record goes
 * into the young ring. At its end it goes over to the proven ring when it was asked for again, twice at least, or when
 * there is room, and is evicted otherwise; only a ghost of its hash stays for a while, which lets it into the proven
 * ring at once should it come again. The proven ring gives each record as many more rounds as it was asked for, at most
 * three. So names that come once or twice never push out those that come often.
 *
 * A writer makes the sequence odd, changes words, and makes it even. A reader copies words and throws the copy away
 * when the sequence was odd or has changed. Each word is read with acquire and written with release, so that a reader
 * that has seen any word of a writer sees its sequence, too. */
#include "facts/shard.h"

#include "base/memory.h"

#include <stdbool.h>
#include <string.h>

#define SLOTS 8           /* of a bucket: one cache line */
#define GHOSTS 4          /* for each bucket, of 32 bits */
#define BYTES_PER_SLOT 96 /* records are larger, so that few buckets overflow */
#define YOUNG_SHARE 10    /* the young ring is one part in so many */
#define ASKED_MAX 3       /* more askings are not counted */
#define ASKED_ENOUGH 2    /* for a young record to be proven: twice is what one message may do to a name */
#define ROUNDS_MAX 64     /* records that one writing carries around, at most */
#define READ_TRIES 64     /* before a reader takes the lock */
#define HEADER 2          /* words before a record: its size with them, its hash */

/* --- the index --- */

static uint32_t scale(uint64_t hash, uint32_t count)
{
    return (uint32_t)(((hash >> 8 & UINT32_MAX) * count) >> 32);
}

static uint64_t *slots_of(const struct shard *shard, uint64_t *block, uint64_t hash)
{
    return block + (size_t)scale(hash, shard->buckets) * SLOTS;
}

/* A slot is the place of its record (0 when the slot is free), how often that was asked for, and 30 bits of its hash.
 */
#define ASKED_ONE (UINT64_C(1) << 32)
#define ASKED_MASK (ASKED_MAX * ASKED_ONE)
#define MARK_SHIFT 34

static uint64_t slot_of(uint64_t hash, uint32_t place, unsigned asked)
{
    return hash << MARK_SHIFT | asked * ASKED_ONE | place;
}

static uint32_t place_of(uint64_t slot)
{
    return (uint32_t)slot;
}

static unsigned asked_of(uint64_t slot)
{
    return (unsigned)((slot & ASKED_MASK) / ASKED_ONE);
}

static bool may_be(uint64_t slot, uint64_t hash)
{
    return (slot ^ hash << MARK_SHIFT) >> MARK_SHIFT == 0 && slot != 0;
}

static uint32_t *ghost_of(const struct shard *shard, uint64_t hash)
{
    uint32_t *ghosts = (uint32_t *)(void *)(shard->block + (size_t)shard->buckets * SLOTS);
    return ghosts + scale(hash, shard->buckets * GHOSTS);
}

static uint32_t ghost_mark(uint64_t hash)
{
    return (uint32_t)hash | 1;
}

static size_t index_words(const struct shard *shard)
{
    return (size_t)shard->buckets * (SLOTS + GHOSTS / 2);
}

/* The slot of this very record; NULL when there is none. Under the lock. */
static uint64_t *find(const struct shard *shard, uint64_t hash)
{
    uint64_t *slots = slots_of(shard, shard->block, hash);
    for (unsigned i = 0; i < SLOTS; i++) {
        if (may_be(word_load(&slots[i]), hash) && word_load(shard->block + place_of(word_load(&slots[i])) + 1) == hash)
            return &slots[i];
    }
    return NULL;
}

/* --- writing; all of it under the lock, and with an odd sequence --- */

static void begin_write(struct shard *shard)
{
    __atomic_store_n(&shard->sequence, shard->sequence | 1, __ATOMIC_RELAXED);
}

static void end_write(struct shard *shard)
{
    __atomic_store_n(&shard->sequence, shard->sequence + 1, __ATOMIC_RELEASE);
}

static void add(uint64_t *count, uint64_t amount)
{
    __atomic_store_n(count, *count + amount, __ATOMIC_RELAXED);
}

/* The record is no longer found; its words go when the ring comes round to them. */
static void forget(struct shard *shard, uint64_t *slot)
{
    uint64_t words = word_load(shard->block + place_of(word_load(slot)));
    word_store(slot, 0);
    add(&shard->records, UINT64_MAX);
    add(&shard->words, 0 - words);
}

static void evict(struct shard *shard, uint64_t *slot)
{
    forget(shard, slot);
    add(&shard->evictions, 1);
}

/* Copy a record, onto itself perhaps: `to` is never inside of what it comes from but below it. */
static void move_record(struct shard *shard, uint64_t *slot, uint32_t to, unsigned asked)
{
    uint64_t *block = shard->block;
    uint32_t from = place_of(word_load(slot));
    size_t words = (size_t)word_load(block + from);
    for (size_t i = 0; i < words; i++)
        word_store(block + to + i, word_load(block + from + i));
    word_store(slot, slot_of(word_load(block + to + 1), to, asked));
}

/* Take the oldest record off a ring. Returns its slot, NULL when it was forgotten already. */
static uint64_t *pop_record(struct shard *shard, struct ring *ring, uint32_t *words)
{
    uint32_t place = ring_pop(ring, shard->block, words);
    if (place == RING_NOTHING)
        return NULL;
    uint64_t hash = word_load(shard->block + place + 1);
    uint64_t *slot = find(shard, hash);
    return slot != NULL && place_of(word_load(slot)) == place ? slot : NULL;
}

/* The oldest proven records go, but that who was asked for gets another round. */
static void make_proven_room(struct shard *shard, uint32_t words)
{
    struct ring *ring = &shard->proven;
    uint32_t size;
    for (unsigned rounds = 0; !ring_fits(ring, words);) {
        uint64_t *slot = pop_record(shard, ring, &size);
        if (slot == NULL)
            continue;
        unsigned asked = asked_of(word_load(slot));
        if (asked == 0 || rounds++ >= ROUNDS_MAX) {
            evict(shard, slot);
            continue;
        }
        move_record(shard, slot, ring_place(ring, shard->block, size), asked - 1);
    }
}

static void make_young_room(struct shard *shard, uint32_t words)
{
    uint32_t size;
    while (!ring_fits(&shard->young, words)) {
        uint64_t *slot = pop_record(shard, &shard->young, &size);
        if (slot == NULL)
            continue;
        bool is_proven = asked_of(word_load(slot)) >= ASKED_ENOUGH;
        if (!is_proven && !ring_fits(&shard->proven, size)) {
            uint64_t hash = word_load(shard->block + place_of(word_load(slot)) + 1);
            __atomic_store_n(ghost_of(shard, hash), ghost_mark(hash), __ATOMIC_RELAXED);
            evict(shard, slot);
            continue;
        }
        make_proven_room(shard, size);
        move_record(shard, slot, ring_place(&shard->proven, shard->block, size), 0);
    }
}

/* A free slot of the bucket; where all are taken, that of the least asked for, young ones first. */
static uint64_t *make_slot(struct shard *shard, uint64_t hash)
{
    uint64_t *slots = slots_of(shard, shard->block, hash);
    uint64_t *least = NULL;
    unsigned least_rank = UINT32_MAX;
    for (unsigned i = 0; i < SLOTS; i++) {
        uint64_t slot = word_load(&slots[i]);
        if (slot == 0)
            return &slots[i];
        bool is_proven = place_of(slot) >= shard->proven.begin;
        unsigned rank = 2 * asked_of(slot) + is_proven;
        if (rank < least_rank) {
            least_rank = rank;
            least = &slots[i];
        }
    }
    evict(shard, least);
    return least;
}

/* The block and an empty index in it, at the first record. Returns 0 or -1 (memory). */
static int open_block(struct shard *shard, const mxcheck_memory *memory)
{
    if (shard->block != NULL)
        return 0;
    uint64_t *block = memory_alloc(memory, shard->block_words * sizeof(*block));
    if (block == NULL)
        return -1;
    memset(block, 0, index_words(shard) * sizeof(*block));
    __atomic_store_n(&shard->block, block, __ATOMIC_RELEASE);
    return 0;
}

static void reset(struct shard *shard)
{
    size_t index = index_words(shard);
    begin_write(shard);
    for (size_t i = 0; shard->block != NULL && i < index; i++)
        word_store(shard->block + i, 0);
    size_t young = (shard->block_words - index) / YOUNG_SHARE;
    ring_init(&shard->young, index, index + young);
    ring_init(&shard->proven, index + young, shard->block_words);
    __atomic_store_n(&shard->records, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&shard->words, 0, __ATOMIC_RELAXED);
    end_write(shard);
}

/* Half done is undone: what a thread of the parent process was at when it forked. */
static void take_lock(struct shard *shard)
{
    if (lock_take(&shard->lock, process_self(shard->process)))
        reset(shard);
}

/* Which ring a record goes to; NULL when it is too large for both. */
static struct ring *choose_ring(struct shard *shard, uint64_t hash, uint32_t words, bool is_known)
{
    bool has_ghost = __atomic_load_n(ghost_of(shard, hash), __ATOMIC_RELAXED) == ghost_mark(hash);
    if (!is_known && !has_ghost && words <= ring_room(&shard->young) / 2)
        return &shard->young;
    return words <= ring_room(&shard->proven) / 2 ? &shard->proven : NULL;
}

static void write_record(struct shard *shard, uint64_t hash, const void *record, size_t words)
{
    uint64_t *slot = find(shard, hash);
    uint32_t size = (uint32_t)words + HEADER;
    unsigned asked = slot == NULL ? 0 : asked_of(word_load(slot));
    struct ring *ring = choose_ring(shard, hash, size, slot != NULL);
    if (slot != NULL)
        forget(shard, slot);
    if (ring == NULL)
        return;
    if (ring == &shard->young)
        make_young_room(shard, size);
    else
        make_proven_room(shard, size);
    slot = make_slot(shard, hash);
    uint32_t place = ring_place(ring, shard->block, size);
    word_store(shard->block + place, size);
    word_store(shard->block + place + 1, hash);
    for (size_t i = 0; i < words; i++) {
        uint64_t word;
        memcpy(&word, (const char *)record + i * sizeof(word), sizeof(word));
        word_store(shard->block + place + HEADER + i, word);
    }
    word_store(slot, slot_of(hash, place, asked));
    add(&shard->records, 1);
    add(&shard->words, size);
}

void shard_put(struct shard *shard, const mxcheck_memory *memory, uint64_t hash, const void *record, size_t words)
{
    take_lock(shard);
    if (words < shard->block_words && open_block(shard, memory) == 0) {
        begin_write(shard);
        write_record(shard, hash, record, words);
        end_write(shard);
    }
    lock_give(&shard->lock);
}

void shard_remove(struct shard *shard, uint64_t hash)
{
    take_lock(shard);
    uint64_t *slot = shard->block == NULL ? NULL : find(shard, hash);
    if (slot != NULL) {
        begin_write(shard);
        forget(shard, slot);
        end_write(shard);
    }
    lock_give(&shard->lock);
}

void shard_reset(struct shard *shard)
{
    lock_take(&shard->lock, process_self(shard->process));
    reset(shard);
    lock_give(&shard->lock);
}

/* --- reading --- */

/* Where a copy came from: to count that it was asked for. */
struct source {
    uint64_t *slot;
    uint64_t value;
};

static void copy_words(char *to, const uint64_t *from, size_t words)
{
    for (const uint64_t *end = from + words; from < end; from++, to += sizeof(*from)) {
        uint64_t word = word_load(from);
        memcpy(to, &word, sizeof(word));
    }
}

/* What the words are is not known before the sequence has been looked at again: nothing outside of the block is read.
 * Returns as shard_get. */
static size_t copy_record(const struct shard *shard, uint64_t *block, uint64_t hash, void *copy, size_t room,
                          struct source *source)
{
    uint64_t *slots = slots_of(shard, block, hash);
    for (unsigned i = 0; i < SLOTS; i++) {
        uint64_t slot = word_load(&slots[i]);
        size_t place = place_of(slot);
        if (!may_be(slot, hash) || place >= shard->block_words - HEADER)
            continue;
        for (size_t ahead = 8; ahead <= 32; ahead += 8) /* most records take so many cache lines */
            __builtin_prefetch(block + place + ahead);
        size_t words = (uint32_t)word_load(block + place);
        if (words <= HEADER || words > shard->block_words - place || word_load(block + place + 1) != hash)
            continue;
        *source = (struct source){&slots[i], slot};
        words -= HEADER;
        if (words <= room)
            copy_words(copy, block + place + HEADER, words);
        return words;
    }
    return 0;
}

static size_t read_record(struct shard *shard, uint64_t hash, void *copy, size_t room, struct source *source)
{
    size_t words = 0;
    for (unsigned tries = 0; tries < READ_TRIES; tries++) {
        uint32_t before = __atomic_load_n(&shard->sequence, __ATOMIC_ACQUIRE);
        if ((before & 1) != 0)
            continue;
        uint64_t *block = __atomic_load_n(&shard->block, __ATOMIC_ACQUIRE);
        words = block == NULL ? 0 : copy_record(shard, block, hash, copy, room, source);
        if (__atomic_load_n(&shard->sequence, __ATOMIC_RELAXED) == before)
            return words;
    }
    take_lock(shard);
    words = shard->block == NULL ? 0 : copy_record(shard, shard->block, hash, copy, room, source);
    lock_give(&shard->lock);
    return words;
}

void shard_expect(const struct shard *shard, uint64_t hash)
{
    uint64_t *block = __atomic_load_n(&shard->block, __ATOMIC_ACQUIRE);
    if (block != NULL)
        __builtin_prefetch(slots_of(shard, block, hash));
}

size_t shard_get(struct shard *shard, uint64_t hash, void *copy, size_t room)
{
    struct source source;
    size_t words = read_record(shard, hash, copy, room, &source);
    /* Written only where it changes, so that what is asked for often stays in every processor's cache; and not at all
     * where the slot has become another's. */
    if (words != 0 && asked_of(source.value) < ASKED_MAX)
        __atomic_compare_exchange_n(source.slot, &source.value, source.value + ASKED_ONE, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED);
    return words;
}

/* --- life --- */

void shard_init(struct shard *shard, size_t bytes, struct process *process)
{
    memset(shard, 0, sizeof(*shard));
    shard->process = process;
    shard->block_words = bytes / sizeof(uint64_t);
    shard->buckets = (uint32_t)(bytes / (BYTES_PER_SLOT * SLOTS));
    reset(shard);
}

void shard_clear(struct shard *shard, const mxcheck_memory *memory)
{
    memory_free(memory, shard->block);
    shard->block = NULL;
}
