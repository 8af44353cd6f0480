/* SPDX-License-Identifier: BSD-2-Clause */
/* clock.h: the clock for deadlines and TTLs. */
#ifndef MXCHECK_BASE_CLOCK_H
#define MXCHECK_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Microseconds since some fixed moment. It is never set back, and it counts the time that the machine sleeps, since
 * TTLs expire then, too (CLOCK_BOOTTIME; CLOCK_MONOTONIC where there is none). */
uint64_t clock_now_us(void);

/* How long the machine has slept, as far as is known. Zero it before first use; any thread. */
struct clock_sleep {
    uint64_t slept_us; /* atomic, as what follows */
    uint64_t next_look_us;
};

/* Like clock_now_us, but a few milliseconds late and much cheaper where the system supports that. After the machine has
 * slept, it is right again within a second. */
uint64_t clock_coarse_us(struct clock_sleep *sleep);

/* The clock of clock_now_us, for the system. */
#ifdef CLOCK_BOOTTIME
#define CLOCK_OF_NOW CLOCK_BOOTTIME
#else
#define CLOCK_OF_NOW CLOCK_MONOTONIC
#endif

#endif
