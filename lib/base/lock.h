/* SPDX-License-Identifier: BSD-2-Clause */
/* lock.h: a lock for a few memory accesses, which a child after fork finds out to be held by nobody that lives. A mutex
 * of POSIX that another thread held at the fork stays locked in the child for ever. */
#ifndef MXCHECK_BASE_LOCK_H
#define MXCHECK_BASE_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

/* Zero it before use. */
struct lock {
    pid_t holder; /* atomic: the process whose thread holds it; 0: free */
};

/* Waits. Returns true when the lock was left behind by a thread of the parent process: what it guards may be half
 * done. */
bool lock_take(struct lock *lock);

/* Does not wait: returns false when another thread of this process holds it. *is_orphan as lock_take. */
bool lock_try(struct lock *lock, bool *is_orphan);

void lock_give(struct lock *lock);

#endif
