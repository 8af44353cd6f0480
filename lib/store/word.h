/* SPDX-License-Identifier: BSD-2-Clause */
/* word.h: words that are read beside the one who writes. */
#ifndef MXCHECK_STORE_WORD_H
#define MXCHECK_STORE_WORD_H

#include <stdint.h>

static inline uint64_t word_load(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void word_store(uint64_t *word, uint64_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

#endif
