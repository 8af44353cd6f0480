/* SPDX-License-Identifier: BSD-2-Clause */
/* writer.c: takes a shard's lock, or its lease in shared memory, and empties what was left half done. */
#include "store/writer.h"

#include "base/clock.h"

#include <sched.h>
#include <time.h>

#define YIELDS_MAX 100  /* for the lease, before a record is dropped */
#define INSIST_US 50000 /* how long who insists waits for it */

static void open_rings(struct writer *writer)
{
    const struct shard *shard = writer->shard;
    ring_init(&writer->young, index_words(shard->index.buckets), shard->proven);
    ring_init(&writer->proven, shard->proven, shard->index.block_words);
}

static void reset(struct writer *writer)
{
    struct shard_state *state = writer->shard->state;
    size_t words = index_words(writer->index.buckets);
    for (size_t i = 0; writer->index.block != NULL && i < words; i++)
        word_store(writer->index.block + i, 0);
    open_rings(writer);
    writer->is_broken = false;
    __atomic_store_n(&state->records, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&state->words, 0, __ATOMIC_RELAXED);
}

static struct ring_state load_ring(const struct ring_state *state)
{
    return (struct ring_state){__atomic_load_n(&state->head, __ATOMIC_RELAXED),
                               __atomic_load_n(&state->tail, __ATOMIC_RELAXED),
                               __atomic_load_n(&state->used, __ATOMIC_RELAXED)};
}

static void store_ring(struct ring_state *state, const struct ring *ring)
{
    __atomic_store_n(&state->head, ring->at.head, __ATOMIC_RELAXED);
    __atomic_store_n(&state->tail, ring->at.tail, __ATOMIC_RELAXED);
    __atomic_store_n(&state->used, ring->at.used, __ATOMIC_RELAXED);
}

/* Returns false when another has it and keeps it. Who insists takes it in the end: two writers at once may lose
 * records, and no more. */
static bool take_lease(struct writer *writer, bool insists)
{
    static const struct timespec pause = {.tv_sec = 0, .tv_nsec = 50000};
    uint64_t begun_us = clock_now_us();
    enum lease_outcome outcome;
    for (int tries = 0;; tries++) {
        writer->since_us = clock_now_us();
        outcome = lease_try(&writer->shard->state->lease, writer->since_us);
        if (outcome != LEASE_BUSY)
            break;
        if (!insists && tries >= YIELDS_MAX)
            return false;
        if (insists && writer->since_us - begun_us > INSIST_US)
            break;
        if (tries < YIELDS_MAX)
            sched_yield();
        else
            nanosleep(&pause, NULL);
    }
    writer->is_broken = outcome != LEASE_TAKEN;
    return true;
}

/* Half done is undone: what a thread of the parent process was at when it forked. */
bool writer_begin(struct writer *writer, struct shard *shard, bool insists)
{
    struct shard_state *state = shard->state;
    *writer = (struct writer){.shard = shard};
    if (shard->process != NULL)
        writer->is_broken = lock_take(&state->lock, process_self(shard->process));
    else if (!take_lease(writer, insists))
        return false;
    writer->index = shard_index(shard);
    open_rings(writer);
    struct ring_state young = load_ring(&state->young);
    struct ring_state proven = load_ring(&state->proven);
    bool is_new = young.head == 0;
    if (!is_new) {
        writer->young.at = young;
        writer->proven.at = proven;
    }
    __atomic_store_n(&state->sequence, __atomic_load_n(&state->sequence, __ATOMIC_RELAXED) | 1, __ATOMIC_RELAXED);
    if (writer->is_broken || !ring_is_sound(&writer->young) || !ring_is_sound(&writer->proven))
        reset(writer);
    return true;
}

void writer_end(struct writer *writer)
{
    struct shard *shard = writer->shard;
    struct shard_state *state = shard->state;
    if (writer->is_broken)
        reset(writer);
    if (shard->process == NULL && !lease_is_held(&state->lease, writer->since_us))
        return;
    store_ring(&state->young, &writer->young);
    store_ring(&state->proven, &writer->proven);
    uint32_t sequence = __atomic_load_n(&state->sequence, __ATOMIC_RELAXED) | 1;
    __atomic_store_n(&state->sequence, sequence + 1, __ATOMIC_RELEASE);
    if (shard->process != NULL)
        lock_give(&state->lock);
    else
        lease_give(&state->lease, writer->since_us);
}
