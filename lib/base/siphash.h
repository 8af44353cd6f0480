/* SPDX-License-Identifier: BSD-2-Clause */
/* siphash.h: a keyed hash, so that an attacker cannot choose names that collide (SipHash-1-3). */
#ifndef MXCHECK_BASE_SIPHASH_H
#define MXCHECK_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
    uint64_t half[2];
};

/* Take a key from the system; from the clock and from addresses if that fails. */
void siphash_key_init(struct siphash_key *key);

uint64_t siphash(const struct siphash_key *key, const void *data, size_t size);

#endif
