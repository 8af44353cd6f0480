/* SPDX-License-Identifier: BSD-2-Clause */
/* upstream_resolver.h: a resolver that asks the upstreams through getdns. */
#ifndef MXCHECK_DNS_UPSTREAM_RESOLVER_H
#define MXCHECK_DNS_UPSTREAM_RESOLVER_H

#include "base/memory.h"
#include "dns/resolver.h"
#include "dns/upstreams.h"

struct resolver_settings {
    uint64_t retry_after_us; /* the wait before the first retransmission; it then grows by half each time */
    bool asks_ad; /* questions say that their asker reads the AD bit (RFC 6840 section 5.7), and answers tell what it
                     was */
    bool is_case_random; /* over UDP names are sent in a random letter case, which answers must bring back */
};

/* Gives a resolver on `loop`, which must outlive it, as must `memory` and `log`. Opens nothing until the first
 * question. Returns NULL when memory ran out. Release with resolver_free from outside its callbacks. */
struct resolver *upstream_resolver_new(const struct memory *memory, const struct log *log, struct loop *loop,
                                       const struct upstreams *upstreams, const struct resolver_settings *settings);

#endif
