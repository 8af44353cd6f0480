/* SPDX-License-Identifier: BSD-2-Clause */
/* question.h: one question under way: its attempts, retransmission, failover and deadline. */
#ifndef MXCHECK_DNS_QUESTION_H
#define MXCHECK_DNS_QUESTION_H

#include "dns/getdns/transport.h"
#include "dns/health.h"
#include "dns/resolver.h"
#include "dns/send_queue.h"
#include "message/letter_case.h"

struct question;

/* What the questions of one resolver share. */
struct question_share {
    struct resolver *resolver; /* whose tally is kept */
    const mxcheck_memory *memory;
    const struct log *log;
    struct question *questions; /* all that are under way */
    struct line line;
    uint64_t retry_after_us;
    bool is_case_random;
    struct letter_case letter_case;
    struct transport_share transport;
    struct health health[UPSTREAMS_MAX];
    size_t count;
    struct transport *transports; /* by upstream, in the order of preference; then again over TCP */
};

/* Ask. Returns 0 with handle->inner set, or -1 when memory ran out. */
int question_start(struct question_share *share, const char *name, enum dns_type type, unsigned flags,
                   uint64_t deadline_us, resolver_cb callback, void *user, struct resolver_query *handle);

/* End it silently. From outside getdns' callbacks. */
void question_free(struct question *question);

#endif
