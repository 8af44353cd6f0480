/* SPDX-License-Identifier: BSD-2-Clause */
/* context.h: a getdns context that asks one upstream, on our event loop. */
#ifndef MXCHECK_DNS_GETDNS_CONTEXT_H
#define MXCHECK_DNS_GETDNS_CONTEXT_H

#include "dns/upstreams.h"

#include <getdns/getdns_extra.h>

struct freelist;

/* Gives a context that takes its memory from `freelist` and waits on `eventloop`, both of which must outlive it; NULL
 * when memory ran out or the stack is too small. With asks_ad its questions have the AD bit set (RFC 6840 section 5.7).
 * Release with getdns_context_destroy, from outside getdns' callbacks. */
getdns_context *context_new(const struct upstream *upstream, struct freelist *freelist, getdns_eventloop *eventloop,
                            bool asks_ad);

/* Whether the questions asked from now on have an OPT record (RFC 6891). False when getdns refuses. */
bool context_set_edns(getdns_context *context, bool has_opt);

#endif
