/* SPDX-License-Identifier: BSD-2-Clause */
/* allowance.c: what is left grows with time, up to a minute's worth. */
#include "allowance.h"

#include <time.h>

enum { MINUTE_MS = 60000, WAIT_MOST_S = 60 };

static double left_now(const struct allowance *allowance, unsigned per_minute, int64_t now_ms)
{
    double left = allowance->left + (double)(now_ms - allowance->since_ms) * per_minute / MINUTE_MS;
    return allowance->since_ms == 0 || left > per_minute ? per_minute : left;
}

unsigned allowance_take(struct allowance *allowance, unsigned per_minute, unsigned count, int64_t now_ms)
{
    double left = left_now(allowance, per_minute, now_ms);
    allowance->since_ms = now_ms;
    allowance->left = left;
    if (left >= count) {
        allowance->left = left - count;
        return 0;
    }
    double wait_s = (count - left) * 60 / per_minute;
    return wait_s >= WAIT_MOST_S ? WAIT_MOST_S : (unsigned)wait_s + 1;
}

void allowance_give_back(struct allowance *allowance, unsigned count)
{
    allowance->left += count;
}

int64_t allowance_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
