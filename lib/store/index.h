/* SPDX-License-Identifier: BSD-2-Clause */
/* index.h: where records lie, by their hash: buckets of eight slots, and the ghosts of what was evicted young. Every
 * place that is read out of a block is compared with the size of the block before it is used. */
#ifndef MXCHECK_STORE_INDEX_H
#define MXCHECK_STORE_INDEX_H

#include "store/word.h"

#include <stdbool.h>
#include <stddef.h>

#define INDEX_SLOTS 8  /* of a bucket: one cache line */
#define INDEX_GHOSTS 4 /* for each bucket, of 32 bits */

/* Words before a record: its size with them and its check; its hash. */
#define INDEX_HEADER 2

/* The beginning of a block of words. */
struct index {
    uint64_t *block;
    uint32_t buckets;
    uint32_t block_words; /* of the whole block */
};

/* A slot is the place of its record (0 when the slot is free), how often that was asked for, and 30 bits of its hash.
 */
#define INDEX_ASKED_MAX 3 /* more askings are not counted */
#define INDEX_ASKED_ONE (UINT64_C(1) << 32)
#define INDEX_MARK_SHIFT 34

static inline uint64_t index_slot(uint64_t hash, uint32_t place, unsigned asked)
{
    return hash << INDEX_MARK_SHIFT | asked * INDEX_ASKED_ONE | place;
}

static inline uint32_t index_place(uint64_t slot)
{
    return (uint32_t)slot;
}

static inline unsigned index_asked(uint64_t slot)
{
    return (unsigned)(slot / INDEX_ASKED_ONE & INDEX_ASKED_MAX);
}

static inline bool index_may_be(uint64_t slot, uint64_t hash)
{
    return (slot ^ hash << INDEX_MARK_SHIFT) >> INDEX_MARK_SHIFT == 0 && slot != 0;
}

static inline uint32_t index_scale(uint64_t hash, uint32_t count)
{
    return (uint32_t)(((hash >> 8 & UINT32_MAX) * count) >> 32);
}

/* The bucket of a hash. */
static inline uint64_t *index_bucket(const struct index *index, uint64_t hash)
{
    return index->block + (size_t)index_scale(hash, index->buckets) * INDEX_SLOTS;
}

/* Words of the index in front of the records. */
static inline uint32_t index_words(uint32_t buckets)
{
    return buckets * (INDEX_SLOTS + INDEX_GHOSTS / 2);
}

/* The place of a slot's record; 0 when there cannot be one. */
static inline uint32_t index_record(const struct index *index, uint64_t slot)
{
    uint32_t place = index_place(slot);
    return place < index->block_words - INDEX_HEADER ? place : 0;
}

/* The slot of this very record; NULL when there is none. For the one who writes. */
uint64_t *index_find(const struct index *index, uint64_t hash);

/* A free slot of the bucket; where all are taken, that of the least asked for, among those the ones below `proven`
 * first. */
uint64_t *index_choose(const struct index *index, uint64_t hash, uint32_t proven);

/* A ghost of a hash stays until another takes its place. */
void index_put_ghost(const struct index *index, uint64_t hash);
bool index_has_ghost(const struct index *index, uint64_t hash);

#endif
