/* SPDX-License-Identifier: BSD-2-Clause */
/* flights.c: a hash table of lookups by domain, each with the checks that wait for it. */
#include "facts/flights.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/siphash.h"

#include <string.h>

#define ROOM_MIN 64

/* After a lookup that timed out, a check with at least so much time left gets another one. */
#define ANOTHER_TRY_US 100000

struct flight {
    struct flights *flights;
    struct flight *next; /* in the bucket */
    uint64_t hash;
    uint64_t generation; /* of the cache, when the lookup began */
    uint64_t asker;
    struct lookup *lookup;
    struct waiter *waiters;
    mxcheck_id subject; /* of the only one who waits; 0: several do, or a blocking check */
    char domain[];
};

struct flights {
    const struct memory *memory;
    struct resolver *resolver;
    struct lookup_wants wants;
    mxcheck_cache *cache;
    uint64_t asker;          /* for whom it remembers */
    uint64_t *lookups;       /* a counter of the owner; or NULL */
    flights_outcome outcome; /* NULL: nobody wants to know */
    void *user;              /* of it */
    struct siphash_key key;
    struct flight **buckets;
    size_t room; /* a power of two */
    size_t count;
};

struct flights *flights_new(const struct memory *memory, struct resolver *resolver, const struct lookup_wants *wants,
                            mxcheck_cache *cache)
{
    struct flights *flights = memory_zalloc(memory, 1, sizeof(*flights));
    if (flights == NULL)
        return NULL;
    flights->memory = memory;
    flights->resolver = resolver;
    flights->wants = *wants;
    flights->cache = cache;
    flights->asker = 1;
    flights->room = ROOM_MIN;
    flights->buckets = memory_zalloc(memory, flights->room, sizeof(struct flight *));
    siphash_key_init(&flights->key);
    if (flights->buckets == NULL) {
        memory_free(memory, flights);
        return NULL;
    }
    return flights;
}

void flights_count(struct flights *flights, uint64_t *lookups)
{
    flights->lookups = lookups;
}

void flights_watch(struct flights *flights, flights_outcome outcome, void *user)
{
    flights->outcome = outcome;
    flights->user = user;
}

void flights_use(struct flights *flights, struct resolver *resolver, uint64_t asker)
{
    flights->resolver = resolver;
    flights->asker = asker;
    if (flights->cache != NULL)
        cache_note_asker(flights->cache, asker);
}

void flights_free(struct flights *flights)
{
    if (flights == NULL)
        return;
    memory_free(flights->memory, flights->buckets);
    memory_free(flights->memory, flights);
}

static struct flight **bucket_of(struct flights *flights, uint64_t hash)
{
    return &flights->buckets[hash & (flights->room - 1)];
}

static struct flight *find(struct flights *flights, uint64_t hash, const char *domain)
{
    struct flight *flight = *bucket_of(flights, hash);
    while (flight != NULL && (flight->hash != hash || strcmp(flight->domain, domain) != 0))
        flight = flight->next;
    return flight;
}

/* Double the table. Without memory it stays as it is, and is slower. */
static void grow(struct flights *flights)
{
    size_t old_room = flights->room;
    struct flight **old = flights->buckets;
    struct flight **buckets = memory_zalloc(flights->memory, old_room * 2, sizeof(struct flight *));
    if (buckets == NULL)
        return;
    flights->buckets = buckets;
    flights->room = old_room * 2;
    for (size_t i = 0; i < old_room; i++) {
        for (struct flight *flight = old[i]; flight != NULL;) {
            struct flight *next = flight->next;
            struct flight **bucket = bucket_of(flights, flight->hash);
            flight->next = *bucket;
            *bucket = flight;
            flight = next;
        }
    }
    memory_free(flights->memory, old);
}

static void unlink_flight(struct flight *flight)
{
    struct flight **link = bucket_of(flight->flights, flight->hash);
    while (*link != flight)
        link = &(*link)->next;
    *link = flight->next;
    flight->flights->count--;
}

static void free_flight(struct flight *flight)
{
    const struct memory *memory = flight->flights->memory;
    unlink_flight(flight);
    lookup_cancel(flight->lookup);
    memory_free(memory, flight);
}

static void note_subject(struct flight *flight)
{
    const struct waiter *first = flight->waiters;
    flight->subject = first != NULL && first->next == NULL ? first->id : 0;
}

static void add_waiter(struct flight *flight, struct waiter *waiter)
{
    waiter->flight = flight;
    waiter->next = flight->waiters;
    waiter->link = &flight->waiters;
    if (waiter->next != NULL)
        waiter->next->link = &waiter->next;
    flight->waiters = waiter;
    note_subject(flight);
}

static void remove_waiter(struct waiter *waiter)
{
    *waiter->link = waiter->next;
    if (waiter->next != NULL)
        waiter->next->link = waiter->link;
    note_subject(waiter->flight);
    waiter->flight = NULL;
}

static uint64_t latest_deadline(const struct flight *flight)
{
    uint64_t latest_us = 0;
    for (const struct waiter *waiter = flight->waiters; waiter != NULL; waiter = waiter->next) {
        if (waiter->deadline_us > latest_us)
            latest_us = waiter->deadline_us;
    }
    return latest_us;
}

static void on_facts(void *user, struct facts *facts);

static int start(struct flight *flight, uint64_t deadline_us)
{
    struct flights *flights = flight->flights;
    struct lookup_wants wants = flights->wants;
    wants.subject = &flight->subject;
    if (flights->cache != NULL)
        flight->generation = cache_generation(flights->cache);
    flight->asker = flights->asker;
    if (flights->lookups != NULL)
        __atomic_add_fetch(flights->lookups, 1, __ATOMIC_RELAXED);
    return lookup_start(flights->memory, flights->resolver, flight->domain, &wants, deadline_us, on_facts, flight,
                        &flight->lookup);
}

/* Give the facts to all checks whose deadline is not after `until_us`. While there is no lookup, a flight is not freed
 * when a check leaves it. */
static void hand_over(struct flight *flight, const struct facts *facts, uint64_t until_us)
{
    struct waiter *finishing = NULL;
    for (struct waiter *waiter = flight->waiters, *next; waiter != NULL; waiter = next) {
        next = waiter->next;
        if (waiter->deadline_us > until_us)
            continue;
        remove_waiter(waiter);
        waiter->flight = flight;
        waiter->next = finishing;
        waiter->link = &finishing;
        if (finishing != NULL)
            finishing->link = &waiter->next;
        finishing = waiter;
    }
    while (finishing != NULL) {
        struct waiter *waiter = finishing;
        remove_waiter(waiter);
        waiter->finished(waiter, facts_ref(facts));
    }
}

static void note_outcome(const struct flights *flights, struct facts *facts)
{
    if (facts != NULL && !facts->is_local && flights->outcome != NULL)
        facts->was_outage = flights->outcome(flights->user, facts);
}

/* After a timeout only the checks whose deadline has come are over; later ones get another lookup. */
static void on_facts(void *user, struct facts *facts)
{
    struct flight *flight = user;
    uint64_t until_us = UINT64_MAX - 1;
    flight->lookup = NULL;
    note_outcome(flight->flights, facts);
    if (facts != NULL && !facts->is_local && flight->flights->cache != NULL)
        cache_put(flight->flights->cache, flight->asker, facts, flight->generation);
    if (facts != NULL && facts_failure(facts) != FACTS_NOT_ASKED && facts_has_timeout(facts))
        until_us = clock_now_us() + ANOTHER_TRY_US;
    hand_over(flight, facts, until_us);
    facts_unref(facts, flight->flights->memory);
    if (flight->waiters != NULL && start(flight, latest_deadline(flight)) != 0)
        hand_over(flight, NULL, UINT64_MAX - 1);
    if (flight->waiters == NULL)
        free_flight(flight);
}

static struct flight *new_flight(struct flights *flights, uint64_t hash, const char *domain, uint64_t deadline_us)
{
    size_t size = strlen(domain) + 1;
    struct flight *flight = memory_zalloc(flights->memory, 1, sizeof(*flight) + size);
    if (flight == NULL)
        return NULL;
    flight->flights = flights;
    flight->hash = hash;
    memcpy(flight->domain, domain, size);
    if (start(flight, deadline_us) != 0) {
        memory_free(flights->memory, flight);
        return NULL;
    }
    if (flights->count >= flights->room)
        grow(flights);
    struct flight **bucket = bucket_of(flights, hash);
    flight->next = *bucket;
    *bucket = flight;
    flights->count++;
    return flight;
}

bool flights_holds(struct flights *flights, const char *domain)
{
    return find(flights, siphash(&flights->key, domain, strlen(domain)), domain) != NULL;
}

int flights_join(struct flights *flights, const char *domain, struct waiter *waiter)
{
    uint64_t hash = siphash(&flights->key, domain, strlen(domain));
    struct flight *flight = find(flights, hash, domain);
    if (flight == NULL)
        flight = new_flight(flights, hash, domain, waiter->deadline_us);
    if (flight == NULL)
        return -1;
    add_waiter(flight, waiter);
    return 0;
}

void flights_leave(struct waiter *waiter)
{
    struct flight *flight = waiter->flight;
    if (flight == NULL)
        return;
    remove_waiter(waiter);
    if (flight->waiters == NULL && flight->lookup != NULL)
        free_flight(flight);
}
