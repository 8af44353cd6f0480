/* SPDX-License-Identifier: BSD-2-Clause */
/* ring.c: what is too short at the end of the stretch is marked as no record, and passed over. */
#include "store/ring.h"

#include "store/word.h"

/* In the first word of what is no record. */
#define PAD (UINT64_C(1) << 63)

void ring_init(struct ring *ring, uint32_t begin, uint32_t end)
{
    *ring = (struct ring){begin, end, {begin, begin, 0}};
}

bool ring_is_sound(const struct ring *ring)
{
    const struct ring_state *at = &ring->at;
    uint32_t room = ring_room(ring);
    if (at->head < ring->begin || at->head >= ring->end || at->tail < ring->begin || at->tail >= ring->end)
        return false;
    if (at->head == at->tail)
        return at->used == 0 || at->used == room;
    return at->used == (at->head > at->tail ? at->head - at->tail : room - (at->tail - at->head));
}

uint32_t ring_room(const struct ring *ring)
{
    return ring->end - ring->begin;
}

bool ring_fits(const struct ring *ring, uint32_t words)
{
    const struct ring_state *at = &ring->at;
    if (at->used == 0)
        return ring_room(ring) >= words;
    if (at->head < at->tail)
        return at->tail - at->head >= words;
    if (at->used == ring_room(ring))
        return false;
    return ring->end - at->head >= words || at->tail - ring->begin >= words;
}

uint32_t ring_place(struct ring *ring, uint64_t *block, uint32_t words)
{
    struct ring_state *at = &ring->at;
    if (at->used == 0)
        at->head = at->tail = ring->begin;
    if (at->head >= at->tail && ring->end - at->head < words) {
        uint32_t rest = ring->end - at->head;
        word_store(block + at->head, PAD | rest);
        at->used += rest;
        at->head = ring->begin;
    }
    uint32_t place = at->head;
    at->used += words;
    at->head += words;
    if (at->head == ring->end)
        at->head = ring->begin;
    return place;
}

/* Words in one piece from the tail on. */
static uint32_t piece_of(const struct ring *ring)
{
    return ring->at.tail < ring->at.head ? ring->at.head - ring->at.tail : ring->end - ring->at.tail;
}

uint32_t ring_pop(struct ring *ring, const uint64_t *block, uint32_t *words)
{
    struct ring_state *at = &ring->at;
    uint32_t place = at->tail;
    uint64_t first = word_load(block + place);
    *words = (uint32_t)first;
    if (*words == 0 || *words > piece_of(ring))
        return RING_BROKEN;
    at->used -= *words;
    at->tail += *words;
    if (at->tail == ring->end)
        at->tail = ring->begin;
    return (first & PAD) != 0 ? RING_NOTHING : place;
}
