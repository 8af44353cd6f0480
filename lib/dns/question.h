/* SPDX-License-Identifier: BSD-2-Clause */
/* question.h: one question under way: its attempts, retransmission, failover and deadline. */
#ifndef MXCHECK_DNS_QUESTION_H
#define MXCHECK_DNS_QUESTION_H

#include "dns/resolver.h"

struct question;

struct question_share;

/* Ask. Returns 0 with handle->inner set, or -1 when memory ran out. */
int question_start(struct question_share *share, const char *name, enum dns_type type, unsigned flags,
                   uint64_t deadline_us, resolver_cb callback, void *user, struct resolver_query *handle);

/* End it silently. From outside getdns' callbacks. */
void question_free(struct question *question);

#endif
