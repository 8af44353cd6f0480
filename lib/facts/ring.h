/* SPDX-License-Identifier: BSD-2-Clause */
/* ring.h: records one behind the other in a stretch of words, the oldest at the tail. The first word of a record is its
 * size; a record lies in one piece. */
#ifndef MXCHECK_FACTS_RING_H
#define MXCHECK_FACTS_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
    uint32_t begin; /* places, in words of a block */
    uint32_t end;
    uint32_t head; /* where the next record goes */
    uint32_t tail;
    uint32_t used; /* words from tail to head, whatever they hold */
};

/* Words that are read beside the one who writes. */
static inline uint64_t word_load(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void word_store(uint64_t *word, uint64_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* An empty ring of the words from begin up to end. */
void ring_init(struct ring *ring, size_t begin, size_t end);

/* Words that an empty ring has. */
uint32_t ring_room(const struct ring *ring);

/* Is there room for so many words in one piece? */
bool ring_fits(const struct ring *ring, uint32_t words);

/* Take so many words, which fit. Returns their place, where the caller writes a record. */
uint32_t ring_place(struct ring *ring, uint64_t *block, uint32_t words);

/* Give back the oldest words of a ring that is not empty. Returns the place of their record, of *words words;
 * RING_NOTHING where they never held one. */
#define RING_NOTHING UINT32_MAX
uint32_t ring_pop(struct ring *ring, const uint64_t *block, uint32_t *words);

#endif
