/* SPDX-License-Identifier: BSD-2-Clause */
/* allowance.h: so many a minute (a token bucket): a minute's worth may be taken at once. */
#ifndef WEB_ALLOWANCE_H
#define WEB_ALLOWANCE_H

#include <stdint.h>

struct allowance {
    int64_t since_ms; /* up to when `left` has been filled */
    double left;
};

/* Take `count`. Gives 0, or for how many seconds to wait before it is worth another try. */
unsigned allowance_take(struct allowance *allowance, unsigned per_minute, unsigned count, int64_t now_ms);

/* Give back what was taken just now. */
void allowance_give_back(struct allowance *allowance, unsigned count);

/* The time since some moment, which no change of the clock moves. */
int64_t allowance_now_ms(void);

#endif
