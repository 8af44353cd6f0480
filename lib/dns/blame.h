/* SPDX-License-Identifier: BSD-2-Clause */
/* blame.h: who can repair a failure: the operator of the domain, or the operator of the upstream. Pure. */
#ifndef MXCHECK_DNS_BLAME_H
#define MXCHECK_DNS_BLAME_H

#include "dns/health.h"
#include "dns/resolver.h"
#include "dns/upstreams.h"

/* An upstream that has answered nothing for so long is at fault itself. */
#define BLAME_SILENCE_US 60000000

/* For a failure or a timeout of this upstream. asked_us is when the question began. */
enum dns_blame blame_of(const struct dns_answer *answer, const struct upstream *upstream, const struct health *health,
                        uint64_t asked_us, uint64_t now_us);

#endif
