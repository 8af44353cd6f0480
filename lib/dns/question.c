/* SPDX-License-Identifier: BSD-2-Clause */
/* question.c: starts a question, ends it by its deadline, and delivers the answer. */
#include "dns/question.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dns/blame.h"
#include "dns/question_state.h"

#include <stddef.h>
#include <string.h>

static void on_called(void *user)
{
    question_send_soon(user);
}

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
        transport_cancel(&question->attempts[i]->transport);
    for (size_t i = ATTEMPTS_USUAL; i < question->attempt_count; i++)
        memory_free(share->memory, question->attempts[i]);
    send_queue_leave(&share->queue, &question->place);
    loop_timer_clear(share->resolver->loop, &question->timer);
    unlink_question(question);
    if (!send_queue_is_empty(&share->queue))
        send_queue_move(&share->queue, transports_running(share->transports), clock_now_us());
    question->handle->inner = NULL;
    question_drop_kept(&question->fallback);
    question_drop_kept(&question->doubtful);
    if (question->answer.block != NULL)
        answer_clear(&question->answer);
    memory_free(share->memory, question);
}

/* What the AD bit says, if it was requested and the resolver is trusted (RFC 6840 section 5.8). */
static mxcheck_dnssec dnssec_of(const struct question *question, const struct dns_answer *answer)
{
    if (answer->outcome == DNS_BOGUS)
        return MXCHECK_DNSSEC_BOGUS;
    if (answer->outcome == DNS_FAILURE || answer->outcome == DNS_TIMEOUT ||
        !question_believes(question, question->answer_upstream))
        return MXCHECK_DNSSEC_UNKNOWN;
    return answer->authentic ? MXCHECK_DNSSEC_SECURE : MXCHECK_DNSSEC_INSECURE;
}

/* Deliver the answer. The callback comes last; it may ask, and cancel or free anything except the resolver. */
static void deliver(struct question *question)
{
    const struct memory *memory = question->share->memory;
    struct answer answer = question->answer;
    resolver_cb callback = question->callback;
    void *user = question->user;
    answer.dns.upstream = question_upstream(question, question->answer_upstream)->name;
    answer.dns.dnssec = dnssec_of(question, &answer.dns);
    if (answer.dns.outcome == DNS_FAILURE || answer.dns.outcome == DNS_TIMEOUT || answer.dns.outcome == DNS_BOGUS)
        answer.dns.blame =
            blame_of(&answer.dns, question_upstream(question, question->answer_upstream),
                     question_health(question, question->answer_upstream), question->asked_us, clock_now_us());
    if (question->is_out_of_memory) {
        answer.dns = question_nothing(DNS_FAILURE, "out of memory");
        answer.dns.is_local = true;
    }
    question->answer.block = NULL;
    question_free(question);
    callback(user, &answer.dns);
    memory_free(memory, answer.block);
}

/* Is there an upstream that was asked and has not answered, or could none be asked? */
static bool is_unanswered(const struct question *question)
{
    return question->attempt_count == 0 || question_has_running(question) || !question_has_failure(question);
}

/* The deadline has come. The answer is what an upstream said, or that none answered, or why none could be reached. */
static void give_up(struct question *question)
{
    if (question->fallback.is_there) {
        question_accept_fallback(question);
        return;
    }
    question->is_concluded = true;
    if (question_has_failure(question) && (question->answer.dns.rcode >= 0 || !is_unanswered(question)))
        return;
    resolver_count(question->share->resolver, RESOLVER_TIMEOUTS);
    question->answer.dns = question_nothing(DNS_TIMEOUT, "no answer");
    question->answer.dns.is_local = question->attempt_count == 0 || question->has_lacked_descriptor;
    question->answer_upstream = question->attempt_count == 0 ? 0 : question->attempts[0]->upstream;
}

static void on_timer(void *user)
{
    struct question *question = user;
    uint64_t now_us = clock_now_us();
    if (!question->is_concluded && now_us >= question->deadline_us)
        give_up(question);
    if (!question->is_concluded && question->fallback.is_there && now_us >= question->retry_us)
        question_accept_fallback(question);
    if (question->is_concluded)
        deliver(question);
    else if (question->is_due || now_us >= question->retry_us)
        question_send_next(question, now_us);
    else
        question_set_timer(question, question->retry_us);
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
    question->asked_us = clock_now_us();
    question->deadline_us = deadline_us;
    question->wait_us = share->retry_after_us;
    question->callback = callback;
    question->user = user;
    question->place.call = on_called;
    question->place.user = question;
    question->timer.fire = on_timer;
    question->timer.user = question;
    retry_init(&question->retry, share->upstreams.count);
    for (size_t i = 0; i < share->upstreams.count; i++) {
        if (question_upstream(question, i)->transport == UPSTREAM_RECURSION)
            retry_has_no_plain_form(&question->retry, i);
        else if (question_upstream(question, i)->transport != UPSTREAM_UDP)
            retry_is_asked_by_stream(&question->retry, i);
    }
    if (loop_timer_set(share->resolver->loop, &question->timer, 0) != 0) {
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
