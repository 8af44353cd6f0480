/* SPDX-License-Identifier: BSD-2-Clause */
/* prefetch.c: lookups whose only purpose is to fill the cache. */
#include "engine/prefetch.h"

#include "base/clock.h"
#include "base/memory.h"

#include <string.h>

struct prefetching {
    struct waiter waiter; /* first */
    struct prefetch *prefetch;
    const struct memory *memory;
    struct prefetching *next;
    struct prefetching **link;
};

static void end(struct prefetching *prefetching)
{
    *prefetching->link = prefetching->next;
    if (prefetching->next != NULL)
        prefetching->next->link = prefetching->link;
    prefetching->prefetch->count--;
    flights_leave(&prefetching->waiter);
    memory_free(prefetching->memory, prefetching);
}

static void on_finished(struct waiter *waiter, struct facts *facts)
{
    struct prefetching *prefetching = (struct prefetching *)(void *)waiter;
    facts_unref(facts, prefetching->memory);
    end(prefetching);
}

/* RFC 9520 section 3.2: after a failure do not ask again for a while; the cached answer is used on. */
static bool has_failed_lately(const struct settings *settings, mxcheck_cache *cache, const char *domain)
{
    union {
        struct facts facts;
        char room[1024];
    } copy;
    size_t length = strlen(domain);
    uint64_t hash = cache_hash(cache, settings_asker(settings), domain, length);
    size_t size = cache_get(cache, CACHE_FAILURE, hash, domain, length, &copy, sizeof(copy));
    if (size == 0 || size > sizeof(copy))
        return false;
    return clock_now_us() < copy.facts.learned_us + (uint64_t)settings->options.cache_failure_ttl_ms * 1000;
}

void prefetch_begin(struct prefetch *prefetch, struct engine *engine, mxcheck_cache *cache, const char *domain)
{
    struct settings *settings = engine->settings;
    if (prefetch->count == PREFETCH_MAX || flights_holds(engine->flights, domain) ||
        has_failed_lately(settings, cache, domain))
        return;
    struct prefetching *prefetching = memory_zalloc(&settings->memory, 1, sizeof(*prefetching));
    if (prefetching == NULL)
        return;
    prefetching->prefetch = prefetch;
    prefetching->memory = &settings->memory;
    prefetching->waiter.finished = on_finished;
    prefetching->waiter.deadline_us = clock_now_us() + (uint64_t)settings->options.timeout_ms * 1000;
    if (flights_join(engine->flights, domain, &prefetching->waiter) != 0) {
        memory_free(&settings->memory, prefetching);
        return;
    }
    prefetching->next = prefetch->under_way;
    prefetching->link = &prefetch->under_way;
    if (prefetching->next != NULL)
        prefetching->next->link = &prefetching->next;
    prefetch->under_way = prefetching;
    prefetch->count++;
    __atomic_add_fetch(&engine->settings->prefetches, 1, __ATOMIC_RELAXED);
}

void prefetch_clear(struct prefetch *prefetch)
{
    while (prefetch->under_way != NULL)
        end(prefetch->under_way);
}

void background_init(struct background *background, struct settings *settings, mxcheck_cache *cache)
{
    memset(background, 0, sizeof(*background));
    background->settings = settings;
    background->cache = cache;
}

void background_abandon(struct background *background)
{
    background->engine = NULL;
    background->prefetch = (struct prefetch){NULL, 0};
    background->under_way = 0;
    background->is_busy = false;
}

static bool enter(struct background *background)
{
    return !__atomic_exchange_n(&background->is_busy, true, __ATOMIC_ACQUIRE);
}

static void leave(struct background *background)
{
    __atomic_store_n(&background->under_way, background->prefetch.count, __ATOMIC_RELAXED);
    __atomic_store_n(&background->is_busy, false, __ATOMIC_RELEASE);
}

/* If the program has closed its descriptors, the next lookup makes another engine. */
static void turn(struct background *background)
{
    loop_turn(background->engine->loop, 0);
    if (loop_is_lost(background->engine->loop)) {
        background->engine = NULL;
        background->prefetch = (struct prefetch){NULL, 0};
    }
}

void background_begin(struct background *background, const char *domain)
{
    if (!enter(background))
        return;
    if (background->engine != NULL)
        engine_refresh(background->engine);
    else if (engine_new(background->settings, background->cache, &background->engine) != MXCHECK_OK)
        background->engine = NULL;
    if (background->engine != NULL) {
        prefetch_begin(&background->prefetch, background->engine, background->cache, domain);
        turn(background);
    }
    leave(background);
}

void background_turn(struct background *background)
{
    if (__atomic_load_n(&background->under_way, __ATOMIC_RELAXED) == 0 || !enter(background))
        return;
    if (background->engine != NULL)
        turn(background);
    leave(background);
}

void background_clear(struct background *background)
{
    prefetch_clear(&background->prefetch);
    engine_free(background->engine);
    background->engine = NULL;
}
