/* SPDX-License-Identifier: BSD-2-Clause */
/* clock.c: the time since the start of the machine. */
#include "base/clock.h"

/* How often to look how long the machine has slept. */
#define LOOK_US 1000000

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now = {0, 0};
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

uint64_t clock_now_us(void)
{
    return read_clock(CLOCK_OF_NOW);
}

#ifdef CLOCK_MONOTONIC_COARSE
/* There is no coarse clock that counts sleep. So take the coarse clock that does not, and add the time slept. Threads
 * that look at the same time find the same. */
uint64_t clock_coarse_us(struct clock_sleep *sleep)
{
    uint64_t awake_us = read_clock(CLOCK_MONOTONIC_COARSE);
    if (awake_us >= __atomic_load_n(&sleep->next_look_us, __ATOMIC_RELAXED)) {
        uint64_t monotonic_us = read_clock(CLOCK_MONOTONIC);
        uint64_t now_us = clock_now_us();
        __atomic_store_n(&sleep->slept_us, now_us - monotonic_us, __ATOMIC_RELAXED);
        __atomic_store_n(&sleep->next_look_us, awake_us + LOOK_US, __ATOMIC_RELAXED);
    }
    return awake_us + __atomic_load_n(&sleep->slept_us, __ATOMIC_RELAXED);
}
#else
uint64_t clock_coarse_us(struct clock_sleep *sleep)
{
    (void)sleep;
    return clock_now_us();
}
#endif
