/* SPDX-License-Identifier: BSD-2-Clause */
/* retry.h: which upstream a question is sent to next, in which form, and when no upstream is left. Pure. */
#ifndef MXCHECK_DNS_RETRY_H
#define MXCHECK_DNS_RETRY_H

#include "dns/health.h"
#include "dns/upstreams.h"

/* Some servers fail on queries with an OPT record (RFC 6891 section 7), others on names that are not in lower case. The
 * plain form has neither. */
enum retry_form { RETRY_USUAL, RETRY_PLAIN };

/* The state of a question at one upstream. */
struct retry_upstream {
    unsigned char sent[2];     /* by form */
    bool has_failed[2];        /* by form: the upstream has answered with a failure */
    bool is_down;              /* it could not be reached during this wait */
    unsigned char unreachable; /* how often it could not be reached */
    bool is_stream;            /* after a loss a new connection is tried before another form */
};

/* Of one question. Zero it before retry_init. */
struct retry {
    size_t count;
    bool has_answer; /* some upstream has answered with a failure */
    struct retry_upstream upstream[UPSTREAMS_MAX];
};

void retry_init(struct retry *retry, size_t count);

/* This upstream gets only the usual form. */
void retry_has_no_plain_form(struct retry *retry, size_t upstream);

/* This upstream is queried over connections. */
void retry_is_asked_by_stream(struct retry *retry, size_t upstream);

void retry_note_sent(struct retry *retry, size_t upstream, enum retry_form form);

/* It has answered a query of this form with a failure. */
void retry_note_failure(struct retry *retry, size_t upstream, enum retry_form form);

/* It is not asked again: another form would give no better answer. */
void retry_note_end(struct retry *retry, size_t upstream);

/* Forget all failures. No upstream is asked before the wait is over. */
void retry_reset(struct retry *retry);

/* It could not be reached: it is not asked again before the wait is over. */
void retry_note_unreachable(struct retry *retry, size_t upstream);

/* A wait is over: upstreams that could not be reached may be tried again. */
void retry_clear_unreachable(struct retry *retry);

/* The upstream for the next attempt; `count` when there is none before the wait is over. */
size_t retry_choose(const struct retry *retry, const struct health *health);

/* The form of the next query to it: the usual one first, then in turns, but not one that has failed. */
enum retry_form retry_form(const struct retry *retry, size_t upstream);

/* Is no upstream left? Each has failed in both forms, or could not be reached twice while another one answered. */
bool retry_is_over(const struct retry *retry);

#endif
