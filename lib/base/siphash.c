/* SPDX-License-Identifier: BSD-2-Clause */
/* siphash.c: SipHash with one round a word and three at the end (Aumasson and Bernstein, 2012). */
#include "base/siphash.h"

#include "base/clock.h"

#include <string.h>
#include <sys/random.h>

struct state {
    uint64_t v[4];
};

static uint64_t rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static void mix(struct state *s)
{
    s->v[0] += s->v[1];
    s->v[1] = rotate(s->v[1], 13) ^ s->v[0];
    s->v[0] = rotate(s->v[0], 32);
    s->v[2] += s->v[3];
    s->v[3] = rotate(s->v[3], 16) ^ s->v[2];
    s->v[0] += s->v[3];
    s->v[3] = rotate(s->v[3], 21) ^ s->v[0];
    s->v[2] += s->v[1];
    s->v[1] = rotate(s->v[1], 17) ^ s->v[2];
    s->v[2] = rotate(s->v[2], 32);
}

static void absorb(struct state *s, uint64_t word)
{
    s->v[3] ^= word;
    mix(s);
    s->v[0] ^= word;
}

void siphash_key_init(struct siphash_key *key)
{
    if (getrandom(key, sizeof(*key), GRND_NONBLOCK) == (ssize_t)sizeof(*key))
        return;
    key->half[0] = clock_now_us() * UINT64_C(0x9e3779b97f4a7c15);
    key->half[1] = (uint64_t)(uintptr_t)key ^ key->half[0];
}

/* Words are read little-endian, whatever the machine. */
static uint64_t read_word(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* Fewer than eight octets. */
static uint64_t read_rest(const uint8_t *p, size_t size)
{
    uint64_t word = 0;
    for (size_t i = size; i-- > 0;)
        word = word << 8 | p[i];
    return word;
}

uint64_t siphash(const struct siphash_key *key, const void *data, size_t size)
{
    const uint8_t *p = data;
    struct state s = {{UINT64_C(0x736f6d6570736575) ^ key->half[0], UINT64_C(0x646f72616e646f6d) ^ key->half[1],
                       UINT64_C(0x6c7967656e657261) ^ key->half[0], UINT64_C(0x7465646279746573) ^ key->half[1]}};
    size_t whole = size - size % 8;
    for (size_t at = 0; at < whole; at += 8)
        absorb(&s, read_word(p + at));
    absorb(&s, (uint64_t)size << 56 | read_rest(p + whole, size % 8));
    s.v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        mix(&s);
    return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}
