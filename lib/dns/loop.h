/* SPDX-License-Identifier: BSD-2-Clause */
/* loop.h: an event loop of one epoll descriptor and timers. For one thread at a time. */
#ifndef MXCHECK_DNS_LOOP_H
#define MXCHECK_DNS_LOOP_H

#include "base/memory.h"
#include "dns/timers.h"

#include <mxcheck/mxcheck.h>

#include <stdbool.h>
#include <stdint.h>

struct loop;

/* A watched descriptor lives in its owner's memory; zero it before first use. */
struct loop_watch {
    int fd;
    bool is_set;
    bool wants_write;
    bool is_for_once;
    size_t place; /* in the loop's table */
    void (*ready)(void *user, bool readable, bool writable);
    void *user;
};

/* Gives a loop, or NULL with *status MXCHECK_ERR_NOMEM or MXCHECK_ERR_SYSTEM. */
struct loop *loop_new(const struct memory *memory, mxcheck_status *status);
void loop_free(struct loop *loop);

/* Returns 0, or -1 when the system or memory refuses. */
int loop_watch_set(struct loop *loop, struct loop_watch *watch, int fd, bool wants_read, bool wants_write);
void loop_watch_clear(struct loop *loop, struct loop_watch *watch);

/* Likewise for reading, of a descriptor that is closed as soon as the watch has been cleared: the kernel forgets it by
 * itself, which saves a system call. A copy of the descriptor in a child of fork does no harm. */
int loop_watch_set_until_closed(struct loop *loop, struct loop_watch *watch, int fd);

/* Set or move a timer; with due_us 0 it fires in the next turn, in the order of setting. Returns 0, or -1 when memory
 * ran out, which cannot be for one that is due at once or that has been set before and not fired since. */
int loop_timer_set(struct loop *loop, struct loop_timer *timer, uint64_t due_us);
void loop_timer_clear(struct loop *loop, struct loop_timer *timer);

/* Wait until something is due, at most until_us, and do it. */
void loop_turn(struct loop *loop, uint64_t until_us);

/* May there be more to do now? So it is after a turn that served descriptors, and while a timer is due. */
bool loop_has_more(const struct loop *loop);

/* The one descriptor to watch: readable when something is due, timers included, once loop_arm has been called after the
 * last change. Returns -1 when the system or memory refuses. */
int loop_fd(struct loop *loop);

/* Set the descriptor of loop_fd to become readable when the next timer is due. While there may be more to do now, it
 * becomes readable again at the first call after each turn, so that an edge-triggered watcher gets an edge. Does
 * nothing if loop_fd was never called. */
void loop_arm(struct loop *loop);

/* The program has closed the epoll set: no turn does anything any more. Do not free what uses descriptors: their
 * numbers may be other files by now. */
bool loop_is_lost(const struct loop *loop);

/* Is the epoll set still there? For a loop that has not run for a while. */
bool loop_is_there(struct loop *loop);

#endif
