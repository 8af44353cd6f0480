/* SPDX-License-Identifier: BSD-2-Clause */
/* send_queue.c: a linked queue, and how many attempts the system allows. */
#include "dns/send_queue.h"

void send_queue_init(struct send_queue *queue)
{
    queue->first = NULL;
    queue->end = &queue->first;
    queue->called = 0;
    queue->capacity = SEND_QUEUE_CAPACITY_MAX;
    queue->shortage_until_us = 0;
}

bool send_queue_is_empty(const struct send_queue *queue)
{
    return queue->first == NULL;
}

bool send_queue_has_shortage(const struct send_queue *queue, uint64_t now_us)
{
    return now_us < queue->shortage_until_us;
}

static size_t capacity(const struct send_queue *queue, uint64_t now_us)
{
    return send_queue_has_shortage(queue, now_us) ? queue->capacity : SEND_QUEUE_CAPACITY_MAX;
}

void send_queue_enter(struct send_queue *queue, struct send_queue_place *place)
{
    if (place->is_waiting)
        return;
    place->is_waiting = true;
    place->next = NULL;
    *queue->end = place;
    queue->end = &place->next;
}

void send_queue_leave(struct send_queue *queue, struct send_queue_place *place)
{
    struct send_queue_place **link = &queue->first;
    queue->called -= place->is_called;
    place->is_called = false;
    if (!place->is_waiting)
        return;
    place->is_waiting = false;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a place that waits is in the list */
    while (*link != place)
        link = &(*link)->next;
    *link = place->next;
    if (queue->end == &place->next)
        queue->end = link;
}

void send_queue_move(struct send_queue *queue, size_t running, uint64_t now_us)
{
    size_t most = capacity(queue, now_us);
    while (queue->first != NULL && running + queue->called < most) {
        struct send_queue_place *place = queue->first;
        send_queue_leave(queue, place);
        place->is_called = true;
        queue->called++;
        place->call(place->user);
    }
}

bool send_queue_take(struct send_queue *queue, struct send_queue_place *place, size_t running, uint64_t now_us)
{
    bool is_first = place->is_called || queue->first == NULL || queue->first == place;
    size_t taken = running + queue->called - place->is_called;
    if (!is_first || taken >= capacity(queue, now_us))
        return false;
    send_queue_leave(queue, place);
    return true;
}

void send_queue_note_shortage(struct send_queue *queue, size_t running, uint64_t now_us)
{
    queue->capacity = running > 0 ? running : 1;
    queue->shortage_until_us = now_us + SEND_QUEUE_SHORTAGE_US;
}

void send_queue_note_sent(struct send_queue *queue)
{
    if (queue->capacity < SEND_QUEUE_CAPACITY_MAX)
        queue->capacity++;
}
