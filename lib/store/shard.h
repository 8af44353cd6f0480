/* SPDX-License-Identifier: BSD-2-Clause */
/* shard.h: a part of the cache: records by hash, in one block of memory that never grows. Reading takes no lock and
 * writes almost nothing. New records must be used again before they displace records that are used often (S3-FIFO: Yang
 * and others, SOSP 2023).
 *
 * The memory is of this process alone, or shared with other processes. They may be killed at any instruction, and some
 * may write what they like: then records are lost or untrue, and no more. */
#ifndef MXCHECK_STORE_SHARD_H
#define MXCHECK_STORE_SHARD_H

#include "base/memory.h"
#include "store/shard_state.h"

#include <mxcheck/mxcheck.h>

/* Make an empty shard that will take `bytes` of memory, at least SHARD_BYTES_MIN and below 2^34. Takes none yet. */
#define SHARD_BYTES_MIN 8192
void shard_init(struct shard *shard, size_t bytes, struct process *process);
void shard_clear(struct shard *shard, const struct memory *memory);

/* Use a shard in memory that is shared: state and block of so many `bytes` are zero, or as other processes left them.
 */
void shard_attach(struct shard *shard, struct shard_state *state, void *block, size_t bytes,
                  const struct siphash_key *key);

/* Prefetch the memory that shard_get reads first. */
void shard_expect(const struct shard *shard, uint64_t hash);

/* Copy the record of this hash to `copy`, which has room for `room` words, and count the use. Returns its size in
 * words: 0 when there is none; more than `room` when it does not fit, and then nothing was copied. */
size_t shard_get(struct shard *shard, uint64_t hash, void *copy, size_t room);

/* Store `words` words as the record of this hash; they replace the record before. A record that does not fit, or for
 * which there is no memory, is dropped; in shared memory also one that comes while another is written for long. */
void shard_put(struct shard *shard, const struct memory *memory, uint64_t hash, const void *record, size_t words);

/* Remove one record, or all. */
void shard_remove(struct shard *shard, uint64_t hash);
void shard_reset(struct shard *shard);

struct shard_counts {
    uint64_t records; /* now */
    uint64_t words;   /* that they take */
    uint64_t evictions;
};
struct shard_counts shard_count(const struct shard *shard);

#endif
