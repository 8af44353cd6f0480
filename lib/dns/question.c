/* SPDX-License-Identifier: BSD-2-Clause */
/* question.c: sends a question until an answer counts, everybody has failed, or its time is over.
 *
 * What a stranger must guess to have his answer taken, who sees nothing of the question (RFC 5452 section 9):
 *   - the usual form over UDP: the port (about 15 bits; the socket is connected), the id (16), and a bit for each letter
 *     of the name. Where getdns does not read the datagram (gate.h) its id stays unchecked, but never where the letter
 *     case stays unchecked as well;
 *   - the plain form over UDP: port and id, about 31 bits. It is sent after the usual form has failed or stayed
 *     unanswered, and to confirm that there is nothing;
 *   - an answer whose letter case is wrong: another one must agree with it, over TCP, or to the plain form: 15 + 31
 *     bits, and both within one question;
 *   - TCP and TLS: a sequence number of 32 bits and the port, or the key of the server. */
#include "dns/question.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dns/answer.h"
#include "dns/retry.h"

#include <stddef.h>
#include <string.h>

/* Attempts of one question; with waits growing by half each time this is minutes. */
#define ATTEMPTS_MAX 20

/* A stream that the upstream had closed already is opened anew so often for one question before its wait is over. */
#define STREAM_RETRIES_MAX 2

/* How much longer than we getdns waits: our own deadline ends a question, its timer is only a net below. */
#define GETDNS_GRACE_US 2000000

/* One sending of a question; knows its way back. */
struct attempt {
    struct transport_attempt transport; /* first */
    struct question *question;
    size_t upstream;
    enum retry_form form;
    bool is_over_tcp;   /* because a datagram was doubted or cut short */
    bool is_alone;      /* no other attempt was sent to this upstream at the same time */
    bool was_answering; /* the upstream, when this was sent */
};

/* An answer that does not count alone. */
struct hearsay {
    bool is_there;
    bool is_checked; /* getdns has checked its id */
    size_t upstream;
    struct answer answer;
};

struct question {
    struct question_share *share;
    struct resolver_query *handle;
    struct question *next;
    struct question **link;
    struct line_place place;
    enum dns_type type;
    bool confirms;   /* RESOLVER_CONFIRMS */
    bool has_case;   /* the cased name is not the name */
    uint64_t deadline_us;
    uint64_t retry_us; /* when silence is taken for loss */
    bool is_due;       /* another attempt is, before that */
    uint64_t wait_us;  /* the next wait; grows by half */
    resolver_cb callback;
    void *user;
    struct loop_timer timer;
    bool is_concluded; /* `answer` is final; the timer delivers it */
    bool is_out_of_memory;
    bool has_lacked_descriptor;
    bool is_fallback_empty; /* see `fallback` */
    size_t answer_upstream;
    uint32_t over_tcp;    /* bit per upstream: it is asked over TCP, because a datagram was doubted or cut short */
    uint32_t wants_plain; /* bit per upstream: it is asked in the plain form next, at once */
    unsigned stream_retries;
    struct retry retry;
    size_t attempt_count;
    const char *cased_name; /* behind `name` */
    /* What counts should nothing better come: that there is nothing, as an upstream with a quirk says to the usual form,
     * or by an empty message. */
    struct hearsay fallback;
    struct hearsay hearsay; /* an answer in the wrong letter case, or one that does not agree with it */
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

static const struct upstream *upstream_of(const struct question *question, size_t upstream)
{
    return &question->share->transports[upstream].upstream;
}

static struct health *health_of(const struct question *question, size_t upstream)
{
    return &question->share->health[upstream];
}

static void set_timer(struct question *question, uint64_t due_us)
{
    /* The heap has room for this timer since the start. */
    loop_timer_set(question->share->transport.loop, &question->timer, due_us);
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

static void on_called(void *user)
{
    hurry(user);
}

static bool has_running(const struct question *question)
{
    for (size_t i = 0; i < question->attempt_count; i++) {
        if (question->attempts[i].transport.is_running)
            return true;
    }
    return false;
}

static bool is_plain_running(const struct question *question, size_t upstream)
{
    for (size_t i = 0; i < question->attempt_count; i++) {
        const struct attempt *attempt = &question->attempts[i];
        if (attempt->upstream == upstream && attempt->form == RETRY_PLAIN && attempt->transport.is_running)
            return true;
    }
    return false;
}

/* --- what is known so far --- */

static void drop(struct hearsay *hearsay)
{
    if (hearsay->is_there)
        answer_clear(&hearsay->answer);
    hearsay->is_there = false;
}

/* Takes over the answer. */
static void remember(struct hearsay *hearsay, size_t upstream, bool is_checked, const struct answer *answer)
{
    drop(hearsay);
    *hearsay = (struct hearsay){true, is_checked, upstream, *answer};
}

/* Takes over the answer, in the place of the news so far. */
static void keep(struct question *question, size_t upstream, const struct answer *answer)
{
    if (question->answer.block != NULL)
        answer_clear(&question->answer);
    question->answer = *answer;
    question->answer_upstream = upstream;
}

/* Takes over the answer, which is final. */
static void accept(struct question *question, size_t upstream, const struct answer *answer)
{
    keep(question, upstream, answer);
    conclude(question);
}

static bool has_news(const struct question *question)
{
    return question->answer.dns.failure != NULL;
}

/* Keep news that is not an answer: what a server said rather than that none was reached. Takes over the answer. */
static void note_news(struct question *question, size_t upstream, struct answer *answer)
{
    log_line(question->share->log, MXCHECK_LOG_INFO, "%s, %s: %s from %s", question->name, type_name(question->type),
             answer->dns.failure, upstream_of(question, upstream)->name);
    if (!has_news(question) || question->answer.dns.rcode < 0)
        keep(question, upstream, answer);
    else
        answer_clear(answer);
}

/* The fallback counts after all. */
static void accept_fallback(struct question *question)
{
    struct hearsay fallback = question->fallback;
    question->fallback.is_there = false;
    accept(question, fallback.upstream, &fallback.answer);
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

/* --- what upstreams show of themselves --- */

static void note_answer(struct question *question, size_t upstream)
{
    if (health_of(question, upstream)->is_silent)
        log_line(question->share->log, MXCHECK_LOG_INFO, "%s answers again", upstream_of(question, upstream)->name);
    health_note_answer(health_of(question, upstream));
}

static void note_silence(struct question *question, size_t upstream, uint64_t now_us)
{
    if (!health_of(question, upstream)->is_silent)
        log_line(question->share->log, MXCHECK_LOG_WARNING, "%s does not answer",
                 upstream_of(question, upstream)->name);
    health_note_silence(health_of(question, upstream), now_us);
}

static void note_quirk(struct question_share *share, size_t upstream)
{
    uint64_t now_us = clock_now_us();
    if (!health_has_quirk(&share->health[upstream], now_us))
        log_line(share->log, MXCHECK_LOG_INFO, "%s fails questions with EDNS or with letter case, and is asked without",
                 share->transports[upstream].upstream.name);
    health_note_quirk(&share->health[upstream], now_us);
}

/* Is an earlier attempt at this upstream in the usual form unanswered? */
static bool is_usual_form_silent(const struct attempt *plain)
{
    for (const struct attempt *attempt = plain->question->attempts; attempt < plain; attempt++) {
        if (attempt->upstream == plain->upstream && attempt->form == RETRY_USUAL && attempt->transport.is_running)
            return true;
    }
    return false;
}

/* The answer is a good one. A single loss looks like a quirk; but then the next question in the usual form is answered,
 * and shows that there is none. */
static void learn(const struct attempt *attempt, const struct answer *answer)
{
    struct question *question = attempt->question;
    if (attempt->form == RETRY_USUAL) {
        if (answer->dns.outcome == DNS_RECORDS && !attempt->is_over_tcp)
            health_note_no_quirk(health_of(question, attempt->upstream));
        return;
    }
    bool is_quirk = question->retry.upstream[attempt->upstream].has_failed[RETRY_USUAL] ||
                    (question->fallback.is_there && answer->dns.outcome == DNS_RECORDS) ||
                    (attempt->is_alone && is_usual_form_silent(attempt));
    if (is_quirk)
        note_quirk(question->share, attempt->upstream);
}

/* --- what comes back --- */

/* Nobody is left who could say more. */
static void conclude_or_hurry(struct question *question)
{
    if (retry_is_over(&question->retry)) {
        if (question->fallback.is_there)
            accept_fallback(question);
        else
            conclude(question);
        return;
    }
    if (retry_choose(&question->retry, question->share->health) < question->share->count)
        hurry(question);
}

/* It has answered, and not well. Failed validation is no quirk, and one with a quirk fails in the plain form what it fails
 * in any. An empty message of another does not count beside a failure: a failure is never taken
 * for "no records". Takes over the answer. */
static void on_failure(const struct attempt *attempt, struct answer *answer)
{
    struct question *question = attempt->question;
    bool is_validation = answer->dns.outcome == DNS_BOGUS;
    bool has_quirk = health_has_quirk(health_of(question, attempt->upstream), clock_now_us());
    note_news(question, attempt->upstream, answer);
    retry_note_failure(&question->retry, attempt->upstream, attempt->form);
    if (is_validation || (attempt->form == RETRY_PLAIN && has_quirk))
        retry_note_end(&question->retry, attempt->upstream);
    if (attempt->is_over_tcp)
        question->over_tcp &= ~(1U << attempt->upstream);
    if (question->is_fallback_empty)
        drop(&question->fallback);
    if (attempt->is_alone || !is_plain_running(question, attempt->upstream))
        conclude_or_hurry(question);
}

static void on_unreachable(struct question *question, size_t upstream, const char *failure)
{
    struct answer none = no_answer(failure);
    note_silence(question, upstream, clock_now_us());
    note_news(question, upstream, &none);
    retry_note_unreachable(&question->retry, upstream);
    conclude_or_hurry(question);
}

/* Where a zone is delegated to servers that do not know it, libunbound comes back with nothing, and calls that well. */
static bool is_lame(const struct attempt *attempt, const struct answer *answer)
{
    return upstream_of(attempt->question, attempt->upstream)->transport == UPSTREAM_RECURSION &&
           answer->dns.outcome == DNS_NODATA && !answer->dns.has_soa;
}

/* Is its word taken on what it has validated? */
static bool is_believed(const struct question *question, size_t upstream)
{
    return question->share->transport.asks_ad && upstream_is_trusted(upstream_of(question, upstream));
}

/* Where validation is asked for, its failure is an answer: another upstream might not validate at all. */
static bool is_failure(const struct attempt *attempt, const struct answer *answer)
{
    return answer->dns.outcome == DNS_FAILURE ||
           (answer->dns.outcome == DNS_BOGUS && !is_believed(attempt->question, attempt->upstream));
}

static bool is_negative(const struct answer *answer)
{
    return answer->dns.outcome == DNS_NODATA || answer->dns.outcome == DNS_NXDOMAIN;
}

/* NOERROR and nothing else, not even who says so: some broken servers answer so where they should fail. */
static bool is_empty(const struct question *question, const struct answer *answer)
{
    return answer->dns.outcome == DNS_NODATA && !answer->dns.has_soa && answer->dns.alias[0] == '\0' &&
           question->share->count > 1;
}

/* Does it say that there is nothing, to a name in our own letter case? */
static bool is_cased_negative(const struct attempt *attempt, const struct answer *answer)
{
    return is_negative(answer) && attempt->transport.keeps_case && attempt->question->has_case;
}

/* Of a pair of answers to one question, each of which one could have been made up: the same records, whatever their
 * order and TTL. */
static bool is_confirmed(const struct question *question, bool is_checked, const struct answer *answer)
{
    const struct hearsay *hearsay = &question->hearsay;
    return hearsay->is_there && (hearsay->is_checked || is_checked) && answer_agrees(&hearsay->answer, answer);
}

/* Keep the answer until the wait is over, should another attempt bring more. Takes over the answer. */
static void fall_back_on(const struct attempt *attempt, bool is_empty_message, const struct answer *answer)
{
    struct question *question = attempt->question;
    if (is_empty_message && has_news(question)) {
        struct answer given_up = *answer;
        answer_clear(&given_up);
        retry_note_end(&question->retry, attempt->upstream);
        conclude_or_hurry(question);
        return;
    }
    remember(&question->fallback, attempt->upstream, true, answer);
    question->is_fallback_empty = is_empty_message;
    if (!is_empty_message)
        return;
    retry_note_end(&question->retry, attempt->upstream);
    conclude_or_hurry(question);
}

/* A good answer. Takes it over. */
static void on_answer(const struct attempt *attempt, struct answer *answer)
{
    struct question *question = attempt->question;
    bool is_cased = is_cased_negative(attempt, answer);
    bool is_bare = is_empty(question, answer);
    bool is_datagram = attempt->form == RETRY_PLAIN && !attempt->is_over_tcp &&
                       upstream_of(question, attempt->upstream)->transport == UPSTREAM_UDP;
    bool needs_another =
        is_datagram && (question->hearsay.is_there ||
                        health_loses_case(health_of(question, attempt->upstream), clock_now_us()));
    if (needs_another && !is_confirmed(question, true, answer)) {
        remember(&question->hearsay, attempt->upstream, true, answer);
        return;
    }
    learn(attempt, answer);
    if (needs_another)
        health_note_lost_case(health_of(question, attempt->upstream), clock_now_us());
    answer->dns.is_unconfirmed = !question->confirms && (is_cased || is_bare);
    if (question->confirms && is_bare)
        fall_back_on(attempt, true, answer);
    else if (is_cased && is_plain_running(question, attempt->upstream))
        fall_back_on(attempt, false, answer);
    else
        accept(question, attempt->upstream, answer);
}

static void on_message(const struct attempt *attempt, const uint8_t *message, size_t size)
{
    struct question *question = attempt->question;
    struct answer answer;
    note_answer(question, attempt->upstream);
    if (answer_read(&answer, question->share->memory, message, size, question->name, question->type) != 0) {
        question->is_out_of_memory = true;
        conclude(question);
        return;
    }
    if (is_lame(attempt, &answer)) {
        answer.dns.outcome = DNS_FAILURE;
        answer.dns.failure = "lame delegation";
    }
    if (is_failure(attempt, &answer))
        on_failure(attempt, &answer);
    else
        on_answer(attempt, &answer);
}

/* The stream that a doubted or shortened datagram has led to. */
static void on_tcp_failed(const struct attempt *attempt)
{
    struct question *question = attempt->question;
    uint32_t bit = 1U << attempt->upstream;
    question->over_tcp &= ~bit;
    health_note_no_tcp(health_of(question, attempt->upstream), clock_now_us());
    if (!question->hearsay.is_there)
        return;
    question->wants_plain |= bit;
    hurry(question);
}

/* Closed already, or never open: another attempt tells. */
static void on_stream_ended(const struct attempt *attempt)
{
    struct question *question = attempt->question;
    health_note_end(health_of(question, attempt->upstream));
    if (!attempt->was_answering)
        note_silence(question, attempt->upstream, clock_now_us());
    question->stream_retries++;
    hurry(question);
}

static void on_no_answer(const struct attempt *attempt, const char *failure)
{
    struct question *question = attempt->question;
    bool is_stream = attempt->is_over_tcp || transport_is_stream(attempt->transport.transport);
    if (attempt->is_over_tcp)
        on_tcp_failed(attempt);
    if (question->wants_plain != 0 || (attempt->is_over_tcp && has_running(question)))
        return;
    if (is_stream && question->stream_retries < STREAM_RETRIES_MAX)
        on_stream_ended(attempt);
    else
        on_unreachable(question, attempt->upstream, failure);
}

static void on_ended(struct transport_attempt *transport, enum transport_end end, const uint8_t *message, size_t size,
                     const char *failure)
{
    const struct attempt *attempt = (const struct attempt *)(const void *)transport;
    struct question *question = attempt->question;
    struct answer none = no_answer(failure);
    if (question->is_concluded)
        return;
    switch (end) {
    case TRANSPORT_ANSWERED:
        on_message(attempt, message, size);
        break;
    case TRANSPORT_MALFORMED:
        note_silence(question, attempt->upstream, clock_now_us());
        on_failure(attempt, &none);
        break;
    case TRANSPORT_UNREACHABLE:
        on_no_answer(attempt, failure);
        break;
    }
}

/* --- what is sent --- */

static void on_doubted(struct transport_attempt *transport, const uint8_t *message, size_t size);
static void on_truncated(struct transport_attempt *transport);

static void init_attempt(struct attempt *attempt, struct question *question, size_t upstream, enum retry_form form,
                         bool is_over_tcp)
{
    bool is_datagram = !is_over_tcp && upstream_of(question, upstream)->transport == UPSTREAM_UDP;
    memset(attempt, 0, sizeof(*attempt));
    attempt->question = question;
    attempt->upstream = upstream;
    attempt->form = form;
    attempt->is_over_tcp = is_over_tcp;
    attempt->is_alone = true;
    attempt->was_answering = health_of(question, upstream)->is_answering;
    attempt->transport.keeps_case =
        is_datagram && form == RETRY_USUAL && !question->confirms && question->share->is_case_random;
    attempt->transport.name = attempt->transport.keeps_case ? question->cased_name : question->name;
    attempt->transport.has_opt = form == RETRY_USUAL;
    attempt->transport.type = (uint16_t)question->type;
    attempt->transport.ended = on_ended;
    attempt->transport.doubted = on_doubted;
    attempt->transport.truncated = on_truncated;
}

/* The system lacks a descriptor. What is under way may be answered yet, and the shortage be over soon. */
static void wait_out_shortage(struct question *question, uint64_t now_us)
{
    question->is_due = true;
    question->has_lacked_descriptor = true;
    if (!has_running(question))
        line_enter(&question->share->line, &question->place);
    set_timer(question, now_us + LINE_SHORTAGE_US < question->deadline_us ? now_us + LINE_SHORTAGE_US
                                                                           : question->deadline_us);
}

static void on_no_memory(struct question *question)
{
    if (has_running(question))
        return;
    struct answer none = no_answer("could not be asked");
    none.dns.is_local = true;
    accept(question, 0, &none);
}

static void count_sent(const struct attempt *attempt)
{
    struct question *question = attempt->question;
    retry_note_sent(&question->retry, attempt->upstream, attempt->form);
    line_note_sent(&question->share->line);
    resolver_count(question->share->resolver, RESOLVER_QUERIES);
    if (attempt > question->attempts)
        resolver_count(question->share->resolver, RESOLVER_RETRIES);
    log_line(question->share->log, MXCHECK_LOG_DEBUG, "%s, %s: asking %s%s%s", question->name,
             type_name(question->type), upstream_of(question, attempt->upstream)->name,
             attempt->is_over_tcp ? " over TCP" : "", attempt->form == RETRY_PLAIN ? " without EDNS" : "");
}

static void send_attempt(struct question *question, size_t upstream, enum retry_form form, bool is_over_tcp,
                         uint64_t now_us)
{
    struct question_share *share = question->share;
    if (question->attempt_count == ATTEMPTS_MAX)
        return;
    struct attempt *attempt = &question->attempts[question->attempt_count];
    uint64_t left_us = question->deadline_us > now_us ? question->deadline_us - now_us : 0;
    init_attempt(attempt, question, upstream, form, is_over_tcp);
    question->attempt_count++;
    enum transport_sending sending = transport_ask(&share->transports[upstream + (is_over_tcp ? share->count : 0)],
                                                   &attempt->transport, left_us + GETDNS_GRACE_US);
    if (sending == TRANSPORT_SENT) {
        count_sent(attempt);
        return;
    }
    question->attempt_count--;
    if (is_over_tcp)
        question->over_tcp &= ~(1U << upstream);
    if (sending == TRANSPORT_NO_DESCRIPTOR) {
        line_note_shortage(&share->line, share->transport.running, now_us);
        wait_out_shortage(question, now_us);
    } else if (sending == TRANSPORT_NO_MEMORY) {
        on_no_memory(question);
    } else {
        on_unreachable(question, upstream, "unreachable");
    }
}

static void ask_over_tcp(const struct attempt *attempt)
{
    struct question *question = attempt->question;
    uint32_t bit = 1U << attempt->upstream;
    if (question->is_concluded || (question->over_tcp & bit) != 0)
        return;
    question->over_tcp |= bit;
    send_attempt(question, attempt->upstream, attempt->form, true, clock_now_us());
}

/* An answer that was cut short (RFC 7766 section 5). */
static void on_truncated(struct transport_attempt *transport)
{
    ask_over_tcp((const struct attempt *)(const void *)transport);
}

/* An upstream that does not keep letter case, or a stranger who did not guess it. TCP tells, as letter case is a defence
 * of datagrams; or, where TCP is closed, the plain form. The true datagram counts yet, should it come. */
static void on_doubted(struct transport_attempt *transport, const uint8_t *message, size_t size)
{
    const struct attempt *attempt = (const struct attempt *)(const void *)transport;
    struct question *question = attempt->question;
    uint64_t now_us = clock_now_us();
    struct answer answer;
    if (question->is_concluded)
        return;
    if (answer_read(&answer, question->share->memory, message, size, question->name, question->type) != 0 ||
        is_failure(attempt, &answer)) {
        answer_clear(&answer);
    } else if (is_confirmed(question, false, &answer)) {
        health_note_lost_case(health_of(question, attempt->upstream), now_us);
        accept(question, attempt->upstream, &answer);
        return;
    } else if (!question->hearsay.is_there) {
        remember(&question->hearsay, attempt->upstream, false, &answer);
    } else {
        answer_clear(&answer);
    }
    if (health_has_tcp(health_of(question, attempt->upstream), now_us))
        ask_over_tcp(attempt);
    else if (question->retry.upstream[attempt->upstream].sent[RETRY_PLAIN] == 0)
        send_attempt(question, attempt->upstream, RETRY_PLAIN, false, now_us);
}

/* What has not been answered by now says something of its upstream, and of the stream that it was sent on. */
static void note_unanswered(struct question *question, uint64_t now_us)
{
    for (size_t i = 0; i < question->attempt_count; i++) {
        struct attempt *attempt = &question->attempts[i];
        if (!attempt->transport.is_running)
            continue;
        transport_leave_stream(&attempt->transport);
        if (!attempt->is_over_tcp) {
            note_silence(question, attempt->upstream, now_us);
            continue;
        }
        health_note_no_tcp(health_of(question, attempt->upstream), now_us);
        question->over_tcp &= ~(1U << attempt->upstream);
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
    if (question->wait_us < left_us || left_us < 2 * question->share->retry_after_us)
        return now_us + question->wait_us;
    return now_us + left_us / 2;
}

static void begin_wait(struct question *question, uint64_t now_us)
{
    question->is_due = false;
    question->retry_us = next_retry_us(question, now_us);
    question->wait_us += question->wait_us / 2;
    set_timer(question, question->retry_us < question->deadline_us ? question->retry_us : question->deadline_us);
}

/* To an upstream with a quirk both forms go at once: it costs a question, and no time. */
static void send_to(struct question *question, size_t upstream, uint64_t now_us)
{
    const struct retry_upstream *state = &question->retry.upstream[upstream];
    bool is_first = state->sent[RETRY_USUAL] == 0 && state->sent[RETRY_PLAIN] == 0;
    bool has_both = is_first && !state->has_failed[RETRY_PLAIN] &&
                    health_has_quirk(health_of(question, upstream), now_us);
    size_t first = question->attempt_count;
    send_attempt(question, upstream, retry_form(&question->retry, upstream), false, now_us);
    if (!has_both || question->is_concluded || question->attempt_count == first)
        return;
    send_attempt(question, upstream, RETRY_PLAIN, false, now_us);
    for (size_t i = first; i < question->attempt_count; i++)
        question->attempts[i].is_alone = false;
}

static void send_wanted_plain(struct question *question, uint64_t now_us)
{
    uint32_t wanted = question->wants_plain;
    question->wants_plain = 0;
    for (size_t i = 0; i < question->share->count; i++) {
        if ((wanted >> i & 1U) != 0 && !is_plain_running(question, i) && !question->is_concluded)
            send_attempt(question, i, RETRY_PLAIN, false, now_us);
    }
}

/* A silent upstream is asked beside the one that is chosen, once in a while. */
static void send_probe(struct question *question, size_t chosen, uint64_t now_us)
{
    struct question_share *share = question->share;
    size_t probe = share->count > 1 ? health_choose_probe(share->health, share->count, now_us) : share->count;
    if (probe < share->count && probe != chosen && !question->is_concluded)
        send_attempt(question, probe, RETRY_USUAL, false, now_us);
}

static void wait_in_line(struct question *question, uint64_t now_us)
{
    struct question_share *share = question->share;
    if (line_has_shortage(&share->line, now_us)) {
        wait_out_shortage(question, now_us);
        return;
    }
    drop_oldest(question);
    line_enter(&share->line, &question->place);
    set_timer(question, question->deadline_us);
    line_move(&share->line, share->transport.running, now_us);
}

static void send_next(struct question *question, uint64_t now_us)
{
    struct question_share *share = question->share;
    if (now_us >= question->retry_us) {
        note_unanswered(question, now_us);
        retry_reopen(&question->retry);
    }
    if (!line_take(&share->line, &question->place, share->transport.running, now_us)) {
        wait_in_line(question, now_us);
        return;
    }
    begin_wait(question, now_us);
    if (question->wants_plain != 0) {
        send_wanted_plain(question, now_us);
        return;
    }
    size_t upstream = retry_choose(&question->retry, share->health);
    if (upstream == share->count)
        return;
    send_to(question, upstream, now_us);
    send_probe(question, upstream, now_us);
}

/* --- its end --- */

static void unlink_question(struct question *question)
{
    *question->link = question->next;
    if (question->next != NULL)
        question->next->link = question->link;
}

void question_free(struct question *question)
{
    struct question_share *share = question->share;
    for (size_t i = 0; i < question->attempt_count; i++)
        transport_cancel(&question->attempts[i].transport);
    line_leave(&share->line, &question->place);
    loop_timer_clear(share->transport.loop, &question->timer);
    unlink_question(question);
    if (!line_is_empty(&share->line))
        line_move(&share->line, share->transport.running, clock_now_us());
    question->handle->inner = NULL;
    drop(&question->fallback);
    drop(&question->hearsay);
    if (question->answer.block != NULL)
        answer_clear(&question->answer);
    memory_free(share->memory, question);
}

/* What the AD bit says, if it was asked for and comes from a resolver that is believed (RFC 6840 section 5.8). */
static mxcheck_dnssec dnssec_of(const struct question *question, const struct dns_answer *answer)
{
    if (answer->outcome == DNS_BOGUS)
        return MXCHECK_DNSSEC_BOGUS;
    if (answer->outcome == DNS_FAILURE || answer->outcome == DNS_TIMEOUT ||
        !is_believed(question, question->answer_upstream))
        return MXCHECK_DNSSEC_UNKNOWN;
    return answer->authentic ? MXCHECK_DNSSEC_SECURE : MXCHECK_DNSSEC_INSECURE;
}

/* Hand over. The asker is called last, and may ask, cancel what else it has, or let go of everything but us. */
static void deliver(struct question *question)
{
    const mxcheck_memory *memory = question->share->memory;
    struct answer answer = question->answer;
    resolver_cb callback = question->callback;
    void *user = question->user;
    answer.dns.upstream = upstream_of(question, question->answer_upstream)->name;
    answer.dns.dnssec = dnssec_of(question, &answer.dns);
    if (question->is_out_of_memory) {
        answer.dns = nothing(DNS_FAILURE, "out of memory");
        answer.dns.is_local = true;
    }
    question->answer.block = NULL;
    question_free(question);
    callback(user, &answer.dns);
    memory_free(memory, answer.block);
}

/* Some upstream has been asked and says nothing, or none could be asked. */
static bool is_unanswered(const struct question *question)
{
    return question->attempt_count == 0 || has_running(question) || !has_news(question);
}

/* The deadline is here: what an upstream said, or that nobody answered, or why nobody was reached. */
static void give_up(struct question *question)
{
    if (question->fallback.is_there) {
        accept_fallback(question);
        return;
    }
    question->is_concluded = true;
    if (has_news(question) && (question->answer.dns.rcode >= 0 || !is_unanswered(question)))
        return;
    resolver_count(question->share->resolver, RESOLVER_TIMEOUTS);
    question->answer.dns = nothing(DNS_TIMEOUT, "no answer");
    question->answer.dns.is_local = question->attempt_count == 0 || question->has_lacked_descriptor;
    question->answer_upstream = question->attempt_count == 0 ? 0 : question->attempts[0].upstream;
}

static void on_timer(void *user)
{
    struct question *question = user;
    uint64_t now_us = clock_now_us();
    if (!question->is_concluded && now_us >= question->deadline_us)
        give_up(question);
    if (!question->is_concluded && question->fallback.is_there && now_us >= question->retry_us)
        accept_fallback(question);
    if (question->is_concluded)
        deliver(question);
    else if (question->is_due || now_us >= question->retry_us)
        send_next(question, now_us);
    else
        set_timer(question, question->retry_us);
}

int question_start(struct question_share *share, const char *name, enum dns_type type, unsigned flags,
                   uint64_t deadline_us, resolver_cb callback, void *user, struct resolver_query *handle)
{
    size_t size = strlen(name) + 1;
    struct question *question = memory_alloc(share->memory, sizeof(*question) + 2 * size);
    if (question == NULL)
        return -1;
    memset(question, 0, offsetof(struct question, answer));
    question->answer.dns.failure = NULL;
    question->answer.block = NULL;
    question->share = share;
    question->handle = handle;
    memcpy(question->name, name, size);
    letter_case_draw(&share->letter_case, name, question->name + size);
    question->cased_name = question->name + size;
    question->has_case = strcmp(name, question->cased_name) != 0;
    question->type = type;
    question->confirms = (flags & RESOLVER_CONFIRMS) != 0;
    question->deadline_us = deadline_us;
    question->wait_us = share->retry_after_us;
    question->callback = callback;
    question->user = user;
    question->place.call = on_called;
    question->place.user = question;
    question->timer.fire = on_timer;
    question->timer.user = question;
    retry_init(&question->retry, share->count);
    for (size_t i = 0; i < share->count; i++) {
        if (upstream_of(question, i)->transport == UPSTREAM_RECURSION)
            retry_has_no_plain_form(&question->retry, i);
        else if (upstream_of(question, i)->transport != UPSTREAM_UDP)
            retry_is_asked_by_stream(&question->retry, i);
    }
    if (loop_timer_set(share->transport.loop, &question->timer, 0) != 0) {
        memory_free(share->memory, question);
        return -1;
    }
    question->next = share->questions;
    question->link = &share->questions;
    if (question->next != NULL)
        question->next->link = &question->next;
    share->questions = question;
    handle->inner = question;
    return 0;
}
