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

static void test_places_that_were_given_up_are_given_once_each(void **state)
{
    enum { COUNT = 50 };
    uint64_t numbers[COUNT];
    char items[COUNT];
    struct ids ids;
    (void)state;
    ids_init(&ids);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT; i++)
            numbers[i] = ids_add(&ids, &memory_libc, &items[i]);
        for (int i = 0; i < COUNT; i++)
            assert_ptr_equal(ids_find(&ids, numbers[i]), &items[i]);
        assert_int_equal(ids.used, COUNT);
        for (int i = 0; i < COUNT; i++)
            ids_remove(&ids, numbers[i]);
    }
    ids_clear(&ids, &memory_libc);
}

static void test_a_million_places_and_no_more(void **state)
{
    const uint64_t most = (UINT64_C(1) << IDS_PLACE_BITS) - 1; /* the first is not used */
    struct ids ids;
    int item;
    uint64_t first = 0, last = 0;
    (void)state;
    ids_init(&ids);
    for (uint64_t i = 0; i < most; i++) {
        last = ids_add(&ids, &memory_libc, &item);
        first = i == 0 ? last : first;
    }
    assert_true(last != 0);
    assert_true(ids_add(&ids, &memory_libc, &item) == 0);
    assert_ptr_equal(ids_find(&ids, first), &item);
    assert_ptr_equal(ids_find(&ids, last), &item);
    ids_remove(&ids, first);
    assert_true(ids_add(&ids, &memory_libc, &item) != 0);
    ids_clear(&ids, &memory_libc);
}

static void *no_more_memory(void *block, size_t size, void *user)
{
    (void)block;
    (void)size;
    (void)user;
    return NULL;
}

static void test_memory_that_is_short_gives_no_number(void **state)
{
    struct memory none = memory_libc;
    struct ids ids;
    int item;
    (void)state;
    none.realloc = no_more_memory;
    ids_init(&ids);
    assert_true(ids_add(&ids, &none, &item) == 0);
    uint64_t first = ids_add(&ids, &memory_libc, &item);
    uint64_t last = first;
    for (uint64_t next = first; next != 0; next = ids_add(&ids, &none, &item))
        last = next;
    assert_ptr_equal(ids_find(&ids, first), &item);
    assert_ptr_equal(ids_find(&ids, last), &item);
    assert_true(ids_add(&ids, &memory_libc, &item) != 0);
    ids_clear(&ids, &memory_libc);
}

static int compare(const void *a, const void *b)
{
    uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;
    return (first > second) - (first < second);
}

/* Of two contexts, or of one and of the same after fork. */
static void test_tables_share_no_number(void **state)
{
    enum { COUNT = 500000 };
    static uint64_t numbers[2 * COUNT];
    struct ids tables[2];
    int item;
    (void)state;
    ids_init(&tables[0]);
    ids_init(&tables[1]);
    for (size_t i = 0; i < 2 * COUNT; i++) {
        struct ids *ids = &tables[i % 2];
        numbers[i] = ids_add(ids, &memory_libc, &item);
        assert_ptr_equal(ids_find(ids, numbers[i]), &item);
        assert_null(ids_find(&tables[1 - i % 2], numbers[i]));
        ids_remove(ids, numbers[i]);
    }
    qsort(numbers, 2 * COUNT, sizeof(numbers[0]), compare);
    for (size_t i = 1; i < 2 * COUNT; i++)
        assert_true(numbers[i] != numbers[i - 1]);
    ids_clear(&tables[0], &memory_libc);
    ids_clear(&tables[1], &memory_libc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_number_finds_its_item_until_it_is_removed),
        cmocka_unit_test(test_numbers_that_were_never_given_find_nothing),
        cmocka_unit_test(test_no_number_is_given_twice),
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_places_that_were_given_up_are_given_once_each),
        cmocka_unit_test(test_a_million_places_and_no_more),
        cmocka_unit_test(test_memory_that_is_short_gives_no_number),
        cmocka_unit_test(test_tables_share_no_number),
    };
    return cmocka_run_group_tests_name("ids", tests, NULL, NULL);
}
