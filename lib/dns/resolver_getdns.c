/* SPDX-License-Identifier: BSD-2-Clause */
/* resolver_getdns.c: one question, several attempts: retransmission, failover, deadline. */
#include "dns/resolver_getdns.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dns/answer.h"
#include "dns/transport_getdns.h"

#include <string.h>

/* Attempts of one question; with waits growing by half each time this is minutes. */
#define ATTEMPTS_MAX 16

/* How much longer than we getdns waits: our own deadline ends a question, its timer is only a net below. */
#define GETDNS_GRACE_US 2000000

struct getdns_resolver {
    struct resolver base;
    const mxcheck_memory *memory;
    const struct log *log;
    struct loop *loop;
    struct freelist *freelist;
    struct question *questions; /* all that are under way */
    uint64_t retry_after_us;
    uint8_t *datagram;
    size_t count;
    struct transport transports[]; /* by upstream, in the order of preference */
};

/* One sending of a question; knows its way back. */
struct attempt {
    struct transport_attempt transport; /* first */
    struct question *question;
    size_t upstream;
};

struct question {
    struct getdns_resolver *resolver;
    struct resolver_query *handle;
    struct question *next;
    struct question **link;
    char name[1024];
    enum dns_type type;
    uint64_t deadline_us;
    uint64_t retry_us;
    uint64_t wait_us; /* the next wait; grows by half */
    resolver_cb callback;
    void *user;
    struct loop_timer timer;
    bool is_concluded; /* `answer` is final; the timer delivers it */
    bool is_out_of_memory;
    struct answer answer; /* the final one, or the worst news so far */
    size_t answer_upstream;
    uint32_t failed; /* bit per upstream: it has spoken, and not well */
    size_t attempt_count;
    struct attempt attempts[ATTEMPTS_MAX];
};

_Static_assert(UPSTREAMS_MAX < 32, "a bit for each upstream");

static void set_timer(struct question *question, uint64_t due_us)
{
    /* The heap has room for this timer since ask first set it. */
    loop_timer_set(question->resolver->loop, &question->timer, due_us);
}

static void conclude(struct question *question)
{
    question->is_concluded = true;
    set_timer(question, 0);
}

/* Keep news that is not an answer: what a server said rather than that none was reached. */
static void note_failure(struct question *question, size_t upstream, const struct answer *answer)
{
    bool is_better = question->answer.dns.failure == NULL || question->answer.dns.rcode < 0;
    if (is_better) {
        question->answer = *answer;
        question->answer.dns.alias = "";
        question->answer_upstream = upstream;
    }
    question->failed |= 1U << upstream;
}

static bool has_running(const struct question *question)
{
    for (size_t i = 0; i < question->attempt_count; i++) {
        if (question->attempts[i].transport.is_running)
            return true;
    }
    return false;
}

static bool all_failed(const struct question *question)
{
    return question->failed == (1U << question->resolver->count) - 1U;
}

static void on_failure(struct question *question, size_t upstream, const struct answer *answer)
{
    log_line(question->resolver->log, MXCHECK_LOG_INFO, "%s: %s from %s", question->name, answer->dns.failure,
             question->resolver->transports[upstream].upstream.name);
    note_failure(question, upstream, answer);
    if (all_failed(question))
        conclude(question);
    else
        set_timer(question, 0); /* the next upstream, now */
}

static void on_message(struct question *question, size_t upstream, const uint8_t *message, size_t size)
{
    struct answer answer;
    if (answer_read(&answer, question->resolver->memory, message, size, question->name, question->type) != 0) {
        question->is_out_of_memory = true;
        conclude(question);
        return;
    }
    if (answer.dns.outcome == DNS_FAILURE || answer.dns.outcome == DNS_BOGUS) {
        on_failure(question, upstream, &answer);
        return;
    }
    question->answer = answer;
    question->answer.dns.alias = question->answer.alias;
    question->answer_upstream = upstream;
    conclude(question);
}

static void on_ended(struct transport_attempt *transport, const uint8_t *message, size_t size, const char *failure)
{
    struct attempt *attempt = (struct attempt *)(void *)transport;
    struct question *question = attempt->question;
    if (question->is_concluded)
        return;
    if (message != NULL) {
        on_message(question, attempt->upstream, message, size);
        return;
    }
    struct answer nothing = {.dns = {.outcome = DNS_FAILURE, .rcode = -1, .failure = failure, .alias = ""}};
    on_failure(question, attempt->upstream, &nothing);
}

/* The upstream for the next attempt: in turn, passing over those that have failed. */
static size_t next_upstream(const struct question *question)
{
    const struct getdns_resolver *resolver = question->resolver;
    size_t place = question->attempt_count;
    for (size_t i = 0; i < resolver->count; i++) {
        size_t upstream = (place + i) % resolver->count;
        if ((question->failed & 1U << upstream) == 0)
            return upstream;
    }
    return place % resolver->count;
}

static void send_attempt(struct question *question, uint64_t now_us)
{
    struct attempt *attempt = &question->attempts[question->attempt_count];
    attempt->question = question;
    attempt->upstream = next_upstream(question);
    attempt->transport.name = question->name;
    attempt->transport.type = (uint16_t)question->type;
    attempt->transport.ended = on_ended;
    question->attempt_count++;
    uint64_t left_us = question->deadline_us - now_us;
    if (transport_ask(&question->resolver->transports[attempt->upstream], &attempt->transport,
                      left_us + GETDNS_GRACE_US) == 0)
        return;
    struct answer nothing = {
        .dns = {.outcome = DNS_FAILURE, .rcode = -1, .failure = "could not be asked", .alias = ""}};
    on_failure(question, attempt->upstream, &nothing);
}

static void send_next(struct question *question, uint64_t now_us)
{
    question->retry_us = now_us + question->wait_us;
    question->wait_us += question->wait_us / 2;
    set_timer(question, question->retry_us < question->deadline_us ? question->retry_us : question->deadline_us);
    if (question->attempt_count < ATTEMPTS_MAX)
        send_attempt(question, now_us);
}

static void unlink_question(struct question *question)
{
    *question->link = question->next;
    if (question->next != NULL)
        question->next->link = question->link;
}

static void free_question(struct question *question)
{
    const mxcheck_memory *memory = question->resolver->memory;
    for (size_t i = 0; i < question->attempt_count; i++)
        transport_cancel(&question->attempts[i].transport);
    loop_timer_clear(question->resolver->loop, &question->timer);
    unlink_question(question);
    question->handle->inner = NULL;
    if (question->answer.block != NULL)
        answer_clear(&question->answer);
    memory_free(memory, question);
}

/* Hand over. The asker is called last, and may ask, cancel what else it has, or let go of everything but us. */
static void deliver(struct question *question)
{
    const mxcheck_memory *memory = question->resolver->memory;
    struct answer answer = question->answer;
    resolver_cb callback = question->callback;
    void *user = question->user;
    if (answer.dns.alias == question->answer.alias)
        answer.dns.alias = answer.alias;
    answer.dns.upstream = question->resolver->transports[question->answer_upstream].upstream.name;
    if (question->is_out_of_memory)
        answer.dns = (struct dns_answer){
            .outcome = DNS_FAILURE, .rcode = -1, .failure = "out of memory", .upstream = "", .alias = ""};
    question->answer.block = NULL;
    free_question(question);
    callback(user, &answer.dns);
    memory_free(memory, answer.block);
}

/* The deadline is here: the worst news if there was any, or that nobody answered. */
static void give_up(struct question *question)
{
    if (question->answer.dns.failure == NULL || question->answer.dns.rcode < 0) {
        question->answer.dns =
            (struct dns_answer){.outcome = DNS_TIMEOUT, .rcode = -1, .failure = "no answer", .alias = ""};
        question->answer_upstream = question->attempt_count == 0 ? 0 : question->attempts[0].upstream;
    }
    question->is_concluded = true;
}

static void on_timer(void *user)
{
    struct question *question = user;
    uint64_t now_us = clock_now_us();
    if (!question->is_concluded && now_us >= question->deadline_us)
        give_up(question);
    if (question->is_concluded)
        deliver(question);
    else if (!has_running(question) || now_us >= question->retry_us || question->failed != 0)
        send_next(question, now_us);
    else
        set_timer(question, question->retry_us);
}

static int ask(struct resolver *base, const char *name, enum dns_type type, uint64_t deadline_us, resolver_cb callback,
               void *user, struct resolver_query *handle)
{
    struct getdns_resolver *resolver = (struct getdns_resolver *)(void *)base;
    struct question *question = memory_zalloc(resolver->memory, 1, sizeof(*question));
    size_t length = strlen(name);
    if (question == NULL || length >= sizeof(question->name))
        goto refused;
    question->resolver = resolver;
    question->handle = handle;
    memcpy(question->name, name, length + 1);
    question->type = type;
    question->deadline_us = deadline_us;
    question->wait_us = resolver->retry_after_us;
    question->callback = callback;
    question->user = user;
    question->timer.fire = on_timer;
    question->timer.user = question;
    if (loop_timer_set(resolver->loop, &question->timer, 0) != 0)
        goto refused;
    question->next = resolver->questions;
    question->link = &resolver->questions;
    if (question->next != NULL)
        question->next->link = &question->next;
    resolver->questions = question;
    handle->inner = question;
    return 0;

refused:
    memory_free(resolver->memory, question);
    return -1;
}

static void cancel(struct resolver_query *handle)
{
    free_question(handle->inner);
}

static void destroy(struct resolver *base)
{
    struct getdns_resolver *resolver = (struct getdns_resolver *)(void *)base;
    const mxcheck_memory *memory = resolver->memory;
    while (resolver->questions != NULL)
        free_question(resolver->questions);
    for (size_t i = 0; i < resolver->count; i++)
        transport_clear(&resolver->transports[i]);
    freelist_destroy(resolver->freelist);
    memory_free(memory, resolver->datagram);
    memory_free(memory, resolver);
}

static const struct resolver_ops ops = {ask, cancel, destroy};

struct resolver *resolver_getdns_new(const mxcheck_memory *memory, const struct log *log, struct loop *loop,
                                     const struct upstreams *upstreams, uint64_t retry_after_us)
{
    struct getdns_resolver *resolver =
        memory_zalloc(memory, 1, sizeof(*resolver) + upstreams->count * sizeof(struct transport));
    if (resolver == NULL)
        return NULL;
    resolver->base.ops = &ops;
    resolver->memory = memory;
    resolver->log = log;
    resolver->loop = loop;
    resolver->retry_after_us = retry_after_us;
    resolver->freelist = freelist_new(memory);
    resolver->datagram = memory_alloc(memory, TRANSPORT_DATAGRAM_MAX);
    if (resolver->freelist == NULL || resolver->datagram == NULL) {
        destroy(&resolver->base);
        return NULL;
    }
    resolver->count = upstreams->count;
    for (size_t i = 0; i < upstreams->count; i++)
        transport_init(&resolver->transports[i], loop, resolver->freelist, resolver->datagram, &upstreams->item[i]);
    return &resolver->base;
}
