/* SPDX-License-Identifier: BSD-2-Clause */
/* index.c: searches buckets. */
#include "store/index.h"

uint64_t *index_find(const struct index *index, uint64_t hash)
{
    uint64_t *slots = index_bucket(index, hash);
    for (unsigned i = 0; i < INDEX_SLOTS; i++) {
        uint64_t slot = word_load(&slots[i]);
        uint32_t place = index_record(index, slot);
        if (index_may_be(slot, hash) && place != 0 && word_load(index->block + place + 1) == hash)
            return &slots[i];
    }
    return NULL;
}

uint64_t *index_choose(const struct index *index, uint64_t hash, uint32_t proven)
{
    uint64_t *slots = index_bucket(index, hash);
    uint64_t *least = &slots[0];
    unsigned least_rank = UINT32_MAX;
    for (unsigned i = 0; i < INDEX_SLOTS; i++) {
        uint64_t slot = word_load(&slots[i]);
        if (slot == 0)
            return &slots[i];
        bool is_proven = index_place(slot) >= proven;
        unsigned rank = 2 * index_asked(slot) + is_proven;
        if (rank < least_rank) {
            least_rank = rank;
            least = &slots[i];
        }
    }
    return least;
}

static uint32_t *ghost_of(const struct index *index, uint64_t hash)
{
    uint32_t *ghosts = (uint32_t *)(void *)(index->block + (size_t)index->buckets * INDEX_SLOTS);
    return ghosts + index_scale(hash, index->buckets * INDEX_GHOSTS);
}

static uint32_t mark_of(uint64_t hash)
{
    return (uint32_t)hash | 1;
}

void index_put_ghost(const struct index *index, uint64_t hash)
{
    __atomic_store_n(ghost_of(index, hash), mark_of(hash), __ATOMIC_RELAXED);
}

bool index_has_ghost(const struct index *index, uint64_t hash)
{
    return __atomic_load_n(ghost_of(index, hash), __ATOMIC_RELAXED) == mark_of(hash);
}
