/* SPDX-License-Identifier: BSD-2-Clause */
/* ids.c: a table of items with their ids, and ids that no other table gives. */
#include "engine/ids.h"

#include "base/memory.h"

#include <string.h>

#define PLACE_MASK ((UINT64_C(1) << IDS_PLACE_BITS) - 1)

/* A permutation of 64 bits (the finalizer of MurmurHash3), and its inverse, between two halves of the key. */
static uint64_t permute(const struct ids *ids, uint64_t plain)
{
    uint64_t x = plain ^ ids->key.half[0];
    x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return (x ^ x >> 33) ^ ids->key.half[1];
}

static uint64_t permute_back(const struct ids *ids, uint64_t id)
{
    uint64_t x = id ^ ids->key.half[1];
    x = (x ^ x >> 33) * UINT64_C(0x9cb4b2f8129337db);
    x = (x ^ x >> 33) * UINT64_C(0x4f74430c22a54005);
    return (x ^ x >> 33) ^ ids->key.half[0];
}

void ids_init(struct ids *ids)
{
    memset(ids, 0, sizeof(*ids));
    siphash_key_init(&ids->key);
}

void ids_clear(struct ids *ids, const struct memory *memory)
{
    memory_free(memory, ids->places);
    ids_init(ids);
}

static size_t take_place(struct ids *ids, const struct memory *memory)
{
    if (ids->free != 0) {
        size_t place = ids->free;
        ids->free = ids->places[place].next_free;
        return place;
    }
    if (ids->used + 1 >= ids->room) {
        size_t room = ids->room == 0 ? 64 : ids->room * 2;
        if (room > PLACE_MASK + 1)
            return 0;
        struct ids_place *places = memory_realloc(memory, ids->places, room * sizeof(*places));
        if (places == NULL)
            return 0;
        ids->places = places;
        ids->room = room;
    }
    return ++ids->used;
}

uint64_t ids_add(struct ids *ids, const struct memory *memory, void *item)
{
    size_t place = take_place(ids, memory);
    if (place == 0)
        return 0;
    uint64_t id = permute(ids, ++ids->given << IDS_PLACE_BITS | place);
    if (id == 0) /* happens once in 2^64; 0 is no id */
        id = permute(ids, ++ids->given << IDS_PLACE_BITS | place);
    ids->places[place] = (struct ids_place){.id = id, .item = item, .next_free = 0};
    return id;
}

static size_t place_of(const struct ids *ids, uint64_t id)
{
    return (size_t)(permute_back(ids, id) & PLACE_MASK);
}

void *ids_find(const struct ids *ids, uint64_t id)
{
    size_t place = place_of(ids, id);
    if (place == 0 || place > ids->used || ids->places[place].id != id)
        return NULL;
    return ids->places[place].item;
}

void ids_remove(struct ids *ids, uint64_t id)
{
    size_t place = place_of(ids, id);
    if (ids_find(ids, id) == NULL)
        return;
    ids->places[place] = (struct ids_place){.id = 0, .item = NULL, .next_free = ids->free};
    ids->free = place;
}
