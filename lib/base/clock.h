/* SPDX-License-Identifier: BSD-2-Clause */
/* clock.h: the time that deadlines are counted in. */
#ifndef MXCHECK_BASE_CLOCK_H
#define MXCHECK_BASE_CLOCK_H

#include <stdint.h>

/* Microseconds since some fixed moment; never set back (CLOCK_MONOTONIC). */
uint64_t clock_now_us(void);

/* The same, up to a few milliseconds behind, for a fraction of the cost where the system can. */
uint64_t clock_coarse_us(void);

#endif
