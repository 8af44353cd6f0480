/* SPDX-License-Identifier: BSD-2-Clause */
/* question_state.c: what a question knows so far, and what its upstreams show of themselves. */
#include "dns/question_state.h"

#include "base/clock.h"

#include <string.h>

const char *question_type_name(enum dns_type type)
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

const struct upstream *question_upstream(const struct question *question, size_t upstream)
{
    return &question->share->upstreams.item[upstream];
}

struct health *question_health(const struct question *question, size_t upstream)
{
    return &question->share->health[upstream];
}

void question_set_timer(struct question *question, uint64_t due_us)
{
    /* The heap has room for this timer since the start. */
    loop_timer_set(question->share->resolver->loop, &question->timer, due_us);
}

void question_conclude(struct question *question)
{
    question->is_concluded = true;
    question_set_timer(question, 0);
}

void question_send_soon(struct question *question)
{
    question->is_due = true;
    question_set_timer(question, 0);
}

bool question_has_running(const struct question *question)
{
    for (size_t i = 0; i < question->attempt_count; i++) {
        if (question->attempts[i]->transport.is_running)
            return true;
    }
    return false;
}

bool question_is_plain_running(const struct question *question, size_t upstream)
{
    for (size_t i = 0; i < question->attempt_count; i++) {
        const struct attempt *attempt = question->attempts[i];
        if (attempt->upstream == upstream && attempt->form == RETRY_PLAIN && attempt->transport.is_running)
            return true;
    }
    return false;
}

void question_drop_kept(struct kept_answer *kept)
{
    if (kept->is_there)
        answer_clear(&kept->answer);
    kept->is_there = false;
}

void question_keep(struct kept_answer *kept, size_t upstream, bool is_checked, const struct answer *answer)
{
    question_drop_kept(kept);
    *kept = (struct kept_answer){true, is_checked, upstream, *answer};
}

/* Takes over the answer, in the place of the news so far. */
static void keep(struct question *question, size_t upstream, const struct answer *answer)
{
    if (question->answer.block != NULL)
        answer_clear(&question->answer);
    question->answer = *answer;
    question->answer_upstream = upstream;
}

void question_accept(struct question *question, size_t upstream, const struct answer *answer)
{
    keep(question, upstream, answer);
    question_conclude(question);
}

bool question_has_failure(const struct question *question)
{
    return question->answer.dns.failure != NULL;
}

mxcheck_id question_subject(const struct question *question)
{
    return question->handle->subject == NULL ? 0 : *question->handle->subject;
}

void question_note_failure(struct question *question, size_t upstream, struct answer *answer)
{
    log_line(question->share->log, MXCHECK_LOG_INFO, question_subject(question), "%s, %s: %s from %s", question->name,
             question_type_name(question->type), answer->dns.failure, question_upstream(question, upstream)->name);
    if (!question_has_failure(question) || question->answer.dns.rcode < 0)
        keep(question, upstream, answer);
    else
        answer_clear(answer);
}

void question_accept_fallback(struct question *question)
{
    struct kept_answer fallback = question->fallback;
    question->fallback.is_there = false;
    question_accept(question, fallback.upstream, &fallback.answer);
}

struct dns_answer question_nothing(enum dns_outcome outcome, const char *failure)
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

struct answer question_no_answer(const char *failure)
{
    return (struct answer){.dns = question_nothing(DNS_FAILURE, failure)};
}

void question_note_answer(struct question *question, size_t upstream)
{
    if (question_health(question, upstream)->is_silent)
        log_line(question->share->log, MXCHECK_LOG_INFO, 0, "%s answers again",
                 question_upstream(question, upstream)->name);
    health_note_answer(question_health(question, upstream), clock_now_us());
}

void question_note_silence(struct question *question, size_t upstream, uint64_t now_us, const char *why)
{
    bool says_more = why != NULL && strcmp(why, "no answer") != 0;
    if (!question_health(question, upstream)->is_silent)
        log_line(question->share->log, MXCHECK_LOG_WARNING, 0, "%s does not answer%s%s",
                 question_upstream(question, upstream)->name, says_more ? ": " : "", says_more ? why : "");
    health_note_silence(question_health(question, upstream), now_us);
}

void question_note_quirk(struct question_share *share, size_t upstream)
{
    uint64_t now_us = clock_now_us();
    if (!health_has_quirk(&share->health[upstream], now_us))
        log_line(share->log, MXCHECK_LOG_INFO, 0,
                 "%s fails questions with EDNS or with letter case, and is asked without",
                 share->upstreams.item[upstream].name);
    health_note_quirk(&share->health[upstream], now_us);
}

bool question_believes(const struct question *question, size_t upstream)
{
    return question->share->asks_ad && upstream_is_trusted(question_upstream(question, upstream));
}
