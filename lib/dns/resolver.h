/* SPDX-License-Identifier: BSD-2-Clause */
/* resolver.h: ask a name and a type, cancel, be called with the answer in our own words. The one door to DNS. */
#ifndef MXCHECK_DNS_RESOLVER_H
#define MXCHECK_DNS_RESOLVER_H

#include "base/log.h"
#include "dns/loop.h"
#include "message/dns_answer.h"

#include <mxcheck/mxcheck.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Called once from the loop's turn, never before resolver_ask has returned, never after resolver_cancel. Inside it
 * ask and cancel are allowed; freeing the resolver is not. */
typedef void (*resolver_cb)(void *user, const struct dns_answer *answer);

struct resolver;

/* A question under way: the asker owns the memory, the resolver the contents while it is under way. */
struct resolver_query {
    struct resolver *resolver;
    void *inner; /* NULL: not under way */
};

/* Flags of a question. */
enum resolver_flag {
    /* Nobody is rejected by what a server makes of our letter case, or by an empty message of a broken one: such an
     * answer says that it is unconfirmed, and is asked again with this flag. The name then goes in lower case, and an
     * empty message counts when every upstream that answers has nothing else. */
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

/* What resolvers count. */
enum resolver_tally {
    RESOLVER_QUERIES,  /* questions sent, each sending */
    RESOLVER_RETRIES,  /* those that were not the first for their question */
    RESOLVER_TIMEOUTS, /* questions that nobody answered in time */
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

/* Silent and final; does nothing when the query is not under way. */
static inline void resolver_cancel(struct resolver_query *query)
{
    if (query->inner != NULL)
        query->resolver->ops->cancel(query);
}

/* What this upstream said, unconfirmed, was wrong. */
static inline void resolver_contradict(struct resolver *resolver, const char *upstream)
{
    if (resolver->ops->contradict != NULL)
        resolver->ops->contradict(resolver, upstream);
}

/* Nothing is under way. */
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
