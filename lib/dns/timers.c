/* SPDX-License-Identifier: BSD-2-Clause */
/* timers.c: a binary heap, and a list of those that are due at once. */
#include "dns/timers.h"

#include "base/clock.h"

#include <string.h>

void timers_init(struct timers *timers, const struct memory *memory)
{
    memset(timers, 0, sizeof(*timers));
    timers->memory = memory;
    timers->soon_end = &timers->soon;
}

void timers_free(struct timers *timers)
{
    memory_free(timers->memory, timers->heap);
}

uint64_t timers_next_us(const struct timers *timers)
{
    if (timers->soon != NULL)
        return 0;
    return timers->heap_count > 0 ? timers->heap[1].due_us : UINT64_MAX;
}

static void place_slot(struct timers *timers, struct timers_slot slot, size_t place)
{
    timers->heap[place] = slot;
    slot.timer->place = place;
}

static void sift_up(struct timers *timers, struct timers_slot slot, size_t place)
{
    while (place > 1 && timers->heap[place / 2].due_us > slot.due_us) {
        place_slot(timers, timers->heap[place / 2], place);
        place /= 2;
    }
    place_slot(timers, slot, place);
}

static void sift_down(struct timers *timers, struct timers_slot slot, size_t place)
{
    for (;;) {
        size_t child = place * 2;
        if (child < timers->heap_count && timers->heap[child + 1].due_us < timers->heap[child].due_us)
            child++;
        if (child > timers->heap_count || timers->heap[child].due_us >= slot.due_us)
            break;
        place_slot(timers, timers->heap[child], place);
        place = child;
    }
    place_slot(timers, slot, place);
}

static int grow_heap(struct timers *timers)
{
    size_t room = timers->heap_room == 0 ? 32 : timers->heap_room * 2;
    struct timers_slot *heap = memory_realloc(timers->memory, timers->heap, room * sizeof(struct timers_slot));
    if (heap == NULL)
        return -1;
    timers->heap = heap;
    timers->heap_room = room;
    return 0;
}

static void put_in_list(struct timers *timers, struct loop_timer *timer)
{
    timer->place = LOOP_SOON;
    timer->next = NULL;
    timer->link = timers->soon_end;
    *timers->soon_end = timer;
    timers->soon_end = &timer->next;
}

static void take_from_list(struct timers *timers, struct loop_timer *timer)
{
    *timer->link = timer->next;
    if (timer->next != NULL)
        timer->next->link = timer->link;
    else
        timers->soon_end = timer->link;
}

static void take_from_heap(struct timers *timers, size_t place)
{
    struct timers_slot last = timers->heap[timers->heap_count--];
    if (place > timers->heap_count)
        return;
    if (place > 1 && timers->heap[place / 2].due_us > last.due_us)
        sift_up(timers, last, place);
    else
        sift_down(timers, last, place);
}

int timers_set(struct timers *timers, struct loop_timer *timer, uint64_t due_us)
{
    /* Room for it in the heap is room for it ever after, wherever it stands meanwhile. */
    if (timer->place == 0 && timers->count + 2 > timers->heap_room && grow_heap(timers) != 0)
        return -1;
    timers_clear(timers, timer);
    timers->count++;
    timer->due_us = due_us;
    if (due_us == 0) {
        put_in_list(timers, timer);
    } else {
        timers->heap_count++;
        sift_up(timers, (struct timers_slot){due_us, timer}, timers->heap_count);
    }
    return 0;
}

void timers_clear(struct timers *timers, struct loop_timer *timer)
{
    size_t place = timer->place;
    if (place == 0)
        return;
    timer->place = 0;
    timers->count--;
    if (place == LOOP_SOON)
        take_from_list(timers, timer);
    else
        take_from_heap(timers, place);
}

static void fire(struct timers *timers, struct loop_timer *timer)
{
    timers_clear(timers, timer);
    timer->fire(timer->user);
}

void timers_fire(struct timers *timers)
{
    uint64_t now = timers->heap_count > 0 ? clock_now_us() : 0;
    for (size_t most = timers->heap_count; most > 0 && timers->heap_count > 0 && timers->heap[1].due_us <= now; most--)
        fire(timers, timers->heap[1].timer);
    for (size_t most = timers->count - timers->heap_count; most > 0 && timers->soon != NULL; most--)
        fire(timers, timers->soon);
}
