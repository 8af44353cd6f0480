/* SPDX-License-Identifier: BSD-2-Clause */
/* check.h: the first word of a record: its size, and in shared memory a check of what it says, so that no half of one
 * is believed. */
#ifndef MXCHECK_STORE_CHECK_H
#define MXCHECK_STORE_CHECK_H

#include "base/siphash.h"

#include <stddef.h>

#define CHECK_SHIFT 32

/* Of a record of so many words under this hash; its top bit is free for others. 0 without a key. */
static inline uint64_t check_of(const struct siphash_key *key, uint64_t hash, const void *record, size_t words)
{
    if (key == NULL)
        return 0;
    return (siphash(key, record, words * sizeof(uint64_t)) ^ hash) >> (CHECK_SHIFT + 1) << CHECK_SHIFT;
}

#endif
