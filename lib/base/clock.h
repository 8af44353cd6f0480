/* SPDX-License-Identifier: BSD-2-Clause */
/* clock.h: the time that deadlines are counted in. */
#ifndef MXCHECK_BASE_CLOCK_H
#define MXCHECK_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Microseconds since some fixed moment; never set back, and going on while the machine sleeps, as what DNS said grows
 * old then, too (CLOCK_BOOTTIME; CLOCK_MONOTONIC where there is none). */
uint64_t clock_now_us(void);

/* How long the machine has slept, as far as is known. Zero it before first use; any thread. */
struct clock_sleep {
    uint64_t slept_us; /* atomic, as what follows */
    uint64_t next_look_us;
};

/* The same as clock_now_us, a few milliseconds behind, for a fraction of the cost where the system can. It learns that
 * the machine has slept within a second of its awakening. */
uint64_t clock_coarse_us(struct clock_sleep *sleep);

/* The clock of clock_now_us, for the system. */
#ifdef CLOCK_BOOTTIME
#define CLOCK_OF_NOW CLOCK_BOOTTIME
#else
#define CLOCK_OF_NOW CLOCK_MONOTONIC
#endif

#endif
