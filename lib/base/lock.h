/* SPDX-License-Identifier: BSD-2-Clause */
/* lock.h: a lock for a few memory accesses. A child after fork can tell when a thread of the parent held it; a POSIX
 * mutex would stay locked in the child for ever. */
#ifndef MXCHECK_BASE_LOCK_H
#define MXCHECK_BASE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Zero it before use. */
struct lock {
    uint32_t holder; /* atomic: process_self of the process whose thread holds it; 0: free */
};

/* Waits. `self` is process_self of the same struct process for all users of the lock. Returns true when a thread of the
 * parent process held the lock at the fork: the data that it guards may be half changed. */
bool lock_take(struct lock *lock, uint32_t self);
void lock_give(struct lock *lock);

#endif
