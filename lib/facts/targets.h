/* SPDX-License-Identifier: BSD-2-Clause */
/* targets.h: looks up the addresses of MX hosts: of the first by preference, then of the others at the same time, until
 * one is usable. */
#ifndef MXCHECK_FACTS_TARGETS_H
#define MXCHECK_FACTS_TARGETS_H

#include "dns/resolver.h"
#include "facts/draft.h"
#include "mail/name_list.h"
#include "mail/network.h"

struct targets_wants {
    size_t most; /* hosts that are looked at, up to DRAFT_TARGETS_MAX; 0: none, and of the rest only the names of
                    refused hosts count */
    const struct networks *forbidden; /* an address in these is not usable; lent, NULL: none */
    const struct name_list *refused;  /* hosts that are not looked up; lent, NULL: none */
    const struct name_list *required; /* all that are; lent, NULL: every other */
    bool skips_special_use;           /* hosts that never exist in public DNS are not looked up */
    uint64_t patience_us;             /* how long the first host is looked up alone, at most */
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
