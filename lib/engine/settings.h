/* SPDX-License-Identifier: BSD-2-Clause */
/* settings.h: what a context was made with, frozen, and what it counts; shared with its results by counting. */
#ifndef MXCHECK_ENGINE_SETTINGS_H
#define MXCHECK_ENGINE_SETTINGS_H

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/stripe.h"
#include "dns/resolver.h"
#include "dns/test_zone.h"
#include "engine/resolvers.h"
#include "facts/outage.h"
#include "options/options.h"

/* Where a verdict came from. */
enum origin {
    ORIGIN_FORM,   /* the address alone */
    ORIGIN_DNS,    /* asked for this check */
    ORIGIN_MEMORY, /* the cache */
    ORIGIN_STALE,  /* the cache, past the time */
    ORIGINS
};

/* Verdicts that are counted, from MXCHECK_VERDICT_ACCEPT. */
#define VERDICTS 3

/* Shares and counts of the threads on one processor. */
struct settings_stripe {
    struct settings *settings;
    unsigned references;                /* atomic */
    uint64_t checks[VERDICTS][ORIGINS]; /* atomic */
    char apart[STRIPE_SIZE - 2 * sizeof(uint64_t) - VERDICTS * ORIGINS * sizeof(uint64_t)];
};

struct settings {
    unsigned stripes_held; /* atomic: those with a share, and the context's */
    struct memory memory;
    struct process process;
    struct log log;
    struct options options;
    struct clock_sleep sleep_room;
    struct clock_sleep *sleep;  /* that, which changes under whoever may not change the rest */
    struct test_zone *zone;     /* that answers in the place of DNS; NULL: none */
    struct resolvers resolvers; /* not frozen: they follow resolv.conf */
    bool is_stopped;            /* atomic, as what follows: blocking checks and waits end */
    uint64_t lookups;           /* of domains */
    uint64_t prefetches;        /* those of them that were begun beside a hit */
    uint64_t queries[RESOLVER_TALLIES];
    uint64_t outages;
    struct outage outage; /* where no cache has one for the asker */
    struct settings_stripe stripes[STRIPES];
};

/* Gives settings with a copy of everything. The context calls settings_close once. MXCHECK_ERR_NOMEM; MXCHECK_ERR_FILE
 * when the file of the option test-zone cannot be read, and then error[size] says why. */
mxcheck_status settings_new(const struct memory *memory, const struct log *log, const struct options *options,
                            struct settings **settings, char *error, size_t size);
void settings_close(struct settings *settings);

/* Take a share and give it back to the same stripe. */
struct settings_stripe *settings_share(struct settings *settings);
void settings_unshare(struct settings_stripe *stripe);

/* Count a check, at a stripe that is held. */
static inline void settings_count(struct settings_stripe *stripe, mxcheck_verdict verdict, enum origin origin)
{
    __atomic_add_fetch(&stripe->checks[verdict - MXCHECK_VERDICT_ACCEPT][origin], 1, __ATOMIC_RELAXED);
}

/* Those who wait look so often whether they are to stop. */
#define SETTINGS_STOP_US 100000

static inline void settings_stop(struct settings *settings)
{
    __atomic_store_n(&settings->is_stopped, true, __ATOMIC_RELEASE);
}

static inline bool settings_is_stopped(const struct settings *settings)
{
    return __atomic_load_n(&settings->is_stopped, __ATOMIC_ACQUIRE);
}

/* How long to wait before the next look, for something that is over at until_us. */
static inline uint64_t settings_wait_until(uint64_t until_us)
{
    uint64_t look_us = clock_now_us() + SETTINGS_STOP_US;
    return look_us < until_us ? look_us : until_us;
}

/* For whom the cache remembers. */
static inline uint64_t settings_asker(const struct settings *settings)
{
    return resolvers_asker(&settings->resolvers);
}

uint64_t settings_sum(const struct settings *settings, mxcheck_verdict verdict, enum origin origin);

#endif
