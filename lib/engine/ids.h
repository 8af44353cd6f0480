/* SPDX-License-Identifier: BSD-2-Clause */
/* ids.h: ids of items in progress. An id is never used again, so a stale id, or one of another table or process, finds
 * nothing. */
#ifndef MXCHECK_ENGINE_IDS_H
#define MXCHECK_ENGINE_IDS_H

#include "base/memory.h"
#include "base/siphash.h"

#include <mxcheck/mxcheck.h>

/* An id holds an index into the table, from 1, in 20 bits, and a counter in the other 44 bits, which lasts for 50 years
 * at 10,000 ids a second. A random key of the table permutes these bits. So no table gives an id twice, and two tables
 * that have given a million ids each have one in common with a probability of 1 in 16 million. */
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

/* Draws the key. Call it again in a child after fork, before the child gives an id. */
void ids_init(struct ids *ids);
void ids_clear(struct ids *ids, const struct memory *memory);

/* Gives an id for item; 0 when memory ran out or there are a million items. */
uint64_t ids_add(struct ids *ids, const struct memory *memory, void *item);

/* NULL for an id that is not in use. */
void *ids_find(const struct ids *ids, uint64_t id);
void ids_remove(struct ids *ids, uint64_t id);

#endif
