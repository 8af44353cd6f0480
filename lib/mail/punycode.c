/* SPDX-License-Identifier: BSD-2-Clause */
/* punycode.c: the encoding of RFC 3492 section 6.3. libidn2 has one, and keeps it to itself. */
#include "mail/punycode.h"

#include <stdint.h>

/* RFC 3492 section 5. */
enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, INITIAL_BIAS = 72, INITIAL_N = 128 };

/* The code point at *p, which moves past it. */
static uint32_t next_point(const unsigned char **p)
{
    uint32_t lead = *(*p)++;
    if (lead < 0x80)
        return lead;
    uint32_t point = lead & (lead >= 0xf0 ? 0x07 : lead >= 0xe0 ? 0x0f : 0x1f);
    while ((**p & 0xc0) == 0x80)
        point = point << 6 | (*(*p)++ & 0x3f);
    return point;
}

/* RFC 3492 section 6.1. */
static uint32_t adapt(uint32_t delta, uint32_t points, bool is_first)
{
    uint32_t k = 0;
    delta /= is_first ? DAMP : 2;
    delta += delta / points;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static void put_digit(struct text *out, uint32_t digit)
{
    text_put(out, &"abcdefghijklmnopqrstuvwxyz0123456789"[digit], 1);
}

/* A number of variable length, RFC 3492 section 3.3. */
static void put_number(struct text *out, uint32_t number, uint32_t bias)
{
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t threshold = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
        if (number < threshold)
            break;
        put_digit(out, threshold + (number - threshold) % (BASE - threshold));
        number = (number - threshold) / (BASE - threshold);
    }
    put_digit(out, number);
}

/* The lowest code point from n on. */
static uint32_t lowest_from(const uint32_t *points, size_t count, uint32_t n)
{
    uint32_t lowest = UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
        if (points[i] >= n && points[i] < lowest)
            lowest = points[i];
    }
    return lowest;
}

/* Deltas stay below 2^21 * 64, so that nothing overflows (RFC 3492 section 6.4). */
static void encode(struct text *out, const uint32_t *points, size_t count, uint32_t basic)
{
    uint32_t n = INITIAL_N;
    uint32_t bias = INITIAL_BIAS;
    uint32_t delta = 0;
    for (uint32_t done = basic; done < count;) {
        uint32_t lowest = lowest_from(points, count, n);
        delta += (lowest - n) * (done + 1);
        n = lowest;
        for (size_t i = 0; i < count; i++) {
            if (points[i] < n)
                delta++;
            if (points[i] != n)
                continue;
            put_number(out, delta, bias);
            bias = adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
        delta++;
        n++;
    }
}

bool punycode_put(struct text *out, const char *utf8)
{
    uint32_t points[PUNYCODE_MAX_POINTS];
    size_t count = 0;
    uint32_t basic = 0;
    for (const unsigned char *p = (const unsigned char *)utf8; *p != '\0'; count++) {
        if (count == PUNYCODE_MAX_POINTS)
            return false;
        points[count] = next_point(&p);
    }
    for (size_t i = 0; i < count; i++) {
        char c = (char)points[i];
        if (points[i] >= INITIAL_N)
            continue;
        text_put(out, &c, 1);
        basic++;
    }
    if (basic > 0)
        text_puts(out, "-");
    encode(out, points, count, basic);
    return true;
}
