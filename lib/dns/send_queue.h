/* SPDX-License-Identifier: BSD-2-Clause */
/* send_queue.h: the queue of questions that wait for a descriptor, first in, first out. */
#ifndef MXCHECK_DNS_SEND_QUEUE_H
#define MXCHECK_DNS_SEND_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Attempts of a resolver at one time, each with a descriptor of its own. */
#define SEND_QUEUE_CAPACITY_MAX 1000

/* For so long after the system had no descriptor as many attempts are made as it allowed then, and one more for each
 * that it lets pass. */
#define SEND_QUEUE_SHORTAGE_US 200000

/* One question's place; it lives in its owner's memory. Zero it before first use, but for `call` and `user`. */
struct send_queue_place {
    struct send_queue_place *next;
    bool is_waiting;
    bool is_called; /* taken out of the queue: a descriptor is kept for it */
    void (*call)(void *user);
    void *user;
};

struct send_queue {
    struct send_queue_place *first;
    struct send_queue_place **end;
    size_t called;   /* taken out, and not sent yet */
    size_t capacity; /* attempts that the system allows, until then */
    uint64_t shortage_until_us;
};

void send_queue_init(struct send_queue *queue);

/* Wait at the end of the queue; does nothing for one that waits already. */
void send_queue_enter(struct send_queue *queue, struct send_queue_place *place);

/* Whether it waits or has been called. */
void send_queue_leave(struct send_queue *queue, struct send_queue_place *place);

/* Call as many as there are descriptors for, with `running` attempts under way. `call` only remembers. */
void send_queue_move(struct send_queue *queue, size_t running, uint64_t now_us);

/* May this question send now? Not while others have waited longer, or without a descriptor; if so, it leaves. */
bool send_queue_take(struct send_queue *queue, struct send_queue_place *place, size_t running, uint64_t now_us);

bool send_queue_is_empty(const struct send_queue *queue);

/* Has the system refused a descriptor lately? */
bool send_queue_has_shortage(const struct send_queue *queue, uint64_t now_us);

/* The system had no descriptor for one more than `running`. */
void send_queue_note_shortage(struct send_queue *queue, size_t running, uint64_t now_us);

/* It had one. */
void send_queue_note_sent(struct send_queue *queue);

#endif
