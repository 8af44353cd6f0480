/* SPDX-License-Identifier: BSD-2-Clause */
/* resolver_getdns.h: a resolver that asks the upstreams through getdns. */
#ifndef MXCHECK_DNS_RESOLVER_GETDNS_H
#define MXCHECK_DNS_RESOLVER_GETDNS_H

#include "dns/resolver.h"
#include "dns/upstreams.h"

/* Gives a resolver on `loop`, which must outlive it, as must `memory` and `log`. retry_after_us is the wait before the
 * first retransmission; it then grows by half each time. With asks_ad each question says that its asker reads the AD
 * bit (RFC 6840 section 5.7), and answers tell what it was. Opens nothing until the first question. Returns NULL when
 * memory ran out. Release with resolver_free from outside its callbacks. */
struct resolver *resolver_getdns_new(const mxcheck_memory *memory, const struct log *log, struct loop *loop,
                                     const struct upstreams *upstreams, uint64_t retry_after_us, bool asks_ad);

#endif
