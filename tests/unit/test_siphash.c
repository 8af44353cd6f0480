/* SPDX-License-Identifier: BSD-2-Clause */
/* test_siphash.c: hashes known from elsewhere, and keys that differ. */
#include "base/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The designers published vectors of SipHash-2-4 alone. These are of their key and messages, octets that count from 0,
 * by an implementation written apart from ours, which gives the published value with 2 and 4 rounds. */
static const struct siphash_key counting = {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};

static void test_known_hashes(void **state)
{
    static const struct {
        size_t size;
        uint64_t hash;
    } rows[] = {
        {0, UINT64_C(0xabac0158050fc4dc)},  {1, UINT64_C(0xc9f49bf37d57ca93)},  {7, UINT64_C(0xd3927d989bb11140)},
        {8, UINT64_C(0x369095118d299a8e)},  {9, UINT64_C(0x25a48eb36c063de4)},  {15, UINT64_C(0xd320d86d2a519956)},
        {16, UINT64_C(0xcc4fdd1a7d908b66)}, {63, UINT64_C(0x9d199062b7bbb3a8)},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        /* In a block of its own size, so that a sanitizer sees a step too far. */
        uint8_t *message = malloc(rows[i].size + 1);
        assert_non_null(message);
        uint8_t *end = message + 1;
        for (size_t octet = 0; octet < rows[i].size; octet++)
            *end++ = (uint8_t)octet;
        uint64_t hash = siphash(&counting, message + 1, rows[i].size);
        free(message);
        if (hash != rows[i].hash)
            fail_msg("%zu octets: %016llx", rows[i].size, (unsigned long long)hash);
    }
}

static void test_a_key_of_zeros_hashes_as_elsewhere(void **state)
{
    static const struct siphash_key zeros = {{0, 0}};
    (void)state;
    assert_true(siphash(&zeros, "", 0) == UINT64_C(0xd1fba762150c532c));
    assert_true(siphash(&zeros, "siphash", 7) == UINT64_C(0x8264ceeccb16bcbe));
}

static void test_every_bit_of_the_key_counts(void **state)
{
    uint64_t hash = siphash(&counting, "ok.example", 10);
    (void)state;
    for (unsigned bit = 0; bit < 128; bit++) {
        struct siphash_key other = counting;
        other.half[bit / 64] ^= UINT64_C(1) << bit % 64;
        assert_true(siphash(&other, "ok.example", 10) != hash);
    }
}

static void test_every_bit_of_the_text_counts(void **state)
{
    static const char text[] = "mail.ok.example";
    uint64_t hash = siphash(&counting, text, sizeof(text) - 1);
    (void)state;
    for (size_t bit = 0; bit < 8 * (sizeof(text) - 1); bit++) {
        char other[sizeof(text)];
        memcpy(other, text, sizeof(text));
        other[bit / 8] = (char)(other[bit / 8] ^ 1 << bit % 8);
        assert_true(siphash(&counting, other, sizeof(text) - 1) != hash);
    }
}

static void test_no_two_keys_are_alike(void **state)
{
    struct siphash_key keys[64];
    (void)state;
    for (size_t i = 0; i < 64; i++) {
        siphash_key_init(&keys[i]);
        for (size_t j = 0; j < i; j++) {
            assert_true(keys[i].half[0] != keys[j].half[0]);
            assert_true(keys[i].half[1] != keys[j].half[1]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_hashes),
        cmocka_unit_test(test_a_key_of_zeros_hashes_as_elsewhere),
        cmocka_unit_test(test_every_bit_of_the_key_counts),
        cmocka_unit_test(test_every_bit_of_the_text_counts),
        cmocka_unit_test(test_no_two_keys_are_alike),
    };
    return cmocka_run_group_tests_name("siphash", tests, NULL, NULL);
}
