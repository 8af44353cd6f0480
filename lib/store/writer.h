/* SPDX-License-Identifier: BSD-2-Clause */
/* writer.h: the one who changes a shard. */
#ifndef MXCHECK_STORE_WRITER_H
#define MXCHECK_STORE_WRITER_H

#include "store/shard_state.h"

#include <stdbool.h>

/* The rings are copies, and sound. */
struct writer {
    struct shard *shard;
    struct index index; /* its block: NULL until the first record */
    struct ring young;
    struct ring proven;
    uint64_t since_us; /* when the lease was taken */
    bool is_broken;    /* what was found cannot be true: the shard is emptied at the end */
};

/* Wait for other writers, and make the sequence odd. In shared memory a writer that is stopped is waited for only a
 * moment. Who insists goes on then all the same, with an empty shard; others are told false: nothing may be changed
 * now. */
bool writer_begin(struct writer *writer, struct shard *shard, bool insists);

void writer_end(struct writer *writer);

#endif
