/* SPDX-License-Identifier: BSD-2-Clause */
/* shard.h: a part of the cache: records by hash, in one block of memory that never grows. Reading takes no lock and
 * writes almost nothing. New records must be used again before they displace records that are used often (S3-FIFO: Yang
 * and others, SOSP 2023). */
#ifndef MXCHECK_FACTS_SHARD_H
#define MXCHECK_FACTS_SHARD_H

#include "base/lock.h"
#include "base/process.h"
#include "facts/ring.h"

#include <mxcheck/mxcheck.h>

#include <stddef.h>
#include <stdint.h>

struct shard {
    struct process *process; /* lent */
    struct lock lock;        /* of those who write */
    uint32_t sequence;       /* atomic: odd while one writes */
    uint64_t *block;         /* atomic; NULL until the first record */
    size_t block_words;      /* of the block, once there is one */
    uint32_t buckets;        /* a power of two */
    struct ring young;       /* what is new */
    struct ring proven;      /* what was asked for again */
    uint64_t records;        /* remembered now; these three change under the lock, and are atomic */
    uint64_t words;          /* that they take */
    uint64_t evictions;
};

/* Make an empty shard that will take `bytes` of memory, at least SHARD_BYTES_MIN and below 2^34. Takes none yet.
 * `process` is lent. */
#define SHARD_BYTES_MIN 8192
void shard_init(struct shard *shard, size_t bytes, struct process *process);
void shard_clear(struct shard *shard, const mxcheck_memory *memory);

/* Prefetch the memory that shard_get reads first. */
void shard_expect(const struct shard *shard, uint64_t hash);

/* Copy the record of this hash to `copy`, which has room for `room` words, and count the use. Returns its size in
 * words: 0 when there is none; more than `room` when it does not fit, and then nothing was copied. */
size_t shard_get(struct shard *shard, uint64_t hash, void *copy, size_t room);

/* Store `words` words as the record of this hash; they replace the record before. A record that does not fit, or for
 * which there is no memory, is dropped. */
void shard_put(struct shard *shard, const mxcheck_memory *memory, uint64_t hash, const void *record, size_t words);

/* Remove one record, or all. */
void shard_remove(struct shard *shard, uint64_t hash);
void shard_reset(struct shard *shard);

#endif
