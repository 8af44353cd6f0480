/* SPDX-License-Identifier: BSD-2-Clause */
/* question_state.h: the state of one question in progress, for the files that implement it: question.c (start,
 * deadline, delivery), question_send.c and question_receive.c. */
#ifndef MXCHECK_DNS_QUESTION_STATE_H
#define MXCHECK_DNS_QUESTION_STATE_H

#include "dns/question_share.h"
#include "dns/retry.h"
#include "message/answer.h"

/* The most attempts of one question. As each wait is half as long again as the one before, this takes minutes. */
#define ATTEMPTS_MAX 20

/* Nearly no question needs more; memory for further ones is allocated when they are sent. */
#define ATTEMPTS_USUAL 2

/* One query that was sent for a question. */
struct attempt {
    struct transport_attempt transport; /* first */
    struct question *question;
    size_t upstream;
    enum retry_form form;
    bool is_over_tcp;   /* because a datagram was doubtful or truncated */
    bool is_alone;      /* no other attempt was sent to this upstream at the same time */
    bool was_answering; /* the upstream, when this was sent */
};

/* An answer that needs another one to confirm it. */
struct kept_answer {
    bool is_there;
    bool is_checked; /* it came as it should: over TCP, or to a query that has no random letter case */
    size_t upstream;
    struct answer answer;
};

struct question {
    struct question_share *share;
    struct resolver_query *handle;
    struct question *next;
    struct question **link;
    struct send_queue_place place;
    enum dns_type type;
    bool confirms;     /* RESOLVER_CONFIRMS */
    bool has_case;     /* the name has letters, so the cased name differs */
    uint64_t asked_us; /* when it began */
    uint64_t deadline_us;
    uint64_t retry_us; /* end of the wait: then the query counts as lost */
    bool is_due;       /* another attempt is due before that */
    uint64_t wait_us;  /* the next wait; grows by half */
    resolver_cb callback;
    void *user;
    struct loop_timer timer;
    bool is_concluded; /* `answer` is final; the timer delivers it */
    bool is_out_of_memory;
    bool has_lacked_descriptor;
    bool has_waited;        /* a wait has passed without an answer */
    bool is_busy;           /* the last attempt was TRANSPORT_BUSY */
    bool is_fallback_empty; /* see `fallback` */
    size_t answer_upstream;
    uint32_t over_tcp;    /* bit per upstream: it is queried over TCP, because a datagram was doubtful or truncated */
    uint32_t wants_plain; /* bit per upstream: it gets the plain form next, at once */
    unsigned stream_retries;
    unsigned refusals; /* after which it was asked again */
    struct retry retry;
    size_t attempt_count;
    const char *cased_name; /* behind `name` */
    /* A negative answer that is used if no better answer comes: from an upstream with a quirk to the usual form, or an
     * empty message. */
    struct kept_answer fallback;
    struct kept_answer doubtful; /* an answer in the wrong letter case, or one that does not agree with it */
    struct answer answer; /* the final one, or the failure so far; not zeroed at the start, nor is what follows */
    struct attempt *attempts[ATTEMPTS_MAX]; /* the first of them lead into: */
    struct attempt usual_attempts[ATTEMPTS_USUAL];
    char name[];
};

_Static_assert(UPSTREAMS_MAX < 32, "a bit for each upstream");

/* "MX" */
const char *question_type_name(enum dns_type type);
const struct upstream *question_upstream(const struct question *question, size_t upstream);
struct health *question_health(const struct question *question, size_t upstream);

/* Cannot fail. */
void question_set_timer(struct question *question, uint64_t due_us);

/* `answer` is final; it is delivered in the next turn of the loop. */
void question_conclude(struct question *question);

/* Send again in the next turn of the loop. */
void question_send_soon(struct question *question);

bool question_has_running(const struct question *question);

/* Is an attempt in the plain form in progress at this upstream? */
bool question_is_plain_running(const struct question *question, size_t upstream);

void question_drop_kept(struct kept_answer *kept);

/* Takes over the answer. */
void question_keep(struct kept_answer *kept, size_t upstream, bool is_checked, const struct answer *answer);

/* Takes over the answer, which is final. */
void question_accept(struct question *question, size_t upstream, const struct answer *answer);

/* Use the fallback as the answer. */
void question_accept_fallback(struct question *question);

/* The asynchronous check that log lines about it name. */
mxcheck_id question_subject(const struct question *question);

bool question_has_failure(const struct question *question);

/* Remember a failure; what a server said is preferred to "no server was reached". Takes over the answer. */
void question_note_failure(struct question *question, size_t upstream, struct answer *answer);

struct dns_answer question_nothing(enum dns_outcome outcome, const char *failure);
struct answer question_no_answer(const char *failure);

/* Log and remember how an upstream behaves; `why` it does not answer: a few words, or NULL. */
void question_note_answer(struct question *question, size_t upstream);
void question_note_silence(struct question *question, size_t upstream, uint64_t now_us, const char *why);
void question_note_quirk(struct question_share *share, size_t upstream);

/* Is its AD bit trusted? */
bool question_believes(const struct question *question, size_t upstream);

/* question_send.c: send to the next upstream; or to this upstream in this form. */
void question_send_next(struct question *question, uint64_t now_us);
void question_send(struct question *question, size_t upstream, enum retry_form form, bool is_over_tcp, uint64_t now_us);

/* question_receive.c: how attempts end. */
void question_on_ended(struct transport_attempt *transport, enum transport_end end, const uint8_t *message, size_t size,
                       const char *failure);
void question_on_doubted(struct transport_attempt *transport, const uint8_t *message, size_t size);
void question_on_truncated(struct transport_attempt *transport);
void question_on_unreachable(struct question *question, size_t upstream, const char *failure);

#endif
