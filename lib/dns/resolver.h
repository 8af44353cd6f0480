/* SPDX-License-Identifier: BSD-2-Clause */
/* resolver.h: asks a question (name and type), cancels it, delivers the answer. Everything above uses DNS through this.
 * */
#ifndef MXCHECK_DNS_RESOLVER_H
#define MXCHECK_DNS_RESOLVER_H

#include "base/log.h"
#include "dns/loop.h"
#include "message/dns_answer.h"

#include <mxcheck/mxcheck.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Called once from the loop's turn; never before resolver_ask has returned, and never after resolver_cancel. It may ask
 * and cancel; it must not free the resolver. */
typedef void (*resolver_cb)(void *user, const struct dns_answer *answer);

struct resolver;

/* A question in progress. The asker owns the memory; the resolver uses it while the question is in progress. */
struct resolver_query {
    struct resolver *resolver;
    void *inner;               /* NULL: not under way */
    const mxcheck_id *subject; /* the asynchronous check for which it is asked, as it is now, for log lines; NULL or 0:
                                  none, or several */
};

/* Flags of a question. */
enum resolver_flag {
    /* No rejection may rest on random letter case, or on an empty message of a broken server: such an answer is marked
     * unconfirmed, and the question is asked again with this flag. The name is then sent in lower case, and an empty
     * message counts only when no upstream has anything else. */
    RESOLVER_CONFIRMS = 1
};

struct resolver_ops {
    int (*ask)(struct resolver *resolver, const char *name, enum dns_type type, unsigned flags, uint64_t deadline_us,
               resolver_cb callback, void *user, struct resolver_query *query);
    void (*cancel)(struct resolver_query *query);
    bool (*is_idle)(const struct resolver *resolver);
    void (*contradict)(struct resolver *resolver, const char *upstream); /* or NULL */
    void (*free)(struct resolver *resolver);
};

/* Counters of a resolver. */
enum resolver_tally {
    RESOLVER_QUERIES,  /* queries sent, retransmissions included */
    RESOLVER_RETRIES,  /* queries that were not the first of their question */
    RESOLVER_TIMEOUTS, /* questions that no upstream answered in time */
    RESOLVER_TALLIES
};

struct resolver {
    const struct resolver_ops *ops;
    struct loop *loop;     /* from whose turn answers come */
    uint64_t *tally;       /* RESOLVER_TALLIES of its owner's, atomic; NULL: nobody wants to know */
    struct resolver *next; /* its owner's */
};

static inline void resolver_count(const struct resolver *resolver, enum resolver_tally kind)
{
    if (resolver->tally != NULL)
        __atomic_add_fetch(&resolver->tally[kind], 1, __ATOMIC_RELAXED);
}

/* Ask for an absolute name (no search list). flags: of enum resolver_flag; deadline_us is of clock_now_us. Returns 0,
 * or -1 when memory ran out, and then there is no callback. */
static inline int resolver_ask(struct resolver *resolver, const char *name, enum dns_type type, unsigned flags,
                               uint64_t deadline_us, resolver_cb callback, void *user, struct resolver_query *query)
{
    query->resolver = resolver;
    query->inner = NULL;
    return resolver->ops->ask(resolver, name, type, flags, deadline_us, callback, user, query);
}

/* Cancel: there is no callback. Does nothing when the query is not in progress. */
static inline void resolver_cancel(struct resolver_query *query)
{
    if (query->inner != NULL)
        query->resolver->ops->cancel(query);
}

/* The unconfirmed answer of this upstream was wrong. */
static inline void resolver_contradict(struct resolver *resolver, const char *upstream)
{
    if (resolver->ops->contradict != NULL)
        resolver->ops->contradict(resolver, upstream);
}

/* Is no question in progress? */
static inline bool resolver_is_idle(const struct resolver *resolver)
{
    return resolver->ops->is_idle(resolver);
}

static inline void resolver_free(struct resolver *resolver)
{
    if (resolver != NULL)
        resolver->ops->free(resolver);
}

#endif
