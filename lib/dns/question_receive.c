/* SPDX-License-Identifier: BSD-2-Clause */
/* question_receive.c: decides which answers count.
 *
 * What an attacker who sees nothing of the query must guess to have a forged answer accepted (RFC 5452 section 9):
 *   - usual form over UDP: the port (about 15 bits; the socket is connected), the id (16 bits), and one bit for each
 *     letter of the name;
 *   - plain form over UDP: port and id, about 31 bits. This form is sent after the usual one has failed or stayed
 *     unanswered, and to confirm a negative answer;
 *   - an answer in the wrong letter case: another answer must agree with it, over TCP or to the plain form: 31 + 31
 *     bits within one question;
 *   - TCP and TLS: a sequence number of 32 bits and the port, or the key of the server.
 * With a getdns in whose memory the id is not found (query.h), ids count only where getdns reads the datagram. */
#include "dns/question_state.h"

#include "base/clock.h"

/* For one question a closed connection is opened again so often during one wait. */
#define STREAM_RETRIES_MAX 2

/* A refused question is sent again so often. */
#define REFUSALS_MAX 3

enum { RCODE_REFUSED = 5 };

/* Is an earlier attempt at this upstream in the usual form unanswered? */
static bool is_usual_form_silent(const struct attempt *plain)
{
    const struct question *question = plain->question;
    for (size_t i = 0; i < question->attempt_count && question->attempts[i] != plain; i++) {
        const struct attempt *attempt = question->attempts[i];
        if (attempt->upstream == plain->upstream && attempt->form == RETRY_USUAL && attempt->transport.is_running)
            return true;
    }
    return false;
}

/* Learn from a good answer. A single lost datagram looks like a quirk; the next answer to the usual form corrects that.
 * */
static void learn(const struct attempt *attempt, const struct answer *answer)
{
    struct question *question = attempt->question;
    if (attempt->form == RETRY_USUAL) {
        if (answer->dns.outcome == DNS_RECORDS && !attempt->is_over_tcp)
            health_note_no_quirk(question_health(question, attempt->upstream));
        return;
    }
    bool is_quirk = question->retry.upstream[attempt->upstream].has_failed[RETRY_USUAL] ||
                    (question->fallback.is_there && answer->dns.outcome == DNS_RECORDS) ||
                    (attempt->is_alone && is_usual_form_silent(attempt));
    if (is_quirk)
        question_note_quirk(question->share, attempt->upstream);
}

/* Some upstreams refuse while they have too many queries in progress: they are asked again after the wait. */
static bool is_refused_for_now(struct question *question)
{
    if (question->answer.dns.rcode != RCODE_REFUSED || question->refusals == REFUSALS_MAX)
        return false;
    question->refusals++;
    retry_reset(&question->retry);
    return true;
}

/* Conclude when no upstream is left that could give a better answer; otherwise ask the next one. */
static void conclude_or_send(struct question *question)
{
    if (retry_is_over(&question->retry) && !question->fallback.is_there && is_refused_for_now(question)) {
        question_set_timer(question, question->retry_us);
        return;
    }
    if (retry_is_over(&question->retry)) {
        if (question->fallback.is_there)
            question_accept_fallback(question);
        else
            question_conclude(question);
        return;
    }
    if (retry_choose(&question->retry, question->share->health) < question->share->upstreams.count)
        question_send_soon(question);
}

/* The upstream has answered with a failure. Failed validation is no quirk, and an upstream with a quirk that fails in
 * the plain form would fail in any. An empty message of another upstream does not count beside a failure: a failure
 * never counts as "no records". Takes over the answer. */
static void on_failure(const struct attempt *attempt, struct answer *answer)
{
    struct question *question = attempt->question;
    bool is_validation = answer->dns.outcome == DNS_BOGUS;
    bool has_quirk = health_has_quirk(question_health(question, attempt->upstream), clock_now_us());
    question_note_failure(question, attempt->upstream, answer);
    retry_note_failure(&question->retry, attempt->upstream, attempt->form);
    if (is_validation || (attempt->form == RETRY_PLAIN && has_quirk))
        retry_note_end(&question->retry, attempt->upstream);
    if (attempt->is_over_tcp)
        question->over_tcp &= ~(1U << attempt->upstream);
    if (question->is_fallback_empty)
        question_drop_kept(&question->fallback);
    if (attempt->is_alone || !question_is_plain_running(question, attempt->upstream))
        conclude_or_send(question);
}

void question_on_unreachable(struct question *question, size_t upstream, const char *failure)
{
    struct answer none = question_no_answer(failure);
    question_note_silence(question, upstream, clock_now_us(), failure);
    question_note_failure(question, upstream, &none);
    retry_note_unreachable(&question->retry, upstream);
    conclude_or_send(question);
}

/* For a zone that is delegated to servers that do not serve it, libunbound returns NOERROR and nothing else. */
static bool is_lame(const struct attempt *attempt, const struct answer *answer)
{
    return question_upstream(attempt->question, attempt->upstream)->transport == UPSTREAM_RECURSION &&
           answer->dns.outcome == DNS_NODATA && !answer->dns.has_soa;
}

/* With validation requested, failed validation is an answer: another upstream might not validate. */
static bool is_failure(const struct attempt *attempt, const struct answer *answer)
{
    return answer->dns.outcome == DNS_FAILURE ||
           (answer->dns.outcome == DNS_BOGUS && !question_believes(attempt->question, attempt->upstream));
}

static bool is_negative(const struct answer *answer)
{
    return answer->dns.outcome == DNS_NODATA || answer->dns.outcome == DNS_NXDOMAIN;
}

/* NOERROR without records and without an SOA record: some broken servers answer so instead of SERVFAIL. */
static bool is_empty(const struct question *question, const struct answer *answer)
{
    return answer->dns.outcome == DNS_NODATA && !answer->dns.has_soa && answer->dns.alias[0] == '\0' &&
           question->share->upstreams.count > 1;
}

/* Is it a negative answer to a name in random letter case? */
static bool is_cased_negative(const struct attempt *attempt, const struct answer *answer)
{
    return is_negative(answer) && attempt->transport.keeps_case && attempt->question->has_case;
}

/* Does it confirm the doubtful answer? Each alone could be forged. The records must be the same; their order and TTL
 * may differ. */
static bool is_confirmed(const struct question *question, bool is_checked, const struct answer *answer)
{
    const struct kept_answer *kept = &question->doubtful;
    return kept->is_there && (kept->is_checked || is_checked) && answer_agrees(&kept->answer, answer);
}

/* Keep the answer until the wait is over: another attempt may give a better one. Takes over the answer. */
static void fall_back_on(const struct attempt *attempt, bool is_empty_message, const struct answer *answer)
{
    struct question *question = attempt->question;
    if (is_empty_message && question_has_failure(question)) {
        struct answer given_up = *answer;
        answer_clear(&given_up);
        retry_note_end(&question->retry, attempt->upstream);
        conclude_or_send(question);
        return;
    }
    question_keep(&question->fallback, attempt->upstream, true, answer);
    question->is_fallback_empty = is_empty_message;
    if (!is_empty_message)
        return;
    retry_note_end(&question->retry, attempt->upstream);
    conclude_or_send(question);
}

/* A good answer. Takes it over. */
static void on_answer(const struct attempt *attempt, struct answer *answer)
{
    struct question *question = attempt->question;
    bool is_cased = is_cased_negative(attempt, answer);
    bool is_bare = is_empty(question, answer);
    bool is_datagram = attempt->form == RETRY_PLAIN && !attempt->is_over_tcp &&
                       question_upstream(question, attempt->upstream)->transport == UPSTREAM_UDP;
    bool needs_another =
        is_datagram && (question->doubtful.is_there ||
                        health_loses_case(question_health(question, attempt->upstream), clock_now_us()));
    if (needs_another && !is_confirmed(question, true, answer)) {
        question_keep(&question->doubtful, attempt->upstream, true, answer);
        return;
    }
    learn(attempt, answer);
    if (needs_another)
        health_note_lost_case(question_health(question, attempt->upstream), clock_now_us());
    answer->dns.is_unconfirmed = !question->confirms && (is_cased || is_bare);
    if (question->confirms && is_bare)
        fall_back_on(attempt, true, answer);
    else if (is_cased && question_is_plain_running(question, attempt->upstream))
        fall_back_on(attempt, false, answer);
    else
        question_accept(question, attempt->upstream, answer);
}

static void on_message(const struct attempt *attempt, const uint8_t *message, size_t size)
{
    struct question *question = attempt->question;
    struct answer answer;
    question_note_answer(question, attempt->upstream);
    if (answer_read(&answer, question->share->memory, message, size, question->name, question->type) != 0) {
        question->is_out_of_memory = true;
        question_conclude(question);
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

/* TCP has failed after a doubtful or truncated datagram. */
static void on_tcp_failed(const struct attempt *attempt)
{
    struct question *question = attempt->question;
    uint32_t bit = 1U << attempt->upstream;
    question->over_tcp &= ~bit;
    health_note_no_tcp(question_health(question, attempt->upstream), clock_now_us());
    if (!question->doubtful.is_there)
        return;
    question->wants_plain |= bit;
    question_send_soon(question);
}

/* The connection was closed or never opened: try again. */
static void on_stream_ended(const struct attempt *attempt, const char *failure)
{
    struct question *question = attempt->question;
    health_note_end(question_health(question, attempt->upstream));
    if (!attempt->was_answering)
        question_note_silence(question, attempt->upstream, clock_now_us(), failure);
    question->stream_retries++;
    question_send_soon(question);
}

static void on_no_answer(const struct attempt *attempt, const char *failure)
{
    struct question *question = attempt->question;
    bool is_stream = attempt->is_over_tcp || transport_is_stream(attempt->transport.transport);
    if (attempt->is_over_tcp)
        on_tcp_failed(attempt);
    if (question->wants_plain != 0 || (attempt->is_over_tcp && question_has_running(question)))
        return;
    if (is_stream && question->stream_retries < STREAM_RETRIES_MAX)
        on_stream_ended(attempt, failure);
    else
        question_on_unreachable(question, attempt->upstream, failure);
}

void question_on_ended(struct transport_attempt *transport, enum transport_end end, const uint8_t *message, size_t size,
                       const char *failure)
{
    const struct attempt *attempt = (const struct attempt *)(const void *)transport;
    struct question *question = attempt->question;
    struct answer none = question_no_answer(failure);
    if (question->is_concluded)
        return;
    switch (end) {
    case TRANSPORT_ANSWERED:
        on_message(attempt, message, size);
        break;
    case TRANSPORT_MALFORMED:
        question_note_silence(question, attempt->upstream, clock_now_us(), failure);
        on_failure(attempt, &none);
        break;
    case TRANSPORT_UNREACHABLE:
        on_no_answer(attempt, failure);
        break;
    }
}

static void ask_over_tcp(const struct attempt *attempt)
{
    struct question *question = attempt->question;
    uint32_t bit = 1U << attempt->upstream;
    if (question->is_concluded || (question->over_tcp & bit) != 0)
        return;
    question->over_tcp |= bit;
    question_send(question, attempt->upstream, attempt->form, true, clock_now_us());
}

/* A truncated answer (RFC 7766 section 5): ask over TCP. */
void question_on_truncated(struct transport_attempt *transport)
{
    ask_over_tcp((const struct attempt *)(const void *)transport);
}

/* The upstream does not repeat letter case, or the answer is forged. Ask over TCP, which needs no random letter case,
 * or in the plain form where TCP is closed. The right datagram still counts if it comes. */
void question_on_doubted(struct transport_attempt *transport, const uint8_t *message, size_t size)
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
        health_note_lost_case(question_health(question, attempt->upstream), now_us);
        question_accept(question, attempt->upstream, &answer);
        return;
    } else if (!question->doubtful.is_there) {
        question_keep(&question->doubtful, attempt->upstream, false, &answer);
    } else {
        answer_clear(&answer);
    }
    if (health_has_tcp(question_health(question, attempt->upstream), now_us))
        ask_over_tcp(attempt);
    else if (question->retry.upstream[attempt->upstream].sent[RETRY_PLAIN] == 0)
        question_send(question, attempt->upstream, RETRY_PLAIN, false, now_us);
}
