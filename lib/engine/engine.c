/* SPDX-License-Identifier: BSD-2-Clause */
/* engine.c: turns the loop until a lookup has come to its end. */
#include "engine/engine.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dns/loop.h"
#include "dns/resolver_getdns.h"
#include "judge/policy.h"

#define RESOLV_CONF "/etc/resolv.conf"

/* What a waiting caller waits for. */
struct waiting {
    bool is_done;
    struct facts *facts;
};

static mxcheck_status choose_upstreams(const struct settings *settings, struct upstreams *upstreams)
{
    *upstreams = settings->upstreams;
    if (upstreams->count == 0 && upstreams_read_resolv_conf(RESOLV_CONF, upstreams) != 0) {
        log_line(&settings->log, MXCHECK_LOG_ERROR, "%s cannot be read", RESOLV_CONF);
        return MXCHECK_ERR_SYSTEM;
    }
    return MXCHECK_OK;
}

mxcheck_status engine_new(struct settings *settings, struct engine **made)
{
    struct upstreams upstreams;
    mxcheck_status status = choose_upstreams(settings, &upstreams);
    if (status != MXCHECK_OK)
        return status;
    struct engine *engine = memory_zalloc(&settings->memory, 1, sizeof(*engine));
    if (engine == NULL)
        return MXCHECK_ERR_NOMEM;
    engine->settings = settings;
    engine->loop = loop_new(&settings->memory, &status);
    if (engine->loop == NULL)
        goto failed;
    engine->resolver = resolver_getdns_new(&settings->memory, &settings->log, engine->loop, &upstreams,
                                           (uint64_t)settings->options.retry_after_ms * 1000);
    if (engine->resolver == NULL) {
        status = MXCHECK_ERR_NOMEM;
        goto failed;
    }
    *made = engine;
    return MXCHECK_OK;

failed:
    engine_free(engine);
    return status;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    resolver_free(engine->resolver);
    loop_free(engine->loop);
    memory_free(&engine->settings->memory, engine);
}

void engine_abandon(struct engine *engine)
{
    loop_disown(engine->loop);
    engine_free(engine);
}

struct lookup_wants engine_wants(const struct options *options)
{
    return (struct lookup_wants){.a = policy_wants_address_question(options, FACTS_A),
                                 .aaaa = policy_wants_address_question(options, FACTS_AAAA),
                                 .confirm_nxdomain = options->nxdomain == NXDOMAIN_CONFIRM};
}

static void on_facts(void *user, struct facts *facts)
{
    struct waiting *waiting = user;
    waiting->is_done = true;
    waiting->facts = facts;
}

mxcheck_status engine_lookup(struct engine *engine, const char *domain, struct facts **facts)
{
    const struct options *options = &engine->settings->options;
    struct lookup_wants wants = engine_wants(options);
    struct waiting waiting = {.is_done = false};
    struct lookup *lookup = NULL;
    uint64_t deadline_us = clock_now_us() + (uint64_t)options->timeout_ms * 1000;

    if (lookup_start(&engine->settings->memory, engine->resolver, domain, &wants, deadline_us, on_facts, &waiting,
                     &lookup) != 0)
        return MXCHECK_ERR_NOMEM;
    while (!waiting.is_done)
        loop_turn(engine->loop, deadline_us);
    if (waiting.facts == NULL)
        return MXCHECK_ERR_NOMEM;
    *facts = waiting.facts;
    return MXCHECK_OK;
}
