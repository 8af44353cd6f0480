/* SPDX-License-Identifier: BSD-2-Clause */
/* scripted_transport.h: stands behind dns/transport.h in the place of getdns: each sending has the answer that a script
 * gives, and is written down. With a clock of its own, so that no test waits. */
#ifndef MXCHECK_TESTS_SCRIPTED_TRANSPORT_H
#define MXCHECK_TESTS_SCRIPTED_TRANSPORT_H

#include "dns/transport.h"

/* What a script says of one way of asking. The answers come after SCRIPT_DELAY_US. */
#define SCRIPT_DELAY_US 10000

/* The time of base/clock. */
extern uint64_t script_now_us;

/* What has been sent: "0 0:cased 500 1:plain", milliseconds since script_begin, upstream, form: cased, lower, plain (no
 * EDNS and lower case); "/tcp" behind it over TCP, "/own" for a connection of its own. */
extern char script_trace[2000];

/* Begin a script: words "UPSTREAM:FORM=WHAT", each of which goes for the sendings that FORM (cased, lower, plain, tcp,
 * or any) describes; the first that fits counts, and what fits none is silent. "WHAT,WHAT" are the answers to the first
 * sending, to the second, and the last one to all further. WHAT: records, other (records that differ), nodata, empty
 * (no SOA), nxdomain, servfail, refused, formerr, malformed, unreachable, truncated, doubted, silent; or what sending
 * itself comes to: no-descriptor, no-memory, busy, no-route. */
void script_begin(const char *script);

#endif
