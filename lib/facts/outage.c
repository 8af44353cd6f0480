/* SPDX-License-Identifier: BSD-2-Clause */
/* outage.c: counts lookups in a sliding window, without a lock. */
#include "facts/outage.h"

/* A word of `spans`, from the top: 24 bits of the number of the span, 20 of all lookups in it, 20 of those that failed.
 */
#define COUNT_BITS 20
#define COUNT_MAX ((UINT64_C(1) << COUNT_BITS) - 1)
#define NUMBER_MAX ((UINT64_C(1) << 24) - 1)

static uint64_t number_of(uint64_t word)
{
    return word >> 2 * COUNT_BITS;
}

static uint64_t all_of(uint64_t word)
{
    return word >> COUNT_BITS & COUNT_MAX;
}

static uint64_t failed_of(uint64_t word)
{
    return word & COUNT_MAX;
}

/* The word of an earlier span begins anew; one that is full stays as it is. */
static uint64_t add_to(uint64_t word, uint64_t number, bool has_failed)
{
    if (number_of(word) != number)
        word = number << 2 * COUNT_BITS;
    if (all_of(word) == COUNT_MAX)
        return word;
    return word + (UINT64_C(1) << COUNT_BITS) + has_failed;
}

static void count(struct outage *outage, uint64_t number, bool has_failed)
{
    uint64_t *place = &outage->spans[number % OUTAGE_SPANS];
    uint64_t word = __atomic_load_n(place, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(place, &word, add_to(word, number, has_failed), false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
        continue;
}

static struct outage_share sum(const struct outage *outage, uint64_t number)
{
    struct outage_share share = {0, 0};
    for (size_t i = 0; i < OUTAGE_SPANS; i++) {
        uint64_t word = __atomic_load_n(&outage->spans[i], __ATOMIC_RELAXED);
        if (((number - number_of(word)) & NUMBER_MAX) >= OUTAGE_SPANS)
            continue;
        share.all += (unsigned)all_of(word);
        share.failed += (unsigned)failed_of(word);
    }
    return share;
}

enum outage_edge outage_add(struct outage *outage, unsigned threshold, uint64_t now_us, bool has_failed,
                            struct outage_share *share)
{
    uint64_t number = now_us / OUTAGE_SPAN_US & NUMBER_MAX;
    uint64_t since_us = __atomic_load_n(&outage->since_us, __ATOMIC_RELAXED);
    count(outage, number, has_failed);
    *share = sum(outage, number);
    bool is_bad = (uint64_t)share->failed * 100 >= (uint64_t)share->all * threshold;
    bool begins = since_us == 0 && is_bad && share->all >= OUTAGE_LEAST;
    /* A clock that was read a little earlier ends nothing; a time that is far off is none. */
    bool is_due = now_us - since_us >= OUTAGE_SPAN_US && since_us - now_us >= OUTAGE_SPAN_US;
    bool ends = since_us != 0 && !is_bad && is_due;
    if (!begins && !ends)
        return OUTAGE_STAYS;
    if (!__atomic_compare_exchange_n(&outage->since_us, &since_us, begins ? now_us : 0, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED))
        return OUTAGE_STAYS; /* another caller was first */
    return begins ? OUTAGE_BEGINS : OUTAGE_ENDS;
}
