/* SPDX-License-Identifier: BSD-2-Clause */
/* ring.h: records one behind the other in a stretch of words, the oldest at the tail. The first word of a record begins
 * with its size; a record lies in one piece. */
#ifndef MXCHECK_STORE_RING_H
#define MXCHECK_STORE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What changes of a ring. Other processes may write it. */
struct ring_state {
    uint32_t head; /* where the next record goes */
    uint32_t tail;
    uint32_t used; /* words from tail to head, whatever they hold */
};

struct ring {
    uint32_t begin; /* places, in words of a block */
    uint32_t end;
    struct ring_state at;
};

/* An empty ring of the words from begin up to end. */
void ring_init(struct ring *ring, uint32_t begin, uint32_t end);

/* Can `at` be the state of this ring? */
bool ring_is_sound(const struct ring *ring);

/* Words that an empty ring has. */
uint32_t ring_room(const struct ring *ring);

/* Is there room for so many words in one piece? */
bool ring_fits(const struct ring *ring, uint32_t words);

/* Take so many words, which fit. Returns their place, where the caller writes a record. */
uint32_t ring_place(struct ring *ring, uint64_t *block, uint32_t words);

/* Give back the oldest words of a ring that is not empty. Returns the place of their record, of *words words;
 * RING_NOTHING where they never held one; RING_BROKEN, and nothing is given back, where their size cannot be true. */
#define RING_NOTHING UINT32_MAX
#define RING_BROKEN (UINT32_MAX - 1)
uint32_t ring_pop(struct ring *ring, const uint64_t *block, uint32_t *words);

#endif
