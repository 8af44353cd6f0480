/* SPDX-License-Identifier: BSD-2-Clause */
/* resolver_getdns.c: one question, several attempts: retransmission, failover, deadline. */
#include "dns/resolver_getdns.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dns/answer.h"
#include "dns/gate.h"
#include "dns/health.h"
#include "dns/letter_case.h"
#include "dns/transport_getdns.h"

#include <string.h>

/* Attempts of one question; with waits growing by half each time this is minutes. */
#define ATTEMPTS_MAX 16

/* Attempts of a resolver at one time, each with a descriptor of its own; more questions wait in line. */
#define RUNNING_MAX 1000

/* A stream that the upstream had closed already is opened anew so often for one question. */
#define STREAM_RETRIES_MAX 2

/* How much longer than we getdns waits: our own deadline ends a question, its timer is only a net below. */
#define GETDNS_GRACE_US 2000000

struct getdns_resolver {
    struct resolver base;
    const mxcheck_memory *memory;
    const struct log *log;
    struct question *questions; /* all that are under way */
    struct question *line;      /* those that wait for a descriptor, first come first */
    struct question **line_end;
    size_t called; /* out of the line, and not sent yet */
    uint64_t retry_after_us;
    struct letter_case letter_case;
    struct transport_share share;
    struct health health[UPSTREAMS_MAX];
    size_t count;
    struct transport transports[]; /* by upstream, in the order of preference; then again over TCP */
};

/* One sending of a question; knows its way back. */
struct attempt {
    struct transport_attempt transport; /* first */
    struct question *question;
    size_t upstream;
    bool is_over_tcp;   /* because a datagram was doubted or cut short */
    bool was_answering; /* the upstream, when this was sent */
};

struct question {
    struct getdns_resolver *resolver;
    struct resolver_query *handle;
    struct question *next;
    struct question **link;
    struct question *line_next;
    bool is_in_line;
    bool is_called; /* out of the line: a descriptor is kept for it */
    enum dns_type type;
    uint64_t deadline_us;
    uint64_t retry_us; /* when silence is taken for loss */
    bool is_due;       /* another attempt is, before that */
    uint64_t wait_us;  /* the next wait; grows by half */
    resolver_cb callback;
    void *user;
    struct loop_timer timer;
    bool is_concluded; /* `answer` is final; the timer delivers it */
    bool is_out_of_memory;
    size_t answer_upstream;
    uint32_t failed;   /* bit per upstream: it has spoken, and not well */
    uint32_t over_tcp; /* bit per upstream: it is asked over TCP, because a datagram was doubted or cut short */
    unsigned stream_retries;
    unsigned char asked[UPSTREAMS_MAX];
    size_t attempt_count;
    const char *cased_name; /* as it is sent; behind `name` */
    struct answer answer;   /* the final one, or the worst news so far; from here on nothing is zeroed at first */
    struct attempt attempts[ATTEMPTS_MAX];
    char name[];
};

_Static_assert(UPSTREAMS_MAX < 32, "a bit for each upstream");

static const char *type_name(enum dns_type type)
{
    switch (type) {
    case DNS_A:
        return "A";
    case DNS_MX:
        return "MX";
    case DNS_AAAA:
        return "AAAA";
    }
    return "";
}

static void set_timer(struct question *question, uint64_t due_us)
{
    /* The heap has room for this timer since ask first set it. */
    loop_timer_set(question->resolver->share.loop, &question->timer, due_us);
}

static void conclude(struct question *question)
{
    question->is_concluded = true;
    set_timer(question, 0);
}

/* Another attempt, now. */
static void hurry(struct question *question)
{
    question->is_due = true;
    set_timer(question, 0);
}

/* --- the line of those that wait for a descriptor --- */

static void stand_in_line(struct question *question)
{
    struct getdns_resolver *resolver = question->resolver;
    if (question->is_in_line)
        return;
    question->is_in_line = true;
    question->line_next = NULL;
    *resolver->line_end = question;
    resolver->line_end = &question->line_next;
}

/* Whether it stands in it or has been called out of it. */
static void leave_line(struct question *question)
{
    struct getdns_resolver *resolver = question->resolver;
    struct question **link = &resolver->line;
    resolver->called -= question->is_called;
    question->is_called = false;
    if (!question->is_in_line)
        return;
    question->is_in_line = false;
    while (*link != question)
        link = &(*link)->line_next;
    *link = question->line_next;
    if (resolver->line_end == &question->line_next)
        resolver->line_end = link;
}

/* Call as many as there are descriptors; each sends from its timer. */
static void move_line(struct getdns_resolver *resolver)
{
    while (resolver->line != NULL && resolver->share.running + resolver->called < RUNNING_MAX) {
        struct question *question = resolver->line;
        leave_line(question);
        question->is_called = true;
        resolver->called++;
        hurry(question);
    }
}

/* Take a place among those that are sent, unless there are no descriptors, or others have waited longer. */
static bool take_turn(struct question *question)
{
    struct getdns_resolver *resolver = question->resolver;
    bool is_first = question->is_called || resolver->line == NULL || resolver->line == question;
    size_t taken = resolver->share.running + resolver->called - question->is_called;
    if (!is_first || taken >= RUNNING_MAX)
        return false;
    leave_line(question);
    return true;
}

/* --- what comes back --- */

/* Takes over the answer, in the place of the news so far. */
static void keep(struct question *question, size_t upstream, const struct answer *answer)
{
    if (question->answer.block != NULL)
        answer_clear(&question->answer);
    question->answer = *answer;
    question->answer_upstream = upstream;
}

/* Keep news that is not an answer: what a server said rather than that none was reached. */
static void note_failure(struct question *question, size_t upstream, struct answer *answer)
{
    if (question->answer.dns.failure == NULL || question->answer.dns.rcode < 0)
        keep(question, upstream, answer);
    else
        answer_clear(answer);
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

static void on_failure(struct question *question, size_t upstream, struct answer *answer)
{
    log_line(question->resolver->log, MXCHECK_LOG_INFO, "%s, %s: %s from %s", question->name, type_name(question->type),
             answer->dns.failure, question->resolver->transports[upstream].upstream.name);
    note_failure(question, upstream, answer);
    if (all_failed(question))
        conclude(question);
    else
        hurry(question);
}

/* It spoke, whatever it said. */
static void note_answer(struct getdns_resolver *resolver, size_t upstream)
{
    if (resolver->health[upstream].is_silent)
        log_line(resolver->log, MXCHECK_LOG_INFO, "%s answers again", resolver->transports[upstream].upstream.name);
    health_note_answer(&resolver->health[upstream]);
}

static void note_silence(struct getdns_resolver *resolver, size_t upstream, uint64_t now_us)
{
    if (!resolver->health[upstream].is_silent)
        log_line(resolver->log, MXCHECK_LOG_WARNING, "%s does not answer",
                 resolver->transports[upstream].upstream.name);
    health_note_silence(&resolver->health[upstream], now_us);
}

/* Where a zone is delegated to servers that do not know it, libunbound comes back with nothing, and calls that well. */
static bool is_lame(const struct question *question, size_t upstream, const struct answer *answer)
{
    return question->resolver->transports[upstream].upstream.transport == UPSTREAM_RECURSION &&
           answer->dns.outcome == DNS_NODATA && !answer->dns.has_soa;
}

/* Is its word taken on what it has validated? */
static bool is_believed(const struct getdns_resolver *resolver, size_t upstream)
{
    return resolver->share.asks_ad && upstream_is_trusted(&resolver->transports[upstream].upstream);
}

static void on_message(struct question *question, size_t upstream, const uint8_t *message, size_t size)
{
    struct answer answer;
    note_answer(question->resolver, upstream);
    if (answer_read(&answer, question->resolver->memory, message, size, question->name, question->type) != 0) {
        question->is_out_of_memory = true;
        conclude(question);
        return;
    }
    if (is_lame(question, upstream, &answer)) {
        answer.dns.outcome = DNS_FAILURE;
        answer.dns.failure = "lame delegation";
    }
    /* Where validation is asked for, its failure is an answer: another upstream might not validate at all. */
    bool is_final = answer.dns.outcome == DNS_BOGUS && is_believed(question->resolver, upstream);
    if ((answer.dns.outcome == DNS_FAILURE || answer.dns.outcome == DNS_BOGUS) && !is_final) {
        on_failure(question, upstream, &answer);
        return;
    }
    keep(question, upstream, &answer);
    conclude(question);
}

static struct dns_answer nothing(enum dns_outcome outcome, const char *failure)
{
    return (struct dns_answer){.outcome = outcome,
                               .rcode = -1,
                               .failure = failure,
                               .error_code = -1,
                               .error_text = "",
                               .upstream = "",
                               .alias = "",
                               .zone = ""};
}

static struct answer no_answer(const char *failure)
{
    return (struct answer){.dns = nothing(DNS_FAILURE, failure)};
}

/* Closed already, or never open: another attempt tells. */
static void on_stream_ended(const struct attempt *attempt)
{
    struct question *question = attempt->question;
    health_note_end(&question->resolver->health[attempt->upstream]);
    if (!attempt->was_answering)
        note_silence(question->resolver, attempt->upstream, clock_now_us());
    question->stream_retries++;
    hurry(question);
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
    if (attempt->is_over_tcp)
        question->over_tcp &= ~(1U << attempt->upstream);
    if (!transport->is_connected && question->stream_retries < STREAM_RETRIES_MAX) {
        on_stream_ended(attempt);
        return;
    }
    if (attempt->is_over_tcp && has_running(question))
        return;
    struct answer none = no_answer(failure);
    note_silence(question->resolver, attempt->upstream, clock_now_us());
    on_failure(question, attempt->upstream, &none);
}

/* --- what is sent --- */

static void ask_over_tcp(struct transport_attempt *transport);

static void send_attempt(struct question *question, size_t upstream, bool is_over_tcp, uint64_t now_us)
{
    struct getdns_resolver *resolver = question->resolver;
    if (question->attempt_count == ATTEMPTS_MAX)
        return;
    struct attempt *attempt = &question->attempts[question->attempt_count++];
    memset(attempt, 0, sizeof(*attempt));
    resolver_count(&resolver->base, RESOLVER_QUERIES);
    if (question->attempt_count > 1)
        resolver_count(&resolver->base, RESOLVER_RETRIES);
    question->asked[upstream]++;
    attempt->question = question;
    attempt->upstream = upstream;
    attempt->is_over_tcp = is_over_tcp;
    attempt->was_answering = resolver->health[upstream].is_answering;
    attempt->transport.name = question->cased_name;
    attempt->transport.type = (uint16_t)question->type;
    attempt->transport.ended = on_ended;
    attempt->transport.doubted = ask_over_tcp;
    attempt->transport.truncated = ask_over_tcp;
    log_line(resolver->log, MXCHECK_LOG_DEBUG, "%s, %s: asking %s%s", question->name, type_name(question->type),
             resolver->transports[upstream].upstream.name, is_over_tcp ? " over TCP" : "");
    uint64_t left_us = question->deadline_us > now_us ? question->deadline_us - now_us : 0;
    if (transport_ask(&resolver->transports[upstream + (is_over_tcp ? resolver->count : 0)], &attempt->transport,
                      left_us + GETDNS_GRACE_US) == 0)
        return;
    struct answer none = no_answer("could not be asked");
    none.dns.is_local = true;
    on_failure(question, upstream, &none);
}

/* An answer cut short (RFC 7766 section 5); an upstream that does not keep letter case, or a stranger who did not guess
 * it: TCP tells (0x20 is a defence of datagrams). The true datagram counts yet, should it come. */
static void ask_over_tcp(struct transport_attempt *transport)
{
    struct attempt *attempt = (struct attempt *)(void *)transport;
    struct question *question = attempt->question;
    uint32_t bit = 1U << attempt->upstream;
    if (question->is_concluded || (question->over_tcp & bit) != 0)
        return;
    question->over_tcp |= bit;
    send_attempt(question, attempt->upstream, true, clock_now_us());
}

/* What has not been answered by now says something of its upstream. */
static void note_unanswered(struct question *question, uint64_t now_us)
{
    for (size_t i = 0; i < question->attempt_count; i++) {
        if (question->attempts[i].transport.is_running)
            note_silence(question->resolver, question->attempts[i].upstream, now_us);
    }
}

/* Where descriptors are short, a question makes room instead of waiting for an answer that is probably lost: silent
 * name servers of a few domains hold up nobody else for longer than a wait. */
static void drop_oldest(struct question *question)
{
    size_t i = 0;
    while (i < question->attempt_count && !question->attempts[i].transport.is_running)
        i++;
    if (i < question->attempt_count)
        transport_cancel(&question->attempts[i].transport);
}

/* When the wait is over; where that would be past the deadline, one more attempt gets half of what is left. */
static uint64_t next_retry_us(const struct question *question, uint64_t now_us)
{
    uint64_t left_us = question->deadline_us > now_us ? question->deadline_us - now_us : 0;
    if (question->wait_us < left_us || left_us < 2 * question->resolver->retry_after_us)
        return now_us + question->wait_us;
    return now_us + left_us / 2;
}

static void send_next(struct question *question, uint64_t now_us)
{
    struct getdns_resolver *resolver = question->resolver;
    if (now_us >= question->retry_us)
        note_unanswered(question, now_us);
    if (!take_turn(question)) {
        drop_oldest(question);
        stand_in_line(question);
        set_timer(question, question->deadline_us);
        move_line(resolver);
        return;
    }
    question->is_due = false;
    question->retry_us = next_retry_us(question, now_us);
    question->wait_us += question->wait_us / 2;
    set_timer(question, question->retry_us < question->deadline_us ? question->retry_us : question->deadline_us);
    size_t upstream = health_choose(resolver->health, resolver->count, question->asked, question->failed);
    size_t probe = resolver->count > 1 ? health_choose_probe(resolver->health, resolver->count, now_us) : upstream;
    send_attempt(question, upstream, false, now_us);
    if (probe < resolver->count && probe != upstream && !question->is_concluded)
        send_attempt(question, probe, false, now_us);
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
    leave_line(question);
    loop_timer_clear(question->resolver->share.loop, &question->timer);
    unlink_question(question);
    move_line(question->resolver);
    question->handle->inner = NULL;
    if (question->answer.block != NULL)
        answer_clear(&question->answer);
    memory_free(memory, question);
}

/* What the AD bit says, if it was asked for and comes from a resolver that is believed (RFC 6840 section 5.8). */
static mxcheck_dnssec dnssec_of(const struct question *question, const struct dns_answer *answer)
{
    if (answer->outcome == DNS_BOGUS)
        return MXCHECK_DNSSEC_BOGUS;
    if (answer->outcome == DNS_FAILURE || answer->outcome == DNS_TIMEOUT ||
        !is_believed(question->resolver, question->answer_upstream))
        return MXCHECK_DNSSEC_UNKNOWN;
    return answer->authentic ? MXCHECK_DNSSEC_SECURE : MXCHECK_DNSSEC_INSECURE;
}

/* Hand over. The asker is called last, and may ask, cancel what else it has, or let go of everything but us. */
static void deliver(struct question *question)
{
    const mxcheck_memory *memory = question->resolver->memory;
    struct answer answer = question->answer;
    resolver_cb callback = question->callback;
    void *user = question->user;
    answer.dns.upstream = question->resolver->transports[question->answer_upstream].upstream.name;
    answer.dns.dnssec = dnssec_of(question, &answer.dns);
    if (question->is_out_of_memory) {
        answer.dns = nothing(DNS_FAILURE, "out of memory");
        answer.dns.is_local = true;
    }
    question->answer.block = NULL;
    free_question(question);
    callback(user, &answer.dns);
    memory_free(memory, answer.block);
}

/* The deadline is here: the worst news if there was any, or that nobody answered. */
static void give_up(struct question *question)
{
    if (question->answer.dns.failure == NULL || question->answer.dns.rcode < 0) {
        resolver_count(&question->resolver->base, RESOLVER_TIMEOUTS);
        question->answer.dns = nothing(DNS_TIMEOUT, "no answer");
        question->answer.dns.is_local = question->attempt_count == 0;
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
    else if (question->is_due || !has_running(question) || now_us >= question->retry_us)
        send_next(question, now_us);
    else
        set_timer(question, question->retry_us);
}

static int ask(struct resolver *base, const char *name, enum dns_type type, uint64_t deadline_us, resolver_cb callback,
               void *user, struct resolver_query *handle)
{
    struct getdns_resolver *resolver = (struct getdns_resolver *)(void *)base;
    size_t size = strlen(name) + 1;
    struct question *question = memory_alloc(resolver->memory, sizeof(*question) + 2 * size);
    if (question == NULL)
        return -1;
    memset(question, 0, offsetof(struct question, answer));
    question->answer.dns.failure = NULL;
    question->answer.block = NULL;
    question->resolver = resolver;
    question->handle = handle;
    memcpy(question->name, name, size);
    letter_case_draw(&resolver->letter_case, name, question->name + size);
    question->cased_name = question->name + size;
    question->type = type;
    question->deadline_us = deadline_us;
    question->wait_us = resolver->retry_after_us;
    question->callback = callback;
    question->user = user;
    question->timer.fire = on_timer;
    question->timer.user = question;
    if (loop_timer_set(resolver->share.loop, &question->timer, 0) != 0) {
        memory_free(resolver->memory, question);
        return -1;
    }
    question->next = resolver->questions;
    question->link = &resolver->questions;
    if (question->next != NULL)
        question->next->link = &question->next;
    resolver->questions = question;
    handle->inner = question;
    return 0;
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
    for (size_t i = 0; i < resolver->count * 2; i++)
        transport_clear(&resolver->transports[i]);
    freelist_destroy(resolver->share.freelist);
    memory_free(memory, resolver->share.buffer);
    memory_free(memory, resolver);
}

static bool is_idle(const struct resolver *base)
{
    return ((const struct getdns_resolver *)(const void *)base)->questions == NULL;
}

static const struct resolver_ops ops = {ask, cancel, is_idle, destroy};

static void init_transports(struct getdns_resolver *resolver, const struct upstreams *upstreams)
{
    resolver->count = upstreams->count;
    for (size_t i = 0; i < upstreams->count; i++) {
        struct upstream over_tcp = upstreams->item[i];
        over_tcp.transport = over_tcp.transport == UPSTREAM_UDP ? UPSTREAM_TCP : over_tcp.transport;
        transport_init(&resolver->transports[i], &resolver->share, &upstreams->item[i]);
        transport_init(&resolver->transports[upstreams->count + i], &resolver->share, &over_tcp);
    }
}

struct resolver *resolver_getdns_new(const mxcheck_memory *memory, const struct log *log, struct loop *loop,
                                     const struct upstreams *upstreams, uint64_t retry_after_us, bool asks_ad)
{
    struct getdns_resolver *resolver =
        memory_zalloc(memory, 1, sizeof(*resolver) + upstreams->count * 2 * sizeof(struct transport));
    if (resolver == NULL)
        return NULL;
    resolver->base.ops = &ops;
    resolver->base.loop = loop;
    resolver->memory = memory;
    resolver->log = log;
    resolver->line_end = &resolver->line;
    resolver->retry_after_us = retry_after_us;
    letter_case_init(&resolver->letter_case);
    resolver->share.loop = loop;
    resolver->share.asks_ad = asks_ad;
    resolver->share.freelist = freelist_new(memory);
    resolver->share.buffer = memory_alloc(memory, GATE_BUFFER_SIZE);
    if (resolver->share.freelist == NULL || resolver->share.buffer == NULL) {
        destroy(&resolver->base);
        return NULL;
    }
    init_transports(resolver, upstreams);
    return &resolver->base;
}
