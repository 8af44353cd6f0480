/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_lookup.c: gets facts from the cache and judges them: fresh, stale, or not usable. */
#include "engine/cache_lookup.h"

#include "base/clock.h"
#include "base/memory.h"
#include "judge/policy.h"

/* How often facts that do not fit are fetched again, as they may grow meanwhile. */
#define TRIES_MAX 3

/* A copy of the facts; NULL when there is none, or no memory for it. */
static const struct facts *fetch(const struct settings *settings, mxcheck_cache *cache, enum cache_kind kind,
                                 const struct judgement *judgement, struct cached_facts *cached)
{
    const char *domain = judgement->domain;
    size_t length = judgement->domain_length;
    uint64_t hash = cached->hash;
    size_t room = sizeof(cached->small);
    size_t size = cache_get(cache, kind, hash, domain, length, &cached->small, room);
    if (size <= room)
        return size == 0 ? NULL : &cached->small.facts;
    for (int tries = 0; tries < TRIES_MAX && size > room; tries++) {
        cache_lookup_forget(settings, cached);
        room = size;
        cached->large = memory_alloc(&settings->memory, room);
        if (cached->large == NULL)
            return NULL;
        size = cache_get(cache, kind, hash, domain, length, cached->large, room);
    }
    return size == 0 || size > room ? NULL : cached->large;
}

/* Microseconds since the facts were learned. The coarse clock may be a little behind. */
static uint64_t age_of(const struct facts *facts, uint64_t now_us)
{
    return now_us < facts->learned_us ? 0 : now_us - facts->learned_us;
}

/* Judge by facts as they were when learned. False when they do not answer what the options ask. */
static bool judge(const struct settings *settings, const struct facts *facts, struct judgement *judgement)
{
    if (facts == NULL || !policy_is_answered(&settings->options, facts))
        return false;
    policy_judge_facts(&settings->options, facts, judgement);
    return true;
}

static enum cache_lookup cache_lookup_fresh(const struct settings *settings, mxcheck_cache *cache, enum cache_kind kind,
                                            uint64_t now_us, struct cached_facts *cached, struct judgement *judgement)
{
    cache_lookup_forget(settings, cached);
    const struct facts *facts = fetch(settings, cache, kind, judgement, cached);
    if (!judge(settings, facts, judgement))
        return CACHE_LOOKUP_NOTHING;
    uint64_t age_us = age_of(facts, now_us);
    uint64_t hold_us = (uint64_t)judgement->hold_ms * 1000;
    if (age_us >= hold_us)
        return CACHE_LOOKUP_NOTHING;
    judgement->is_cached = true;
    judgement->ttl_s = (unsigned)((hold_us - age_us + 500000) / 1000000);
    return kind == CACHE_ANSWER && hold_us - age_us < hold_us / 10 ? CACHE_LOOKUP_EXPIRING : CACHE_LOOKUP_FRESH;
}

/* Only accepted domains are served stale: an expired rejection is no reason to reject mail while DNS fails. */
static enum cache_lookup cache_lookup_stale(const struct settings *settings, mxcheck_cache *cache, uint64_t now_us,
                                            struct cached_facts *cached, struct judgement *judgement)
{
    cache_lookup_forget(settings, cached);
    const struct facts *facts = fetch(settings, cache, CACHE_ANSWER, judgement, cached);
    if (!judge(settings, facts, judgement) || judgement->verdict != MXCHECK_VERDICT_ACCEPT)
        return CACHE_LOOKUP_NOTHING;
    uint64_t until_ms = (uint64_t)judgement->hold_ms + settings->options.serve_stale_ms;
    if (age_of(facts, now_us) >= until_ms * 1000)
        return CACHE_LOOKUP_NOTHING;
    judgement->is_cached = true;
    judgement->is_stale = true;
    judgement->until_us =
        now_us + (uint64_t)settings->options.cache_failure_ttl_ms * 1000; /* then DNS is asked again */
    judgement->ttl_s = settings->options.cache_failure_ttl_ms / 1000;
    return CACHE_LOOKUP_STALE;
}

/* Fresh facts; otherwise, while a failure is cached, stale facts; otherwise that failure. */
static enum cache_lookup look(const struct settings *settings, mxcheck_cache *cache, bool has_failed,
                              struct cached_facts *cached, struct judgement *judgement)
{
    cached->hash = cache_hash(cache, settings_asker(settings), judgement->domain, judgement->domain_length);
    uint64_t now_us = clock_coarse_us(settings->sleep);
    enum cache_lookup outcome = CACHE_LOOKUP_NOTHING;
    if (!has_failed) {
        outcome = cache_lookup_fresh(settings, cache, CACHE_ANSWER, now_us, cached, judgement);
        if (outcome != CACHE_LOOKUP_NOTHING)
            return outcome;
        outcome = cache_lookup_fresh(settings, cache, CACHE_FAILURE, now_us, cached, judgement);
        /* A failure of an MX host does not matter to a context that does not look up hosts. */
        if (outcome == CACHE_LOOKUP_NOTHING || judgement->failure == FACTS_NOT_ASKED)
            return outcome;
    }
    if (settings->options.serve_stale_ms == 0)
        return outcome;
    if (cache_lookup_stale(settings, cache, now_us, cached, judgement) == CACHE_LOOKUP_STALE)
        return CACHE_LOOKUP_STALE;
    return has_failed ? CACHE_LOOKUP_NOTHING
                      : cache_lookup_fresh(settings, cache, CACHE_FAILURE, now_us, cached, judgement);
}

enum cache_lookup cache_lookup(const struct settings *settings, mxcheck_cache *cache, bool has_failed,
                               struct cached_facts *cached, struct judgement *judgement)
{
    cached->large = NULL;
    if (cache == NULL)
        return CACHE_LOOKUP_NOTHING;
    enum cache_lookup outcome = look(settings, cache, has_failed, cached, judgement);
    if (outcome == CACHE_LOOKUP_NOTHING)
        cache_lookup_forget(settings, cached);
    return outcome;
}

bool cache_lookup_has_stale(const struct settings *settings, mxcheck_cache *cache, const struct judgement *judgement)
{
    struct cached_facts cached;
    struct judgement scratch = *judgement;
    if (cache == NULL || settings->options.serve_stale_ms == 0)
        return false;
    enum cache_lookup outcome = cache_lookup(settings, cache, true, &cached, &scratch);
    cache_lookup_forget(settings, &cached);
    return outcome == CACHE_LOOKUP_STALE;
}

void cache_lookup_forget(const struct settings *settings, struct cached_facts *cached)
{
    memory_free(&settings->memory, cached->large);
    cached->large = NULL;
}
