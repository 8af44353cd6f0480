/* SPDX-License-Identifier: BSD-2-Clause */
/* question_send.c: sends a question to an upstream, in one of its forms, and waits. */
#include "dns/question_state.h"

#include "base/memory.h"

#include <string.h>

/* getdns waits so much longer than the library: the library's own deadline ends a question. */
#define TRANSPORT_GRACE_US 2000000

static void init_attempt(struct attempt *attempt, struct question *question, size_t upstream, enum retry_form form,
                         bool is_over_tcp)
{
    bool is_datagram = !is_over_tcp && question_upstream(question, upstream)->transport == UPSTREAM_UDP;
    memset(attempt, 0, sizeof(*attempt));
    attempt->question = question;
    attempt->upstream = upstream;
    attempt->form = form;
    attempt->is_over_tcp = is_over_tcp;
    attempt->is_alone = true;
    attempt->was_answering = question_health(question, upstream)->is_answering;
    attempt->transport.keeps_case =
        is_datagram && form == RETRY_USUAL && !question->confirms && question->share->is_case_random;
    attempt->transport.name = attempt->transport.keeps_case ? question->cased_name : question->name;
    attempt->transport.has_opt = form == RETRY_USUAL;
    attempt->transport.needs_own = question->has_waited;
    attempt->transport.type = (uint16_t)question->type;
    attempt->transport.ended = question_on_ended;
    attempt->transport.doubted = question_on_doubted;
    attempt->transport.truncated = question_on_truncated;
}

/* The system has no descriptor left. Attempts in progress may still be answered, and descriptors become free. */
static void wait_for_descriptor(struct question *question, uint64_t now_us)
{
    question->is_due = true;
    question->has_lacked_descriptor = true;
    if (!question_has_running(question))
        send_queue_enter(&question->share->queue, &question->place);
    question_set_timer(question, now_us + SEND_QUEUE_SHORTAGE_US < question->deadline_us
                                     ? now_us + SEND_QUEUE_SHORTAGE_US
                                     : question->deadline_us);
}

static void on_no_memory(struct question *question)
{
    if (question_has_running(question))
        return;
    struct answer none = question_no_answer("could not be asked");
    none.dns.is_local = true;
    question_accept(question, 0, &none);
}

static void count_sent(const struct attempt *attempt)
{
    struct question *question = attempt->question;
    retry_note_sent(&question->retry, attempt->upstream, attempt->form);
    send_queue_note_sent(&question->share->queue);
    resolver_count(question->share->resolver, RESOLVER_QUERIES);
    if (question->attempt_count > 1)
        resolver_count(question->share->resolver, RESOLVER_RETRIES);
    log_line(question->share->log, MXCHECK_LOG_DEBUG, question_subject(question), "%s, %s: asking %s%s%s",
             question->name, question_type_name(question->type), question_upstream(question, attempt->upstream)->name,
             attempt->is_over_tcp ? " over TCP" : "", attempt->form == RETRY_PLAIN ? " without EDNS" : "");
}

/* NULL when memory ran out. */
static struct attempt *add_attempt(struct question *question)
{
    size_t i = question->attempt_count;
    struct attempt *attempt =
        i < ATTEMPTS_USUAL ? &question->usual_attempts[i] : memory_alloc(question->share->memory, sizeof(*attempt));
    if (attempt == NULL)
        return NULL;
    question->attempts[i] = attempt;
    question->attempt_count++;
    return attempt;
}

static void remove_last_attempt(struct question *question)
{
    question->attempt_count--;
    if (question->attempt_count >= ATTEMPTS_USUAL)
        memory_free(question->share->memory, question->attempts[question->attempt_count]);
}

void question_send(struct question *question, size_t upstream, enum retry_form form, bool is_over_tcp, uint64_t now_us)
{
    struct question_share *share = question->share;
    if (question->attempt_count == ATTEMPTS_MAX)
        return;
    struct attempt *attempt = add_attempt(question);
    if (attempt == NULL) {
        on_no_memory(question);
        return;
    }
    uint64_t left_us = question->deadline_us > now_us ? question->deadline_us - now_us : 0;
    init_attempt(attempt, question, upstream, form, is_over_tcp);
    enum transport_sending sending = transport_ask(transports_get(share->transports, upstream, is_over_tcp),
                                                   &attempt->transport, left_us + TRANSPORT_GRACE_US);
    if (sending == TRANSPORT_SENT) {
        count_sent(attempt);
        return;
    }
    remove_last_attempt(question);
    if (is_over_tcp)
        question->over_tcp &= ~(1U << upstream);
    if (sending == TRANSPORT_BUSY) {
        question->is_busy = true;
    } else if (sending == TRANSPORT_NO_DESCRIPTOR) {
        send_queue_note_shortage(&share->queue, transports_running(share->transports), now_us);
        wait_for_descriptor(question, now_us);
    } else if (sending == TRANSPORT_NO_MEMORY) {
        on_no_memory(question);
    } else {
        question_on_unreachable(question, upstream, "unreachable");
    }
}

/* An attempt without an answer by now says something about its upstream and about its connection. */
static void note_unanswered(struct question *question, uint64_t now_us)
{
    for (size_t i = 0; i < question->attempt_count; i++) {
        struct attempt *attempt = question->attempts[i];
        if (!attempt->transport.is_running)
            continue;
        question->has_waited = true;
        transport_leave_stream(&attempt->transport);
        if (!attempt->is_over_tcp) {
            question_note_silence(question, attempt->upstream, now_us, NULL);
            continue;
        }
        health_note_no_tcp(question_health(question, attempt->upstream), now_us);
        question->over_tcp &= ~(1U << attempt->upstream);
    }
}

/* When descriptors are short, a question gives one back instead of waiting for an answer that is probably lost. So the
 * silent name servers of a few domains delay other checks by no more than one wait. */
static void drop_oldest(struct question *question)
{
    size_t i = 0;
    while (i < question->attempt_count && !question->attempts[i]->transport.is_running)
        i++;
    if (i < question->attempt_count)
        transport_cancel(&question->attempts[i]->transport);
}

/* When the wait ends. If that would be after the deadline, one more attempt gets half of the time that is left. */
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
    question_set_timer(question,
                       question->retry_us < question->deadline_us ? question->retry_us : question->deadline_us);
}

/* An upstream with a quirk gets both forms at once: that costs a query and no time. */
static void send_to(struct question *question, size_t upstream, uint64_t now_us)
{
    const struct retry_upstream *state = &question->retry.upstream[upstream];
    bool is_first = state->sent[RETRY_USUAL] == 0 && state->sent[RETRY_PLAIN] == 0;
    bool has_both =
        is_first && !state->has_failed[RETRY_PLAIN] && health_has_quirk(question_health(question, upstream), now_us);
    size_t first = question->attempt_count;
    question_send(question, upstream, retry_form(&question->retry, upstream), false, now_us);
    if (!has_both || question->is_concluded || question->attempt_count == first)
        return;
    question_send(question, upstream, RETRY_PLAIN, false, now_us);
    for (size_t i = first; i < question->attempt_count; i++)
        question->attempts[i]->is_alone = false;
}

static void send_wanted_plain(struct question *question, uint64_t now_us)
{
    uint32_t wanted = question->wants_plain;
    question->wants_plain = 0;
    for (size_t i = 0; i < question->share->upstreams.count; i++) {
        if ((wanted >> i & 1U) != 0 && !question_is_plain_running(question, i) && !question->is_concluded)
            question_send(question, i, RETRY_PLAIN, false, now_us);
    }
}

/* From time to time a silent upstream gets a query beside the chosen one. */
static void send_probe(struct question *question, size_t chosen, uint64_t now_us)
{
    struct question_share *share = question->share;
    size_t probe = share->upstreams.count > 1 ? health_choose_probe(share->health, share->upstreams.count, now_us)
                                              : share->upstreams.count;
    if (probe < share->upstreams.count && probe != chosen && !question->is_concluded)
        question_send(question, probe, RETRY_USUAL, false, now_us);
}

static void enqueue(struct question *question, uint64_t now_us)
{
    struct question_share *share = question->share;
    if (send_queue_has_shortage(&share->queue, now_us)) {
        wait_for_descriptor(question, now_us);
        return;
    }
    drop_oldest(question);
    send_queue_enter(&share->queue, &question->place);
    question_set_timer(question, question->deadline_us);
    send_queue_move(&share->queue, transports_running(share->transports), now_us);
}

static void wait_while_busy(struct question *question, uint64_t now_us)
{
    uint64_t due_us = now_us + TRANSPORT_BUSY_US;
    question->is_due = true;
    question_set_timer(question, due_us < question->deadline_us ? due_us : question->deadline_us);
}

void question_send_next(struct question *question, uint64_t now_us)
{
    struct question_share *share = question->share;
    if (now_us >= question->retry_us) {
        note_unanswered(question, now_us);
        retry_clear_unreachable(&question->retry);
        question->wait_us += question->attempt_count > 0 ? question->wait_us / 2 : 0;
    }
    if (!send_queue_take(&share->queue, &question->place, transports_running(share->transports), now_us)) {
        enqueue(question, now_us);
        return;
    }
    begin_wait(question, now_us);
    question->is_busy = false;
    if (question->wants_plain != 0) {
        send_wanted_plain(question, now_us);
        return;
    }
    size_t upstream = retry_choose(&question->retry, share->health);
    if (upstream == share->upstreams.count)
        return;
    send_to(question, upstream, now_us);
    if (question->is_busy && !question->is_concluded)
        wait_while_busy(question, now_us);
    send_probe(question, upstream, now_us);
}
