/* SPDX-License-Identifier: BSD-2-Clause */
/* lock.c: the mark of the holder's process is the lock. */
#include "base/lock.h"

#include <sched.h>
#include <time.h>

/* The lock is held for less than this many spins; a thread that still waits then sleeps, so that a holder of lower
 * priority can run. */
#define YIELDS_MAX 100

static bool exchange(struct lock *lock, uint32_t *from, uint32_t to)
{
    return __atomic_compare_exchange_n(&lock->holder, from, to, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static bool try(struct lock *lock, uint32_t self, bool *is_orphan)
{
    uint32_t holder = 0;
    *is_orphan = false;
    if (exchange(lock, &holder, self))
        return true;
    *is_orphan = holder != 0 && holder != self;
    return *is_orphan && exchange(lock, &holder, self);
}

bool lock_take(struct lock *lock, uint32_t self)
{
    static const struct timespec pause = {.tv_sec = 0, .tv_nsec = 50000};
    bool is_orphan;
    for (int tries = 0; !try(lock, self, &is_orphan); tries++) {
        if (tries < YIELDS_MAX)
            sched_yield();
        else
            nanosleep(&pause, NULL);
    }
    return is_orphan;
}

void lock_give(struct lock *lock)
{
    __atomic_store_n(&lock->holder, 0, __ATOMIC_RELEASE);
}
