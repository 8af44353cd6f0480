/* SPDX-License-Identifier: BSD-2-Clause */
/* shard_state.h: what a shard consists of, for the files that implement it. */
#ifndef MXCHECK_STORE_SHARD_STATE_H
#define MXCHECK_STORE_SHARD_STATE_H

#include "base/lease.h"
#include "base/lock.h"
#include "base/process.h"
#include "base/siphash.h"
#include "store/index.h"
#include "store/ring.h"

#include <stddef.h>
#include <stdint.h>

/* What changes, beside the block: numbers without pointers. All zero is an empty shard. */
struct shard_state {
    uint32_t sequence;        /* atomic: odd while one writes */
    struct lock lock;         /* of those who write the memory of one process */
    struct lease lease;       /* of those who write shared memory */
    struct ring_state young;  /* what is new */
    struct ring_state proven; /* what was asked for again */
    uint64_t records;         /* remembered now; these three change under the lock, and are atomic */
    uint64_t words;           /* that they take */
    uint64_t evictions;
};

/* What each process knows by itself. */
struct shard {
    struct shard_state *state;     /* `own`, or in shared memory; lent */
    struct index index;            /* its block: atomic; NULL until the first record */
    uint32_t proven;               /* where the proven ring begins, and the young one ends */
    struct process *process;       /* lent; NULL: the memory is shared */
    const struct siphash_key *key; /* lent: of the checks of records in shared memory; NULL: they need none */
    struct shard_state own;
};

/* With the block as it is now. */
static inline struct index shard_index(const struct shard *shard)
{
    return (struct index){__atomic_load_n(&shard->index.block, __ATOMIC_ACQUIRE), shard->index.buckets,
                          shard->index.block_words};
}

#endif
