/* SPDX-License-Identifier: BSD-2-Clause */
/* engine.c: a loop, a resolver, flights; turns the loop until a lookup has come to its end. */
#include "engine/engine.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dns/loop.h"
#include "dns/resolver_getdns.h"
#include "judge/policy.h"

#define RESOLV_CONF "/etc/resolv.conf"

/* What a waiting caller waits for. */
struct waiting {
    struct waiter waiter; /* first */
    bool is_done;
    struct facts *facts;
};

/* Those of the options; without, those of resolv.conf when they are others than before. Returns 1, 0 or -1 as
 * resolv_conf_look. */
static int choose_upstreams(struct engine *engine, struct upstreams *upstreams)
{
    const struct settings *settings = engine->settings;
    if (settings->upstreams.count > 0) {
        *upstreams = settings->upstreams;
        return engine->resolver == NULL;
    }
    int outcome = resolv_conf_look(&engine->resolv_conf, RESOLV_CONF, clock_now_us(), upstreams);
    if (outcome < 0)
        log_line(&settings->log, MXCHECK_LOG_ERROR, "%s cannot be read", RESOLV_CONF);
    return outcome;
}

static struct resolver *new_resolver(struct engine *engine, const struct upstreams *upstreams)
{
    struct settings *settings = engine->settings;
    const struct options *options = &settings->options;
    /* libunbound sends again by itself. */
    uint32_t retry_ms = options->resolution == RESOLUTION_RECURSIVE ? options->timeout_ms : options->retry_after_ms;
    const struct resolver_settings asking = {.retry_after_us = (uint64_t)retry_ms * 1000,
                                             .asks_ad = options->trusts_ad,
                                             .is_case_random = !options->keeps_lower_case};
    struct resolver *resolver =
        resolver_getdns_new(&settings->memory, &settings->log, engine->loop, upstreams, &asking);
    if (resolver == NULL)
        return NULL;
    resolver->tally = settings->queries;
    engine->upstreams = *upstreams;
    return resolver;
}

/* The first MX host is asked alone for as long as a question waits for its answer. */
static struct lookup_wants wants_of(const struct options *options)
{
    struct targets_wants targets = {.most = options->depth == DEPTH_TARGETS ? options->max_targets : 0,
                                    .forbidden = options->forbidden,
                                    .skips_special_use = !options->query_special_use,
                                    .patience_us = (uint64_t)options->retry_after_ms * 1000};
    return (struct lookup_wants){.a = policy_wants_address_question(options, FACTS_A),
                                 .aaaa = policy_wants_address_question(options, FACTS_AAAA),
                                 .confirm_nxdomain = options->nxdomain == NXDOMAIN_CONFIRM,
                                 .dnssec = options->trusts_ad,
                                 .targets = targets};
}

mxcheck_status engine_new(struct settings *settings, mxcheck_cache *cache, struct engine **made)
{
    struct upstreams upstreams;
    struct lookup_wants wants = wants_of(&settings->options);
    mxcheck_status status = MXCHECK_ERR_SYSTEM;
    struct engine *engine = memory_zalloc(&settings->memory, 1, sizeof(*engine));
    if (engine == NULL)
        return MXCHECK_ERR_NOMEM;
    engine->settings = settings;
    engine->cache = cache;
    if (choose_upstreams(engine, &upstreams) < 0)
        goto failed;
    engine->loop = loop_new(&settings->memory, &status);
    if (engine->loop == NULL)
        goto failed;
    engine->resolver = new_resolver(engine, &upstreams);
    if (engine->resolver != NULL)
        engine->flights = flights_new(&settings->memory, engine->resolver, &wants, cache);
    if (engine->flights == NULL) {
        status = MXCHECK_ERR_NOMEM;
        goto failed;
    }
    flights_count(engine->flights, &settings->lookups);
    *made = engine;
    return MXCHECK_OK;

failed:
    engine_free(engine);
    return status;
}

/* Let go of the retired ones, of all or of those that have nothing to do any more. */
static void free_retired(struct engine *engine, bool all)
{
    struct resolver **link = &engine->retired;
    while (*link != NULL) {
        struct resolver *resolver = *link;
        if (all || resolver_is_idle(resolver)) {
            *link = resolver->next;
            resolver_free(resolver);
        } else {
            link = &resolver->next;
        }
    }
}

void engine_refresh(struct engine *engine)
{
    struct upstreams upstreams;
    free_retired(engine, false);
    if (choose_upstreams(engine, &upstreams) <= 0 || upstreams_are_same(&upstreams, &engine->upstreams))
        return;
    struct resolver *resolver = new_resolver(engine, &upstreams);
    if (resolver == NULL) {
        engine->resolv_conf.is_read = false; /* try again at the next check */
        return;
    }
    log_line(&engine->settings->log, MXCHECK_LOG_INFO, "%s has changed", RESOLV_CONF);
    engine->resolver->next = engine->retired;
    engine->retired = engine->resolver;
    engine->resolver = resolver;
    flights_use(engine->flights, resolver);
    if (engine->cache != NULL)
        cache_flush(engine->cache, NULL);
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    flights_free(engine->flights);
    free_retired(engine, true);
    resolver_free(engine->resolver);
    loop_free(engine->loop);
    memory_free(&engine->settings->memory, engine);
}

void engine_abandon(struct engine *engine)
{
    loop_disown(engine->loop);
    engine_free(engine);
}

static void on_landed(struct waiter *waiter, struct facts *facts)
{
    struct waiting *waiting = (struct waiting *)(void *)waiter;
    waiting->is_done = true;
    waiting->facts = facts;
}

mxcheck_status engine_lookup(struct engine *engine, const char *domain, uint64_t deadline_us, struct facts **facts)
{
    struct waiting waiting = {.waiter = {.deadline_us = deadline_us, .landed = on_landed}};
    if (flights_join(engine->flights, domain, &waiting.waiter) != 0)
        return MXCHECK_ERR_NOMEM;
    while (!waiting.is_done)
        loop_turn(engine->loop, deadline_us);
    if (waiting.facts == NULL)
        return MXCHECK_ERR_NOMEM;
    *facts = waiting.facts;
    return MXCHECK_OK;
}
