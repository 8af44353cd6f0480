/* SPDX-License-Identifier: BSD-2-Clause */
/* settings.h: what a context was made with, frozen, and what it counts; shared with its results by counting. */
#ifndef MXCHECK_ENGINE_SETTINGS_H
#define MXCHECK_ENGINE_SETTINGS_H

#include "base/log.h"
#include "base/stripe.h"
#include "dns/resolver.h"
#include "dns/upstreams.h"
#include "judge/options.h"

/* What is counted. */
enum tally {
    TALLY_ACCEPTED, /* verdicts, in the order of mxcheck_verdict */
    TALLY_DEFERRED,
    TALLY_REJECTED,
    TALLY_HITS,   /* checks that the cache answered */
    TALLY_MISSES, /* checks that DNS was needed for */
    TALLY_STALE,  /* checks that the cache answered past the time */
    TALLIES
};

/* Shares and counts of the threads on one processor. */
struct settings_stripe {
    struct settings *settings;
    uint64_t tally[TALLIES]; /* atomic */
    unsigned references;     /* atomic */
    char apart[STRIPE_SIZE - sizeof(void *) - TALLIES * sizeof(uint64_t) - sizeof(unsigned)];
};

struct settings {
    unsigned stripes_held; /* atomic: those with a share, and the context's */
    mxcheck_memory memory;
    struct log log;
    struct options options;
    struct upstreams upstreams; /* none: those of resolv.conf */
    uint64_t lookups;           /* of domains; atomic, as what follows */
    uint64_t prefetches;        /* those of them that were begun beside a hit */
    uint64_t queries[RESOLVER_TALLIES];
    struct settings_stripe stripes[STRIPES];
};

/* Gives settings with a copy of everything; NULL when memory ran out. The context calls settings_close once. */
struct settings *settings_new(const mxcheck_memory *memory, const struct log *log, const struct options *options);
void settings_close(struct settings *settings);

/* Take a share and give it back to the same stripe. */
struct settings_stripe *settings_share(struct settings *settings);
void settings_unshare(struct settings_stripe *stripe);

/* Count one more, at a stripe that is held. */
static inline void settings_count(struct settings_stripe *stripe, enum tally tally)
{
    __atomic_add_fetch(&stripe->tally[tally], 1, __ATOMIC_RELAXED);
}

uint64_t settings_sum(const struct settings *settings, enum tally tally);

#endif
