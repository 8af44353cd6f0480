/* SPDX-License-Identifier: BSD-2-Clause */
/* joint_lookup.h: one lookup for all threads of a context that wait for the same domain. The first thread asks DNS, the
 * others wait for what it learns, each until its own deadline. Any thread. */
#ifndef MXCHECK_ENGINE_JOINT_LOOKUP_H
#define MXCHECK_ENGINE_JOINT_LOOKUP_H

#include "engine/pool.h"

/* A thread that waits; on its stack. */
struct joint_follower {
    pthread_cond_t ended;
    bool is_ended;
    struct facts *facts;
    struct joint_follower *next;
};

/* A lookup under way, on the stack of the thread that does it. */
struct joint_lookup {
    struct pool *pool;
    const char *domain;
    uint64_t deadline_us;
    struct joint_follower *followers;
    struct joint_lookup *next; /* in pool->lookups */
    struct joint_lookup **link;
};

/* Wait for the lookup of this domain that another thread does, or be the one who does it. Returns false with a share of
 * *facts when another thread has looked it up. Returns true when the caller is to do so: it then calls
 * joint_lookup_end, whatever the outcome. `domain` is lent until then.
 *
 * The caller looks for itself where waiting would not do: the other's deadline is later than deadline_us; the other had
 * no memory or no descriptor, which says nothing of DNS; or it timed out while the caller has time left. */
bool joint_lookup_begin(struct joint_lookup *lookup, struct pool *pool, const char *domain, uint64_t deadline_us,
                        struct facts **facts);

/* Hand the facts to all who wait; NULL when there are none. The caller keeps its own share. */
void joint_lookup_end(struct joint_lookup *lookup, const struct facts *facts);

#endif
