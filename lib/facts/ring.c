/* SPDX-License-Identifier: BSD-2-Clause */
/* ring.c: what is too short at the end of the stretch is marked as no record, and passed over. */
#include "facts/ring.h"

/* In the first word of what is no record. */
#define PAD (UINT64_C(1) << 63)

void ring_init(struct ring *ring, size_t begin, size_t end)
{
    ring->begin = ring->head = ring->tail = (uint32_t)begin;
    ring->end = (uint32_t)end;
    ring->used = 0;
}

uint32_t ring_room(const struct ring *ring)
{
    return ring->end - ring->begin;
}

bool ring_fits(const struct ring *ring, uint32_t words)
{
    if (ring->used == 0)
        return ring_room(ring) >= words;
    if (ring->head < ring->tail)
        return ring->tail - ring->head >= words;
    if (ring->used == ring_room(ring))
        return false;
    return ring->end - ring->head >= words || ring->tail - ring->begin >= words;
}

uint32_t ring_place(struct ring *ring, uint64_t *block, uint32_t words)
{
    if (ring->used == 0)
        ring->head = ring->tail = ring->begin;
    if (ring->head >= ring->tail && ring->end - ring->head < words) {
        uint32_t rest = ring->end - ring->head;
        word_store(block + ring->head, PAD | rest);
        ring->used += rest;
        ring->head = ring->begin;
    }
    uint32_t place = ring->head;
    ring->used += words;
    ring->head += words;
    if (ring->head == ring->end)
        ring->head = ring->begin;
    return place;
}

uint32_t ring_pop(struct ring *ring, const uint64_t *block, uint32_t *words)
{
    uint32_t place = ring->tail;
    uint64_t first = word_load(block + place);
    *words = (uint32_t)first;
    ring->used -= *words;
    ring->tail += *words;
    if (ring->tail == ring->end)
        ring->tail = ring->begin;
    return (first & PAD) != 0 ? RING_NOTHING : place;
}
