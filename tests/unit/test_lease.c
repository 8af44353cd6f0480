/* SPDX-License-Identifier: BSD-2-Clause */
/* test_lease.c: who holds the lock between processes, and for how long at most. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/lease.h"

static void test_one_at_a_time(void **state)
{
    struct lease lease = {0};
    (void)state;
    assert_int_equal(lease_try(&lease, 5000000), LEASE_TAKEN);
    assert_int_equal(lease_try(&lease, 5000001), LEASE_BUSY);
    assert_true(lease_is_held(&lease, 5000000));
    lease_give(&lease, 5000000);
    assert_int_equal(lease_try(&lease, 5000002), LEASE_TAKEN);
}

static void test_who_holds_it_for_a_second_loses_it(void **state)
{
    struct lease lease = {0};
    (void)state;
    assert_int_equal(lease_try(&lease, 5000000), LEASE_TAKEN);
    assert_int_equal(lease_try(&lease, 5000000 + LEASE_US - 1), LEASE_BUSY);
    assert_int_equal(lease_try(&lease, 5000000 + LEASE_US), LEASE_INHERITED);
    assert_false(lease_is_held(&lease, 5000000));
    lease_give(&lease, 5000000); /* by the one who lost it */
    assert_true(lease_is_held(&lease, 5000000 + LEASE_US));
}

static void test_a_holder_that_read_the_clock_later_keeps_it(void **state)
{
    struct lease lease = {0};
    (void)state;
    assert_int_equal(lease_try(&lease, 5000009), LEASE_TAKEN);
    assert_int_equal(lease_try(&lease, 5000000), LEASE_BUSY);
}

static void test_any_content_is_a_lease_that_can_be_taken(void **state)
{
    static const uint64_t contents[] = {1, UINT64_MAX, UINT64_C(1) << 63, 5000000 + LEASE_US};
    (void)state;
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        struct lease lease = {contents[i]};
        assert_int_equal(lease_try(&lease, 5000000), LEASE_INHERITED);
        lease_give(&lease, 5000000);
        assert_int_equal(lease_try(&lease, 5000000), LEASE_TAKEN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_who_holds_it_for_a_second_loses_it),
        cmocka_unit_test(test_a_holder_that_read_the_clock_later_keeps_it),
        cmocka_unit_test(test_any_content_is_a_lease_that_can_be_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
