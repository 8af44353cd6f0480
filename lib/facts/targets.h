/* SPDX-License-Identifier: BSD-2-Clause */
/* targets.h: the addresses of a domain's MX hosts: of the first by preference, then of the others side by side, until
 * one is usable. */
#ifndef MXCHECK_FACTS_TARGETS_H
#define MXCHECK_FACTS_TARGETS_H

#include "dns/resolver.h"
#include "facts/draft.h"
#include "mail/network.h"

struct targets_wants {
    size_t most; /* hosts that are looked at, up to DRAFT_TARGETS_MAX; 0: none, and the rest means nothing */
    const struct networks *forbidden; /* an address in these is not usable; lent, NULL: none */
    bool skips_special_use;           /* hosts that public DNS never has are not asked for */
    uint64_t patience_us;             /* so long the first host is asked alone, at most */
};

struct targets;

/* Called once from the loop's turn, when one is usable or all have been asked; the answers are in the draft, which is
 * told whether there is none. False: memory ran out. */
typedef void (*targets_cb)(void *user, bool is_whole);

/* Ask for the targets of a draft whose MX are known. Returns 0 with *targets lent until targets_free, or -1 when memory
 * ran out. *targets is NULL where there is nothing to ask, and then there is no callback. */
int targets_start(struct resolver *resolver, struct draft *draft, const struct targets_wants *wants,
                  uint64_t deadline_us, targets_cb callback, void *user, struct targets **targets);

/* Silent and final; from inside the callback, too. */
void targets_free(struct targets *targets);

/* Has the answer an address that is not forbidden? */
bool targets_are_usable(const struct networks *forbidden, const struct dns_answer *answer, enum dns_type type);

#endif
