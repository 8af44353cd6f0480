/* SPDX-License-Identifier: BSD-2-Clause */
/* retry.h: whom a question is sent to next, in which form, and when there is nobody left to ask. Pure. */
#ifndef MXCHECK_DNS_RETRY_H
#define MXCHECK_DNS_RETRY_H

#include "dns/health.h"
#include "dns/upstreams.h"

/* Some servers fail a question that has an OPT record (RFC 6891 section 7), others one whose name is not in lower case.
 * The plain form has neither. */
enum retry_form { RETRY_USUAL, RETRY_PLAIN };

/* What has become of a question at one upstream. */
struct retry_upstream {
    unsigned char sent[2];     /* by form */
    bool has_failed[2];        /* by form: it has answered, and not well */
    bool is_down;              /* it could not be reached since the last wait */
    unsigned char unreachable; /* how often it could not */
    bool is_stream;            /* what is lost there is a connection: another one is tried before another form */
};

/* Of one question. Zero it before retry_init. */
struct retry {
    size_t count;
    bool has_answer; /* some upstream has answered, and not well */
    struct retry_upstream upstream[UPSTREAMS_MAX];
};

void retry_init(struct retry *retry, size_t count);

/* This upstream is asked in the usual form alone. */
void retry_has_no_plain_form(struct retry *retry, size_t upstream);

/* This upstream is asked over connections. */
void retry_is_asked_by_stream(struct retry *retry, size_t upstream);

void retry_note_sent(struct retry *retry, size_t upstream, enum retry_form form);

/* It has answered a question of this form, and not well. */
void retry_note_failure(struct retry *retry, size_t upstream, enum retry_form form);

/* It has nothing better to say. */
void retry_note_end(struct retry *retry, size_t upstream);

/* What all have said does not count any more; nobody is asked before the next wait is over. */
void retry_reset(struct retry *retry);

/* It could not be reached: it is not asked again before the next wait is over. */
void retry_note_unreachable(struct retry *retry, size_t upstream);

/* A wait is over: whoever could not be reached may be tried again. */
void retry_clear_unreachable(struct retry *retry);

/* The upstream for the next sending; `count` when there is nobody to ask before the next wait is over. */
size_t retry_choose(const struct retry *retry, const struct health *health);

/* The form in which it is asked next: the usual one first, then by turns, and the one that has not failed. */
enum retry_form retry_form(const struct retry *retry, size_t upstream);

/* Every upstream has answered both forms, and not well; or could not be reached twice while another has answered. */
bool retry_is_over(const struct retry *retry);

#endif
