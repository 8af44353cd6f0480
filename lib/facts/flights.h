/* SPDX-License-Identifier: BSD-2-Clause */
/* flights.h: lookups in flight, one for each domain, however many checks wait for it. */
#ifndef MXCHECK_FACTS_FLIGHTS_H
#define MXCHECK_FACTS_FLIGHTS_H

#include "base/memory.h"
#include "facts/cache.h"
#include "facts/lookup.h"

/* A check that waits, in the memory of its owner; zero it before use. */
struct waiter {
    struct flight *flight; /* NULL: not waiting */
    struct waiter *next;
    struct waiter **link;
    uint64_t deadline_us;
    mxcheck_id id; /* of an asynchronous check; 0: it is none */
    /* Called once from the loop's turn with a reference to the facts, or NULL when memory ran out. It may start and
     * cancel others, and free itself. */
    void (*finished)(struct waiter *waiter, struct facts *facts);
};

struct flights;

/* Gives a table on `resolver`; results are stored in `cache` (or NULL). Both must outlive it. NULL when memory ran out.
 * All lookups ask for `wants`. */
struct flights *flights_new(const struct memory *memory, struct resolver *resolver, const struct lookup_wants *wants,
                            mxcheck_cache *cache);

/* Count each lookup from now on, atomically. */
void flights_count(struct flights *flights, uint64_t *lookups);

/* Called from the loop's turn when a lookup is over, before its facts are stored. Returns whether many lookups fail
 * now. */
typedef bool (*flights_outcome)(void *user, const struct facts *facts);

void flights_watch(struct flights *flights, flights_outcome outcome, void *user);

/* Use this resolver for new lookups, and store their results for `asker`. Lookups in flight keep their resolver. */
void flights_use(struct flights *flights, struct resolver *resolver, uint64_t asker);

/* No check may be waiting. */
void flights_free(struct flights *flights);

/* Wait for the facts of a domain until waiter->deadline_us. Returns 0, or -1 when memory ran out. */
int flights_join(struct flights *flights, const char *domain, struct waiter *waiter);

/* Is a lookup of this domain in flight? */
bool flights_holds(struct flights *flights, const char *domain);

/* Stop waiting; when no check waits, the lookup ends. Does nothing for a check that does not wait. */
void flights_leave(struct waiter *waiter);

#endif
