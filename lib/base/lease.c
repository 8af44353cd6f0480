/* SPDX-License-Identifier: BSD-2-Clause */
/* lease.c: the time of the taking is the lock. */
#include "base/lease.h"

/* A holder may have read the clock after the one who asks. */
static bool is_over(uint64_t since_us, uint64_t now_us)
{
    return (now_us > since_us ? now_us - since_us : since_us - now_us) >= LEASE_US;
}

enum lease_outcome lease_try(struct lease *lease, uint64_t now_us)
{
    uint64_t since_us = __atomic_load_n(&lease->since_us, __ATOMIC_RELAXED);
    if (since_us != 0 && !is_over(since_us, now_us))
        return LEASE_BUSY;
    enum lease_outcome outcome = since_us == 0 ? LEASE_TAKEN : LEASE_INHERITED;
    bool is_taken =
        __atomic_compare_exchange_n(&lease->since_us, &since_us, now_us, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
    return is_taken ? outcome : LEASE_BUSY;
}

bool lease_is_held(const struct lease *lease, uint64_t since_us)
{
    return __atomic_load_n(&lease->since_us, __ATOMIC_RELAXED) == since_us;
}

void lease_give(struct lease *lease, uint64_t since_us)
{
    __atomic_compare_exchange_n(&lease->since_us, &since_us, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}
