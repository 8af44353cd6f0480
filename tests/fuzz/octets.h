/* SPDX-License-Identifier: BSD-2-Clause */
/* octets.h: the data of a fuzz target, taken piece by piece; when they are used up, there are zeros for ever. */
#ifndef MXCHECK_TESTS_FUZZ_OCTETS_H
#define MXCHECK_TESTS_FUZZ_OCTETS_H

#include <stddef.h>
#include <stdint.h>

struct octets {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t octets_take(struct octets *octets)
{
    if (octets->left == 0)
        return 0;
    octets->left--;
    return *octets->at++;
}

/* As many as there are, up to `most`; *place is where they begin. */
static inline size_t octets_take_many(struct octets *octets, size_t most, const uint8_t **place)
{
    size_t count = most < octets->left ? most : octets->left;
    *place = octets->at;
    octets->at += count;
    octets->left -= count;
    return count;
}

#endif
