/* SPDX-License-Identifier: BSD-2-Clause */
/* engine.c: a loop, a resolver and the lookups on them; runs the loop until a lookup has finished. */
#include "engine/engine.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dns/getdns/inside.h"
#include "dns/loop.h"
#include "dns/no_resolver.h"
#include "dns/upstream_resolver.h"
#include "dns/zone_resolver.h"
#include "judge/policy.h"

/* A caller that waits for a lookup. */
struct waiting {
    struct waiter waiter; /* first */
    bool is_done;
    struct facts *facts;
};

static struct resolver *new_upstream_resolver(struct engine *engine, const struct upstreams *upstreams)
{
    struct settings *settings = engine->settings;
    const struct options *options = &settings->options;
    /* libunbound retransmits by itself. */
    uint32_t retry_ms = options->resolution == RESOLUTION_RECURSIVE ? options->timeout_ms : options->retry_after_ms;
    const struct resolver_settings asking = {.retry_after_us = (uint64_t)retry_ms * 1000,
                                             .asks_ad = options->trusts_ad,
                                             .is_case_random = !options->keeps_lower_case};
    return upstream_resolver_new(&settings->memory, &settings->log, engine->loop, upstreams, &asking);
}

static struct resolver *new_resolver(struct engine *engine, const struct upstreams *upstreams, const char *error)
{
    struct settings *settings = engine->settings;
    const struct memory *memory = &settings->memory;
    struct resolver *resolver = settings->zone != NULL  ? zone_resolver_new(memory, engine->loop, settings->zone)
                                : upstreams->count == 0 ? no_resolver_new(memory, engine->loop, error)
                                                        : new_upstream_resolver(engine, upstreams);
    if (resolver != NULL)
        resolver->tally = settings->queries;
    return resolver;
}

/* Make a resolver for the current upstreams. The one before is kept until its questions have ended. Returns 0, or -1
 * when memory ran out. */
static int renew_resolver(struct engine *engine)
{
    struct upstreams upstreams;
    char error[128];
    uint64_t asker;
    unsigned version = resolvers_get(&engine->settings->resolvers, &upstreams, &asker, error);
    struct resolver *resolver = new_resolver(engine, &upstreams, error);
    if (resolver == NULL)
        return -1;
    if (engine->resolver != NULL) {
        engine->resolver->next = engine->retired;
        engine->retired = engine->resolver;
    }
    engine->resolver = resolver;
    engine->version = version;
    flights_use(engine->flights, resolver, asker);
    return 0;
}

/* The first MX host is looked up alone for the time of one wait. */
static struct lookup_wants wants_of(const struct options *options)
{
    struct targets_wants targets = {.most = options->depth == DEPTH_TARGETS ? options->max_targets : 0,
                                    .forbidden = options->forbidden,
                                    .refused = options->refused_hosts,
                                    .required = options->required_hosts,
                                    .skips_special_use = !options->query_special_use,
                                    .patience_us = (uint64_t)options->retry_after_ms * 1000};
    return (struct lookup_wants){.a = policy_wants_address_question(options, FACTS_A),
                                 .aaaa = policy_wants_address_question(options, FACTS_AAAA),
                                 .confirm_nxdomain = options->nxdomain == NXDOMAIN_CONFIRM,
                                 .dnssec = options->trusts_ad,
                                 .targets = targets};
}

/* Can DNS be asked, in this process and on this thread? */
static bool is_able(const struct settings *settings)
{
    const char *hindrance = NULL;
    if (settings->zone != NULL) /* nothing of getdns is used */
        return true;
    if (!inside_getdns_is_possible())
        hindrance = "this process was forked while another thread of its parent was asking DNS";
    else if (!inside_getdns_has_stack(settings->options.resolution == RESOLUTION_RECURSIVE))
        hindrance = "this thread has too small a stack: 256 KiB are needed";
    if (hindrance != NULL)
        log_line(&settings->log, MXCHECK_LOG_ERROR, 0, "DNS cannot be asked: %s", hindrance);
    return hindrance == NULL;
}

/* That of all who ask the same resolvers and share the cache. */
static struct outage *outage_of(struct engine *engine)
{
    struct outage *shared =
        engine->cache == NULL ? NULL : cache_outage(engine->cache, settings_asker(engine->settings));
    return shared == NULL ? &engine->settings->outage : shared;
}

/* Count a lookup for outage-threshold, and log when an outage begins or ends. In an outage it is not known whether a
 * denial is one lookup more that has failed, so that it does not count. */
static bool on_outcome(void *user, const struct facts *facts)
{
    struct engine *engine = user;
    struct settings *settings = engine->settings;
    struct outage *outage = outage_of(engine);
    struct outage_share share;
    bool has_failed = facts_failure(facts) != FACTS_NOT_ASKED;
    if (!has_failed && outage_is_on(outage) && facts_deny_all(facts))
        return true;
    switch (outage_add(outage, settings->options.outage_threshold, clock_now_us(), has_failed, &share)) {
    case OUTAGE_STAYS:
        break;
    case OUTAGE_BEGINS:
        __atomic_add_fetch(&settings->outages, 1, __ATOMIC_RELAXED);
        log_line(
            &settings->log, MXCHECK_LOG_WARNING, 0,
            "an outage begins: %u of the last %u lookups failed; until it ends, domains that do not exist are deferred",
            share.failed, share.all);
        break;
    case OUTAGE_ENDS:
        log_line(&settings->log, MXCHECK_LOG_WARNING, 0, "the outage ends: %u of the last %u lookups failed",
                 share.failed, share.all);
        break;
    }
    return outage_is_on(outage);
}

mxcheck_status engine_new(struct settings *settings, mxcheck_cache *cache, struct engine **made)
{
    struct lookup_wants wants = wants_of(&settings->options);
    mxcheck_status status;
    if (!is_able(settings))
        return MXCHECK_ERR_SYSTEM;
    struct engine *engine = memory_zalloc(&settings->memory, 1, sizeof(*engine));
    if (engine == NULL)
        return MXCHECK_ERR_NOMEM;
    engine->settings = settings;
    engine->cache = cache;
    resolvers_look(&settings->resolvers, &settings->log, clock_now_us());
    engine->loop = loop_new(&settings->memory, &status);
    if (engine->loop == NULL)
        goto failed;
    engine->flights = flights_new(&settings->memory, NULL, &wants, cache);
    if (engine->flights == NULL || renew_resolver(engine) != 0) {
        status = MXCHECK_ERR_NOMEM;
        goto failed;
    }
    flights_count(engine->flights, &settings->lookups);
    if (settings->options.outage_threshold > 0)
        flights_watch(engine->flights, on_outcome, engine);
    *made = engine;
    return MXCHECK_OK;

failed:
    engine_free(engine);
    return status;
}

/* Free the resolvers before the current one: all of them, or those that are idle. */
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
    struct settings *settings = engine->settings;
    free_retired(engine, false);
    resolvers_look(&settings->resolvers, &settings->log, clock_now_us());
    if (resolvers_version(&settings->resolvers) != engine->version)
        renew_resolver(engine);
}

void engine_free(struct engine *engine)
{
    if (engine == NULL || (engine->loop != NULL && !loop_is_there(engine->loop)))
        return;
    flights_free(engine->flights);
    free_retired(engine, true);
    resolver_free(engine->resolver);
    loop_free(engine->loop);
    memory_free(&engine->settings->memory, engine);
}

static void on_finished(struct waiter *waiter, struct facts *facts)
{
    struct waiting *waiting = (struct waiting *)(void *)waiter;
    waiting->is_done = true;
    waiting->facts = facts;
}

mxcheck_status engine_lookup(struct engine *engine, const char *domain, uint64_t deadline_us, struct facts **facts)
{
    struct waiting waiting = {.waiter = {.deadline_us = deadline_us, .finished = on_finished}};
    if (flights_join(engine->flights, domain, &waiting.waiter) != 0)
        return MXCHECK_ERR_NOMEM;
    while (!waiting.is_done && !loop_is_lost(engine->loop) && !settings_is_stopped(engine->settings))
        loop_turn(engine->loop, settings_wait_until(deadline_us));
    if (!waiting.is_done && loop_is_lost(engine->loop))
        return MXCHECK_ERR_SYSTEM;
    if (!waiting.is_done) {
        flights_leave(&waiting.waiter);
        return MXCHECK_ERR_STOPPED;
    }
    if (waiting.facts == NULL)
        return MXCHECK_ERR_NOMEM;
    *facts = waiting.facts;
    return MXCHECK_OK;
}
