/* SPDX-License-Identifier: BSD-2-Clause */
/* joint_lookup.h: one lookup for all threads of a context that check the same domain at the same time. The first thread
 * looks it up, and the others wait for its facts, each until about its own deadline. Any thread. */
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

/* A lookup in progress, on the stack of the thread that does it. */
struct joint_lookup {
    struct pool *pool;
    const char *domain;
    uint64_t deadline_us;
    struct joint_follower *followers;
    struct joint_lookup *next; /* in pool->lookups */
    struct joint_lookup **link;
};

/* Wait for another thread's lookup of this domain, or become the thread that does it. Returns false with a reference in
 * *facts when another thread has looked it up. Returns true when the caller must do the lookup, and then call
 * joint_lookup_end in any case. `domain` must stay valid until then. The caller does its own lookup when waiting is no
 * use: when the deadline of the other is later than deadline_us, when the other lacked memory or a descriptor, when it
 * timed out and the caller has time left, or when the context was told to stop, which its own lookup finds out. */
bool joint_lookup_begin(struct joint_lookup *lookup, struct pool *pool, const char *domain, uint64_t deadline_us,
                        struct facts **facts);

/* Give the facts (NULL: there are none) to all threads that wait. The caller keeps its own reference. */
void joint_lookup_end(struct joint_lookup *lookup, const struct facts *facts);

#endif
