/* SPDX-License-Identifier: BSD-2-Clause */
/* lookup.h: one domain's facts: MX; without one, A and AAAA side by side; with one, its hosts. Knows nothing of policy
 * but what to ask. */
#ifndef MXCHECK_FACTS_LOOKUP_H
#define MXCHECK_FACTS_LOOKUP_H

#include "base/memory.h"
#include "facts/facts.h"
#include "facts/targets.h"

struct lookup_wants {
    bool a;                       /* ask for A where there is no MX */
    bool aaaa;                    /* ask for AAAA where there is no MX */
    bool confirm_nxdomain;        /* ask for them after NXDOMAIN, too: some servers say NXDOMAIN to MX and hold an A */
    bool dnssec;                  /* the resolver asks for the AD bit */
    const mxcheck_id *subject;    /* of log lines: see resolver_query */
    struct targets_wants targets; /* MX hosts; with them, an A record that is not usable does not settle it either */
};

struct lookup;

/* Called once from the loop's turn; gives the facts, or NULL when memory ran out. The lookup is gone by then. */
typedef void (*lookup_cb)(void *user, struct facts *facts);

/* Start a lookup that ends by deadline_us. Returns 0 with *lookup lent until the callback, or -1 when memory ran out.
 */
int lookup_start(const struct memory *memory, struct resolver *resolver, const char *domain,
                 const struct lookup_wants *wants, uint64_t deadline_us, lookup_cb callback, void *user,
                 struct lookup **lookup);

/* Silent and final. */
void lookup_cancel(struct lookup *lookup);

#endif
