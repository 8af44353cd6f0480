/* SPDX-License-Identifier: BSD-2-Clause */
/* upstream_resolver.c: a resolver made of questions, and of a transport for each upstream. */
#include "dns/upstream_resolver.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dns/question.h"
#include "dns/question_share.h"

#include <string.h>

struct upstream_resolver {
    struct resolver base; /* first */
    struct question_share share;
};

static struct question_share *share_of(struct resolver *base)
{
    return &((struct upstream_resolver *)(void *)base)->share;
}

static int ask(struct resolver *base, const char *name, enum dns_type type, unsigned flags, uint64_t deadline_us,
               resolver_cb callback, void *user, struct resolver_query *handle)
{
    return question_start(share_of(base), name, type, flags, deadline_us, callback, user, handle);
}

static void cancel(struct resolver_query *handle)
{
    question_free(handle->inner);
}

static bool is_idle(const struct resolver *base)
{
    return ((const struct upstream_resolver *)(const void *)base)->share.questions == NULL;
}

static void contradict(struct resolver *base, const char *upstream)
{
    struct question_share *share = share_of(base);
    for (size_t i = 0; i < share->upstreams.count; i++) {
        if (strcmp(share->upstreams.item[i].name, upstream) == 0)
            health_note_quirk(&share->health[i], clock_now_us());
    }
}

static void destroy(struct resolver *base)
{
    struct question_share *share = share_of(base);
    while (share->questions != NULL)
        question_free(share->questions);
    transports_free(share->transports);
    memory_free(share->memory, base);
}

static const struct resolver_ops ops = {ask, cancel, is_idle, contradict, destroy};

struct resolver *upstream_resolver_new(const struct memory *memory, const struct log *log, struct loop *loop,
                                       const struct upstreams *upstreams, const struct resolver_settings *settings)
{
    struct upstream_resolver *resolver = memory_zalloc(memory, 1, sizeof(*resolver));
    if (resolver == NULL)
        return NULL;
    struct question_share *share = &resolver->share;
    resolver->base.ops = &ops;
    resolver->base.loop = loop;
    share->resolver = &resolver->base;
    share->memory = memory;
    share->log = log;
    share->upstreams = *upstreams;
    share->retry_after_us = settings->retry_after_us;
    share->is_case_random = settings->is_case_random;
    share->asks_ad = settings->asks_ad;
    send_queue_init(&share->queue);
    letter_case_init(&share->letter_case);
    share->transports = transports_new(memory, loop, upstreams, settings->asks_ad);
    if (share->transports == NULL) {
        destroy(&resolver->base);
        return NULL;
    }
    return &resolver->base;
}
