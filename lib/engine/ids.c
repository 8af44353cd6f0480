/* SPDX-License-Identifier: BSD-2-Clause */
/* ids.c: a table of places, each with the number it has now. */
#include "engine/ids.h"

#include "base/memory.h"

#include <string.h>

#define PLACE_MASK ((UINT64_C(1) << IDS_PLACE_BITS) - 1)

void ids_init(struct ids *ids)
{
    memset(ids, 0, sizeof(*ids));
}

void ids_clear(struct ids *ids, const mxcheck_memory *memory)
{
    memory_free(memory, ids->places);
    ids_init(ids);
}

static size_t take_place(struct ids *ids, const mxcheck_memory *memory)
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

uint64_t ids_add(struct ids *ids, const mxcheck_memory *memory, void *item)
{
    size_t place = take_place(ids, memory);
    if (place == 0)
        return 0;
    uint64_t id = ++ids->given << IDS_PLACE_BITS | place;
    ids->places[place] = (struct ids_place){.id = id, .item = item, .next_free = 0};
    return id;
}

void *ids_find(const struct ids *ids, uint64_t id)
{
    size_t place = (size_t)(id & PLACE_MASK);
    if (place == 0 || place > ids->used || ids->places[place].id != id)
        return NULL;
    return ids->places[place].item;
}

void ids_remove(struct ids *ids, uint64_t id)
{
    size_t place = (size_t)(id & PLACE_MASK);
    if (ids_find(ids, id) == NULL)
        return;
    ids->places[place] = (struct ids_place){.id = 0, .item = NULL, .next_free = ids->free};
    ids->free = place;
}
