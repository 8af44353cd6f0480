/* SPDX-License-Identifier: BSD-2-Clause */
/* send_queue.h: the queue of questions that wait for a descriptor, first in, first out. */
#ifndef MXCHECK_DNS_SEND_QUEUE_H
#define MXCHECK_DNS_SEND_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Attempts of a resolver at one time, each with a descriptor of its own. */
#define LINE_CAPACITY_MAX 1000

/* For so long after the system had no descriptor as many attempts are made as it allowed then, and one more for each
 * that it lets pass. */
#define LINE_SHORTAGE_US 200000

/* One question's place; it lives in its owner's memory. Zero it before first use, but for `call` and `user`. */
struct line_place {
    struct line_place *next;
    bool is_waiting;
    bool is_called; /* taken out of the queue: a descriptor is kept for it */
    void (*call)(void *user);
    void *user;
};

struct line {
    struct line_place *first;
    struct line_place **end;
    size_t called;   /* taken out, and not sent yet */
    size_t capacity; /* attempts that the system allows, until then */
    uint64_t shortage_until_us;
};

void line_init(struct line *line);

/* Wait at the end of the queue; does nothing for one that waits already. */
void line_enter(struct line *line, struct line_place *place);

/* Whether it waits or has been called. */
void line_leave(struct line *line, struct line_place *place);

/* Call as many as there are descriptors for, with `running` attempts under way. `call` only remembers. */
void line_move(struct line *line, size_t running, uint64_t now_us);

/* May this question send now? Not while others have waited longer, or without a descriptor; if so, it leaves. */
bool line_take(struct line *line, struct line_place *place, size_t running, uint64_t now_us);

bool line_is_empty(const struct line *line);

/* Has the system refused a descriptor lately? */
bool line_has_shortage(const struct line *line, uint64_t now_us);

/* The system had no descriptor for one more than `running`. */
void line_note_shortage(struct line *line, size_t running, uint64_t now_us);

/* It had one. */
void line_note_sent(struct line *line);

#endif
