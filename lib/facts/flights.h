/* SPDX-License-Identifier: BSD-2-Clause */
/* flights.h: lookups under way, one for a domain however many wait for it. */
#ifndef MXCHECK_FACTS_FLIGHTS_H
#define MXCHECK_FACTS_FLIGHTS_H

#include "facts/cache.h"
#include "facts/lookup.h"

/* One who waits, in the memory of its owner; zero it before use. */
struct waiter {
    struct flight *flight; /* NULL: not waiting */
    struct waiter *next;
    struct waiter **link;
    uint64_t deadline_us;
    /* Called once from the loop's turn: gives the facts (a share), or NULL when memory ran out. It may start and cancel
     * others, and free itself. */
    void (*finished)(struct waiter *waiter, struct facts *facts);
};

struct flights;

/* Gives a table on `resolver`, which must outlive it, as must `cache`, which remembers what lands (NULL: nothing does);
 * NULL when memory ran out. All ask for `wants`. */
struct flights *flights_new(const mxcheck_memory *memory, struct resolver *resolver, const struct lookup_wants *wants,
                            mxcheck_cache *cache);

/* Count each lookup from now on, atomically. */
void flights_count(struct flights *flights, uint64_t *lookups);

/* Ask this resolver from now on, and let the cache remember for `asker` what it says; lookups under way stay with
 * theirs. */
void flights_use(struct flights *flights, struct resolver *resolver, uint64_t asker);

/* Nobody may wait any more. */
void flights_free(struct flights *flights);

/* Wait for the facts of a domain until waiter->deadline_us. Returns 0, or -1 when memory ran out. */
int flights_join(struct flights *flights, const char *domain, struct waiter *waiter);

/* Is a lookup of this domain under way? */
bool flights_holds(struct flights *flights, const char *domain);

/* Wait no longer; the last to leave ends the lookup. Does nothing for one who does not wait. */
void flights_leave(struct waiter *waiter);

#endif
