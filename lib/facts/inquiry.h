/* SPDX-License-Identifier: BSD-2-Clause */
/* inquiry.h: one question of a lookup, followed along aliases that the resolver left, and what the draft keeps of its
 * answer. */
#ifndef MXCHECK_FACTS_INQUIRY_H
#define MXCHECK_FACTS_INQUIRY_H

#include "dns/resolver.h"
#include "facts/draft.h"

/* A bare alias is followed by a question of our own, at most so often. */
#define INQUIRY_ALIAS_MAX 8

struct inquiry;

/* Called once from the loop's turn: the answer is in the draft, and lent (NULL: memory ran out). It may start and
 * cancel others, and free the inquiry. */
typedef void (*inquiry_cb)(struct inquiry *inquiry, const struct dns_answer *answer);

/* In the memory of its owner, zeroed; it stays where it is while under way, and so does what it is given. */
struct inquiry {
    void *owner;
    inquiry_cb done;
    struct draft *draft;
    struct facts_answer *answer; /* in the draft */
    enum dns_type type;
    struct resolver_query query;
    uint64_t started_us;
    uint64_t deadline_us;
    unsigned flags;      /* of enum resolver_flag */
    bool is_unconfirmed; /* the answer: see dns_answer */
    unsigned alias_steps;
    uint32_t alias_ttl_s;  /* lowest of the aliases that were followed here */
    mxcheck_dnssec dnssec; /* of those aliases */
};

/* Ask for `name`; owner, done, draft and answer are set. flags: of enum resolver_flag. Returns 0, or -1 when memory ran
 * out. */
int inquiry_start(struct inquiry *inquiry, struct resolver *resolver, const char *name, enum dns_type type,
                  unsigned flags, uint64_t deadline_us);

static inline bool inquiry_is_under_way(const struct inquiry *inquiry)
{
    return inquiry->query.inner != NULL;
}

/* Silent and final. */
static inline void inquiry_cancel(struct inquiry *inquiry)
{
    resolver_cancel(&inquiry->query);
}

#endif
