/* SPDX-License-Identifier: BSD-2-Clause */
/* ids.h: numbers for things under way, never used again, so that a stale one finds nothing; nor does one of another
 * table, of this process or another. */
#ifndef MXCHECK_ENGINE_IDS_H
#define MXCHECK_ENGINE_IDS_H

#include "base/siphash.h"

#include <mxcheck/mxcheck.h>

/* A number is a place in the table, from 1, in 20 bits, and how often one was given in the rest, which lasts 50 years
 * at 10,000 a second; and that is permuted by a random key of the table. So no table gives a number twice, and two
 * tables that have given a million each share one with a probability of 1 in 16 millions. */
#define IDS_PLACE_BITS 20

struct ids_place {
    uint64_t id; /* 0: free */
    void *item;
    size_t next_free;
};

struct ids {
    struct ids_place *places; /* places[0] is not used */
    size_t room;
    size_t used;
    size_t free; /* head of a list; 0: none */
    uint64_t given;
    struct siphash_key key;
};

/* Draws the key: to be called again in a child after fork, before it gives a number. */
void ids_init(struct ids *ids);
void ids_clear(struct ids *ids, const mxcheck_memory *memory);

/* Gives a number for item, 0 when memory (or a million places) ran out. */
uint64_t ids_add(struct ids *ids, const mxcheck_memory *memory, void *item);

/* NULL for a number that is not, or no longer, given. */
void *ids_find(const struct ids *ids, uint64_t id);
void ids_remove(struct ids *ids, uint64_t id);

#endif
