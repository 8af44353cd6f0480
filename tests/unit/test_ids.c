/* SPDX-License-Identifier: BSD-2-Clause */
/* test_ids.c: numbers that find what they were given for, and nothing after that. */
#include "base/memory.h"
#include "engine/ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_a_number_finds_its_item_until_it_is_removed(void **state)
{
    struct ids ids;
    int items[2];
    (void)state;
    ids_init(&ids);
    uint64_t first = ids_add(&ids, &memory_libc, &items[0]);
    uint64_t second = ids_add(&ids, &memory_libc, &items[1]);
    assert_true(first != 0 && second != 0 && first != second);
    assert_ptr_equal(ids_find(&ids, first), &items[0]);
    assert_ptr_equal(ids_find(&ids, second), &items[1]);
    ids_remove(&ids, first);
    assert_null(ids_find(&ids, first));
    assert_ptr_equal(ids_find(&ids, second), &items[1]);
    ids_clear(&ids, &memory_libc);
}

static void test_numbers_that_were_never_given_find_nothing(void **state)
{
    static const uint64_t numbers[] = {0, 1, 2, 1U << IDS_PLACE_BITS, UINT64_MAX, (uint64_t)1 << 63};
    struct ids ids;
    int item;
    (void)state;
    ids_init(&ids);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        assert_null(ids_find(&ids, numbers[i]));
    uint64_t given = ids_add(&ids, &memory_libc, &item);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        assert_true(numbers[i] == given || ids_find(&ids, numbers[i]) == NULL);
    ids_clear(&ids, &memory_libc);
}

static void test_no_number_is_given_twice(void **state)
{
    enum { COUNT = 100000 };
    static uint64_t numbers[COUNT];
    struct ids ids;
    int item;
    (void)state;
    ids_init(&ids);
    for (int i = 0; i < COUNT; i++) {
        numbers[i] = ids_add(&ids, &memory_libc, &item);
        assert_true(i == 0 || numbers[i] != numbers[i - 1]);
        ids_remove(&ids, numbers[i]);
        assert_null(ids_find(&ids, numbers[i / 2]));
    }
    assert_int_equal(ids.used, 1);
    ids_clear(&ids, &memory_libc);
}

static void test_many_at_once(void **state)
{
    enum { COUNT = 20000 };
    static uint64_t numbers[COUNT];
    static char items[COUNT];
    struct ids ids;
    (void)state;
    ids_init(&ids);
    for (int i = 0; i < COUNT; i++)
        numbers[i] = ids_add(&ids, &memory_libc, &items[i]);
    for (int i = 0; i < COUNT; i += 2)
        ids_remove(&ids, numbers[i]);
    for (int i = 0; i < COUNT; i++)
        assert_ptr_equal(ids_find(&ids, numbers[i]), i % 2 == 0 ? NULL : &items[i]);
    ids_clear(&ids, &memory_libc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_number_finds_its_item_until_it_is_removed),
        cmocka_unit_test(test_numbers_that_were_never_given_find_nothing),
        cmocka_unit_test(test_no_number_is_given_twice),
        cmocka_unit_test(test_many_at_once),
    };
    return cmocka_run_group_tests_name("ids", tests, NULL, NULL);
}
