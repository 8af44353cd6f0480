/* SPDX-License-Identifier: BSD-2-Clause */
/* upstream_resolver.c: a resolver made of questions and of a transport for each upstream. */
#include "dns/upstream_resolver.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dns/getdns/gate.h"
#include "dns/question.h"

#include <string.h>

struct getdns_resolver {
    struct resolver base; /* first */
    struct question_share share;
    struct transport transports[]; /* share.transports */
};

static struct getdns_resolver *resolver_of(struct resolver *base)
{
    return (struct getdns_resolver *)(void *)base;
}

static int ask(struct resolver *base, const char *name, enum dns_type type, unsigned flags, uint64_t deadline_us,
               resolver_cb callback, void *user, struct resolver_query *handle)
{
    return question_start(&resolver_of(base)->share, name, type, flags, deadline_us, callback, user, handle);
}

static void cancel(struct resolver_query *handle)
{
    question_free(handle->inner);
}

static bool is_idle(const struct resolver *base)
{
    return ((const struct getdns_resolver *)(const void *)base)->share.questions == NULL;
}

static void contradict(struct resolver *base, const char *upstream)
{
    struct question_share *share = &resolver_of(base)->share;
    for (size_t i = 0; i < share->count; i++) {
        if (strcmp(share->transports[i].upstream.name, upstream) == 0)
            health_note_quirk(&share->health[i], clock_now_us());
    }
}

static void destroy(struct resolver *base)
{
    struct question_share *share = &resolver_of(base)->share;
    const mxcheck_memory *memory = share->memory;
    while (share->questions != NULL)
        question_free(share->questions);
    for (size_t i = 0; i < share->count * 2; i++)
        transport_clear(&share->transports[i]);
    freelist_destroy(share->transport.freelist);
    memory_free(memory, share->transport.buffer);
    memory_free(memory, resolver_of(base));
}

static const struct resolver_ops ops = {ask, cancel, is_idle, contradict, destroy};

static void init_transports(struct question_share *share, const struct upstreams *upstreams)
{
    share->count = upstreams->count;
    for (size_t i = 0; i < upstreams->count; i++) {
        struct upstream over_tcp = upstreams->item[i];
        over_tcp.transport = over_tcp.transport == UPSTREAM_UDP ? UPSTREAM_TCP : over_tcp.transport;
        transport_init(&share->transports[i], &share->transport, &upstreams->item[i]);
        transport_init(&share->transports[upstreams->count + i], &share->transport, &over_tcp);
    }
}

struct resolver *resolver_getdns_new(const mxcheck_memory *memory, const struct log *log, struct loop *loop,
                                     const struct upstreams *upstreams, const struct resolver_settings *settings)
{
    struct getdns_resolver *resolver =
        memory_zalloc(memory, 1, sizeof(*resolver) + upstreams->count * 2 * sizeof(struct transport));
    if (resolver == NULL)
        return NULL;
    struct question_share *share = &resolver->share;
    resolver->base.ops = &ops;
    resolver->base.loop = loop;
    share->resolver = &resolver->base;
    share->memory = memory;
    share->log = log;
    share->transports = resolver->transports;
    share->retry_after_us = settings->retry_after_us;
    share->is_case_random = settings->is_case_random;
    line_init(&share->line);
    letter_case_init(&share->letter_case);
    share->transport.loop = loop;
    share->transport.asks_ad = settings->asks_ad;
    share->transport.freelist = freelist_new(memory);
    share->transport.buffer = memory_alloc(memory, GATE_BUFFER_SIZE);
    if (share->transport.freelist == NULL || share->transport.buffer == NULL) {
        destroy(&resolver->base);
        return NULL;
    }
    init_transports(share, upstreams);
    return &resolver->base;
}
