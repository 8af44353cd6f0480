/* SPDX-License-Identifier: BSD-2-Clause */
/* lock.h: a lock for a few memory accesses, which a child after fork finds out to be held by nobody that lives. A mutex
 * of POSIX that another thread held at the fork stays locked in the child for ever. */
#ifndef MXCHECK_BASE_LOCK_H
#define MXCHECK_BASE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Zero it before use. */
struct lock {
    uint32_t holder; /* atomic: process_self of the process whose thread holds it; 0: free */
};

/* Waits; `self` is process_self, of one struct process for all who take the lock. Returns true when the lock was left
 * behind by a thread of the parent process: what it guards may be half done. */
bool lock_take(struct lock *lock, uint32_t self);
void lock_give(struct lock *lock);

#endif
