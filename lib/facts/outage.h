/* SPDX-License-Identifier: BSD-2-Clause */
/* outage.h: what share of the recent lookups has failed, and whether that is an outage. Any number of threads; no
 * clock. */
#ifndef MXCHECK_FACTS_OUTAGE_H
#define MXCHECK_FACTS_OUTAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The window is so many spans long, the one that is not over included. */
#define OUTAGE_SPANS 10
#define OUTAGE_SPAN_US UINT64_C(3000000)

/* Fewer lookups in the window than these begin no outage. */
#define OUTAGE_LEAST 20

/* All zero at first. It may lie in memory that processes share, and others write: any contents do no harm. */
struct outage {
    uint64_t spans[OUTAGE_SPANS]; /* atomic, as what follows: see outage.c */
    uint64_t since_us;            /* 0: there is none */
};

enum outage_edge { OUTAGE_STAYS, OUTAGE_BEGINS, OUTAGE_ENDS };

struct outage_share {
    unsigned failed;
    unsigned all;
};

/* Count a lookup that is over at now_us, which is not 0. An outage begins with the lookup by which at least `threshold`
 * per cent have failed; it ends with a later one by which they have not, after one span at the earliest. Each edge is
 * told to one caller. *share: of the window. */
enum outage_edge outage_add(struct outage *outage, unsigned threshold, uint64_t now_us, bool has_failed,
                            struct outage_share *share);

static inline bool outage_is_on(const struct outage *outage)
{
    return __atomic_load_n(&outage->since_us, __ATOMIC_RELAXED) != 0;
}

#endif
