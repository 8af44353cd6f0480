/* SPDX-License-Identifier: BSD-2-Clause */
/* test_freelist.c: blocks that are kept, used again, moved, and given when the caller's memory has run out. */
#include "base/memory.h"
#include "dns/getdns/freelist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Memory that counts, and that fails when it is told to. */
struct counted {
    size_t asked;
    size_t live;
    bool is_out;
};

static void *counted_malloc(size_t size, void *user_data)
{
    struct counted *counted = user_data;
    counted->asked++;
    void *block = counted->is_out ? NULL : malloc(size);
    counted->live += block != NULL;
    return block;
}

static void *counted_realloc(void *pointer, size_t size, void *user_data)
{
    (void)pointer;
    (void)size;
    (void)user_data;
    fail_msg("freelists do not move blocks by the caller's realloc");
    return NULL;
}

static void counted_free(void *pointer, void *user_data)
{
    struct counted *counted = user_data;
    counted->live--;
    free(pointer);
}

static struct memory counted_memory(struct counted *counted)
{
    return (struct memory){counted_malloc, counted_realloc, counted_free, counted};
}

/* Sizes around each border between classes, and past the largest. */
static const size_t sizes[] = {0,    1,    15,   16,   17,    48,    49,    112,   113,    1000,   2032,
                               2033, 4096, 8176, 8177, 32752, 32753, 65535, 65536, 200000, 1000000};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

static void fill(uint8_t *block, size_t size, size_t seed)
{
    for (size_t i = 0; i < size; i++)
        block[i] = (uint8_t)(seed + i * 7);
}

static bool is_filled(const uint8_t *block, size_t size, size_t seed)
{
    for (size_t i = 0; i < size; i++) {
        if (block[i] != (uint8_t)(seed + i * 7))
            return false;
    }
    return true;
}

static void test_blocks_of_all_sizes_are_aligned_and_apart(void **state)
{
    enum { ROUNDS = 40 };
    static uint8_t *blocks[ROUNDS][SIZES];
    struct freelist *freelist = freelist_new(&memory_libc);
    (void)state;
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < SIZES; i++) {
            blocks[round][i] = freelist_malloc(freelist, sizes[i]);
            assert_non_null(blocks[round][i]);
            assert_int_equal((uintptr_t)blocks[round][i] % _Alignof(max_align_t), 0);
            fill(blocks[round][i], sizes[i], round + i);
        }
    }
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < SIZES; i++)
            assert_true(is_filled(blocks[round][i], sizes[i], round + i));
    }
    freelist_destroy(freelist);
}

static void test_what_was_given_back_is_used_again(void **state)
{
    struct counted counted = {0};
    struct memory memory = counted_memory(&counted);
    struct freelist *freelist = freelist_new(&memory);
    (void)state;
    freelist_free(freelist, freelist_malloc(freelist, 100));
    size_t asked = counted.asked;
    for (int i = 0; i < 100000; i++) {
        void *small = freelist_malloc(freelist, 100);
        void *other = freelist_malloc(freelist, 1000);
        assert_ptr_not_equal(small, other);
        freelist_free(freelist, small);
        freelist_free(freelist, other);
    }
    assert_int_equal(counted.asked, asked);
    freelist_destroy(freelist);
    assert_int_equal(counted.live, 0);
}

static void test_a_large_block_goes_back_at_once(void **state)
{
    struct counted counted = {0};
    struct memory memory = counted_memory(&counted);
    struct freelist *freelist = freelist_new(&memory);
    (void)state;
    void *first = freelist_malloc(freelist, 100000);
    void *second = freelist_malloc(freelist, 100000);
    void *third = freelist_malloc(freelist, 100000);
    assert_int_equal(counted.live, 4);
    freelist_free(freelist, second);
    assert_int_equal(counted.live, 3);
    freelist_free(freelist, first);
    freelist_free(freelist, third);
    assert_int_equal(counted.live, 1);
    freelist_destroy(freelist);
    assert_int_equal(counted.live, 0);
}

/* A large block in front of the ring must not be cut into small ones. */
static void test_large_blocks_do_not_disturb_small_ones(void **state)
{
    struct freelist *freelist = freelist_new(&memory_libc);
    uint8_t *small[64];
    (void)state;
    for (size_t i = 0; i < 64; i++) {
        uint8_t *large = freelist_malloc(freelist, 40000);
        small[i] = freelist_malloc(freelist, 24);
        assert_non_null(large);
        assert_non_null(small[i]);
        fill(small[i], 24, i);
        fill(large, 40000, 0);
        if (i % 2 == 0)
            freelist_free(freelist, large);
    }
    for (size_t i = 0; i < 64; i++)
        assert_true(is_filled(small[i], 24, i));
    freelist_destroy(freelist);
}

static void test_a_block_that_is_moved_keeps_what_fits(void **state)
{
    struct freelist *freelist = freelist_new(&memory_libc);
    (void)state;
    for (size_t from = 0; from < SIZES; from++) {
        for (size_t to = 0; to < SIZES; to++) {
            uint8_t *block = freelist_malloc(freelist, sizes[from]);
            assert_non_null(block);
            fill(block, sizes[from], from);
            block = freelist_realloc(freelist, block, sizes[to]);
            assert_non_null(block);
            assert_true(is_filled(block, sizes[from] < sizes[to] ? sizes[from] : sizes[to], from));
            fill(block, sizes[to], to);
            freelist_free(freelist, block);
        }
    }
    freelist_destroy(freelist);
}

static void test_a_zeroed_block_is_zeroed_when_it_is_used_again(void **state)
{
    (void)state;
    struct freelist *freelist = freelist_new(&memory_libc);
    assert_non_null(freelist);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (int round = 0; round < 2; round++) {
            uint8_t *block = freelist_zalloc(freelist, sizes[i]);
            assert_non_null(block);
            for (size_t j = 0; j < sizes[i]; j++)
                assert_int_equal(block[j], 0);
            memset(block, 0xa5, sizes[i]);
            freelist_free(freelist, block);
        }
    }
    freelist_destroy(freelist);
}

static void test_moving_nothing_and_freeing_nothing(void **state)
{
    struct freelist *freelist = freelist_new(&memory_libc);
    (void)state;
    uint8_t *block = freelist_realloc(freelist, NULL, 10);
    assert_non_null(block);
    fill(block, 10, 0);
    freelist_free(freelist, block);
    freelist_free(freelist, NULL);
    freelist_destroy(freelist);
    freelist_destroy(NULL);
}

static void test_sizes_that_overflow_with_their_heads_are_refused(void **state)
{
    static const size_t too_large[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 16, SIZE_MAX - 32};
    struct freelist *freelist = freelist_new(&memory_libc);
    uint8_t *block = freelist_malloc(freelist, 20);
    (void)state;
    fill(block, 20, 1);
    for (size_t i = 0; i < sizeof(too_large) / sizeof(too_large[0]); i++) {
        assert_null(freelist_malloc(freelist, too_large[i]));
        assert_null(freelist_realloc(freelist, block, too_large[i]));
        assert_true(is_filled(block, 20, 1));
    }
    freelist_destroy(freelist);
}

static void test_the_c_library_stands_in_where_the_callers_memory_fails(void **state)
{
    struct counted counted = {0};
    struct memory memory = counted_memory(&counted);
    struct freelist *freelist = freelist_new(&memory);
    (void)state;
    counted.is_out = true;
    uint8_t *small = freelist_malloc(freelist, 20);
    uint8_t *large = freelist_malloc(freelist, 100000);
    uint8_t *kept = freelist_malloc(freelist, 100000);
    assert_non_null(small);
    assert_non_null(large);
    assert_non_null(kept);
    assert_int_equal(counted.asked, 4);
    /* Each goes back where it came from, also when the caller's memory is back by then. */
    counted.is_out = false;
    freelist_free(freelist, large);
    freelist_free(freelist, small);
    freelist_destroy(freelist);
    assert_int_equal(counted.live, 0);
}

static void test_a_freelist_that_cannot_be_made_is_none(void **state)
{
    struct counted counted = {.is_out = true};
    struct memory memory = counted_memory(&counted);
    (void)state;
    assert_null(freelist_new(&memory));
}

/* What was set aside serves when memory runs out: blocks of all sizes up to the longest message, and no call fails. */
static void test_what_was_set_aside_serves_when_memory_has_run_out(void **state)
{
    struct counted counted = {.is_out = false};
    struct memory memory = counted_memory(&counted);
    struct freelist *freelist = freelist_new(&memory);
    (void)state;
    assert_int_equal(freelist_set_aside(freelist), 0);
    size_t live = counted.live;
    assert_int_equal(freelist_set_aside(freelist), 0);
    assert_int_equal(counted.live, live);

    counted.is_out = true;
    void *large = freelist_malloc(freelist, 65537);
    assert_non_null(large);
    for (int i = 0; i < 1000; i++)
        assert_non_null(freelist_malloc(freelist, 100));
    assert_int_equal(counted.live, live);
    assert_int_equal(freelist_set_aside(freelist), -1);

    counted.is_out = false;
    assert_int_equal(freelist_set_aside(freelist), 0);
    assert_true(counted.live > live);
    freelist_free(freelist, large);
    freelist_destroy(freelist);
    assert_int_equal(counted.live, 0);
}

static void test_without_memory_nothing_is_set_aside(void **state)
{
    struct counted counted = {.is_out = false};
    struct memory memory = counted_memory(&counted);
    struct freelist *freelist = freelist_new(&memory);
    (void)state;
    counted.is_out = true;
    assert_int_equal(freelist_set_aside(freelist), -1);
    freelist_destroy(freelist);
    assert_int_equal(counted.live, 0);
}

static void test_the_largest_block_of_late_is_known(void **state)
{
    struct freelist *freelist = freelist_new(&memory_libc);
    size_t size;
    (void)state;
    freelist_malloc(freelist, 5000);
    freelist_forget_largest(freelist);
    assert_null(freelist_largest(freelist, &size));
    freelist_malloc(freelist, 100);
    void *large = freelist_malloc(freelist, 3000);
    freelist_malloc(freelist, 200);
    assert_ptr_equal(freelist_largest(freelist, &size), large);
    assert_int_equal(size, 3000);
    freelist_free(freelist, large);
    assert_null(freelist_largest(freelist, &size));
    freelist_destroy(freelist);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_set_aside_serves_when_memory_has_run_out),
        cmocka_unit_test(test_without_memory_nothing_is_set_aside),
        cmocka_unit_test(test_blocks_of_all_sizes_are_aligned_and_apart),
        cmocka_unit_test(test_what_was_given_back_is_used_again),
        cmocka_unit_test(test_a_large_block_goes_back_at_once),
        cmocka_unit_test(test_the_largest_block_of_late_is_known),
        cmocka_unit_test(test_large_blocks_do_not_disturb_small_ones),
        cmocka_unit_test(test_a_block_that_is_moved_keeps_what_fits),
        cmocka_unit_test(test_a_zeroed_block_is_zeroed_when_it_is_used_again),
        cmocka_unit_test(test_moving_nothing_and_freeing_nothing),
        cmocka_unit_test(test_sizes_that_overflow_with_their_heads_are_refused),
        cmocka_unit_test(test_the_c_library_stands_in_where_the_callers_memory_fails),
        cmocka_unit_test(test_a_freelist_that_cannot_be_made_is_none),
    };
    return cmocka_run_group_tests_name("freelist", tests, NULL, NULL);
}
