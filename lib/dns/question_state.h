/* SPDX-License-Identifier: BSD-2-Clause */
/* question_state.h: what is known of one question while it is under way. For the rooms that it is made of: question.c,
 * its life; question_send.c; question_receive.c. */
#ifndef MXCHECK_DNS_QUESTION_STATE_H
#define MXCHECK_DNS_QUESTION_STATE_H

#include "dns/question_share.h"
#include "dns/retry.h"
#include "message/answer.h"

/* Attempts of one question; with waits growing by half each time this is minutes. */
#define ATTEMPTS_MAX 20

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
struct kept_answer {
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
    struct send_queue_place place;
    enum dns_type type;
    bool confirms;     /* RESOLVER_CONFIRMS */
    bool has_case;     /* the cased name is not the name */
    uint64_t asked_us; /* when it began */
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
    bool has_waited;        /* for an answer that has not come in time */
    bool is_busy;           /* by TRANSPORT_BUSY */
    bool is_fallback_empty; /* see `fallback` */
    size_t answer_upstream;
    uint32_t over_tcp;    /* bit per upstream: it is asked over TCP, because a datagram was doubted or cut short */
    uint32_t wants_plain; /* bit per upstream: it is asked in the plain form next, at once */
    unsigned stream_retries;
    unsigned refusals; /* after which it was asked again */
    struct retry retry;
    size_t attempt_count;
    const char *cased_name; /* behind `name` */
    /* What counts should nothing better come: that there is nothing, as an upstream with a quirk says to the usual
     * form, or by an empty message. */
    struct kept_answer fallback;
    struct kept_answer doubtful; /* an answer in the wrong letter case, or one that does not agree with it */
    struct answer answer;        /* the final one, or the worst news so far; from here on nothing is zeroed at first */
    struct attempt attempts[ATTEMPTS_MAX];
    char name[];
};

_Static_assert(UPSTREAMS_MAX < 32, "a bit for each upstream");

/* "MX" */
const char *question_type_name(enum dns_type type);
const struct upstream *question_upstream(const struct question *question, size_t upstream);
struct health *question_health(const struct question *question, size_t upstream);

/* Cannot fail. */
void question_set_timer(struct question *question, uint64_t due_us);

/* `answer` is final, and is delivered in the next turn. */
void question_conclude(struct question *question);

/* Send again in the next turn. */
void question_send_soon(struct question *question);

bool question_has_running(const struct question *question);

/* Is an attempt in the plain form under way at this upstream? */
bool question_is_plain_running(const struct question *question, size_t upstream);

void question_drop_kept(struct kept_answer *kept);

/* Takes over the answer. */
void question_keep(struct kept_answer *kept, size_t upstream, bool is_checked, const struct answer *answer);

/* Takes over the answer, which is final. */
void question_accept(struct question *question, size_t upstream, const struct answer *answer);

/* The fallback counts after all. */
void question_accept_fallback(struct question *question);

bool question_has_failure(const struct question *question);

/* Keep news that is not an answer: what a server said rather than that none was reached. Takes over the answer. */
void question_note_failure(struct question *question, size_t upstream, struct answer *answer);

struct dns_answer question_nothing(enum dns_outcome outcome, const char *failure);
struct answer question_no_answer(const char *failure);

/* What an upstream shows of itself. */
void question_note_answer(struct question *question, size_t upstream);
void question_note_silence(struct question *question, size_t upstream, uint64_t now_us);
void question_note_quirk(struct question_share *share, size_t upstream);

/* Is its word taken on what it has validated? */
bool question_believes(const struct question *question, size_t upstream);

/* question_send.c: ask whoever is next; or one upstream, in this form. */
void question_send_next(struct question *question, uint64_t now_us);
void question_send(struct question *question, size_t upstream, enum retry_form form, bool is_over_tcp, uint64_t now_us);

/* question_receive.c: what becomes of attempts. */
void question_on_ended(struct transport_attempt *transport, enum transport_end end, const uint8_t *message, size_t size,
                       const char *failure);
void question_on_doubted(struct transport_attempt *transport, const uint8_t *message, size_t size);
void question_on_truncated(struct transport_attempt *transport);
void question_on_unreachable(struct question *question, size_t upstream, const char *failure);

#endif
