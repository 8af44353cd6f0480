/* SPDX-License-Identifier: BSD-2-Clause */
/* send_queue.h: the queue of questions that wait for a descriptor, first in, first out. */
#ifndef MXCHECK_DNS_SEND_QUEUE_H
#define MXCHECK_DNS_SEND_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most attempts of a resolver at the same time; each has a descriptor. */
#define SEND_QUEUE_CAPACITY_MAX 1000

/* For so long after the system had no descriptor left, the queue allows as many attempts as there were then, and one
 * more for each attempt that succeeds. */
#define SEND_QUEUE_SHORTAGE_US 200000

/* A question in the queue, in the memory of its owner. Zero it before first use, except `call` and `user`. */
struct send_queue_place {
    struct send_queue_place *next;
    bool is_waiting;
    bool is_called; /* taken out of the queue: a descriptor is reserved for it */
    void (*call)(void *user);
    void *user;
};

struct send_queue {
    struct send_queue_place *first;
    struct send_queue_place **end;
    size_t called;   /* taken out of the queue, but not sent yet */
    size_t capacity; /* attempts that are allowed until then */
    uint64_t shortage_until_us;
};

void send_queue_init(struct send_queue *queue);

/* Add it at the end of the queue; does nothing when it is in the queue. */
void send_queue_enter(struct send_queue *queue, struct send_queue_place *place);

/* Remove it, whether it waits or has been called. */
void send_queue_leave(struct send_queue *queue, struct send_queue_place *place);

/* Call as many as there are descriptors for; `running` attempts are in progress. `call` must only take note. */
void send_queue_move(struct send_queue *queue, size_t running, uint64_t now_us);

/* May this question send now? Not while others have waited longer, and not without a descriptor. If so, remove it. */
bool send_queue_take(struct send_queue *queue, struct send_queue_place *place, size_t running, uint64_t now_us);

bool send_queue_is_empty(const struct send_queue *queue);

/* Has the system refused a descriptor recently? */
bool send_queue_has_shortage(const struct send_queue *queue, uint64_t now_us);

/* The system has refused a descriptor while `running` attempts were in progress. */
void send_queue_note_shortage(struct send_queue *queue, size_t running, uint64_t now_us);

/* An attempt has got its descriptor. */
void send_queue_note_sent(struct send_queue *queue);

#endif
