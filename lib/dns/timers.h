/* SPDX-License-Identifier: BSD-2-Clause */
/* timers.h: timers by when they are due, and those that are due at once in the order of setting. */
#ifndef MXCHECK_DNS_TIMERS_H
#define MXCHECK_DNS_TIMERS_H

#include "base/memory.h"

#include <stdint.h>

/* A timer lives in its owner's memory; zero it before first use. */
struct loop_timer {
    uint64_t due_us; /* 0: at once */
    size_t place;    /* in the heap, from 1; LOOP_SOON: in the list of those due at once; 0: not set */
    struct loop_timer *next;
    struct loop_timer **link;
    void (*fire)(void *user);
    void *user;
};

#define LOOP_SOON SIZE_MAX

/* When a timer is due stands beside it, so that sifting reads no timer. */
struct timers_slot {
    uint64_t due_us;
    struct loop_timer *timer;
};

struct timers {
    const struct memory *memory;
    struct loop_timer *soon; /* due at once, first come first */
    struct loop_timer **soon_end;
    struct timers_slot *heap; /* heap[1] is due first */
    size_t heap_count;
    size_t heap_room;
    size_t count; /* in the heap and in the list */
};

/* It stays where it is. */
void timers_init(struct timers *timers, const struct memory *memory);
void timers_free(struct timers *timers);

/* As loop_timer_set and loop_timer_clear. */
int timers_set(struct timers *timers, struct loop_timer *timer, uint64_t due_us);
void timers_clear(struct timers *timers, struct loop_timer *timer);

/* When the next one is due: 0 at once, UINT64_MAX when there is none. */
uint64_t timers_next_us(const struct timers *timers);

/* Fire those that are due: so many as there are now, whatever their callbacks set anew. */
void timers_fire(struct timers *timers);

#endif
