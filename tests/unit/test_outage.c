/* SPDX-License-Identifier: BSD-2-Clause */
/* test_outage.c: when many lookups fail, and when they no longer do. */
#include "facts/outage.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define S UINT64_C(1000000)

/* Count `failed` failures of `all` lookups, the failures last. Returns the last edge that is one. */
static enum outage_edge count(struct outage *outage, unsigned threshold, uint64_t now_us, unsigned failed, unsigned all)
{
    enum outage_edge last = OUTAGE_STAYS;
    struct outage_share share;
    for (unsigned i = 0; i < all; i++) {
        enum outage_edge edge = outage_add(outage, threshold, now_us, i >= all - failed, &share);
        last = edge == OUTAGE_STAYS ? last : edge;
    }
    return last;
}

static void test_an_outage_is_the_share_or_more(void **state)
{
    static const struct {
        unsigned threshold, failed, all;
        bool is_outage;
    } rows[] = {
        {50, 9, 20, false}, {50, 10, 20, true},   {50, 19, 19, false}, {50, 20, 20, true},    {1, 0, 100, false},
        {1, 1, 100, true},  {99, 98, 100, false}, {99, 99, 100, true}, {100, 99, 100, false}, {100, 100, 100, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct outage outage = {.since_us = 0};
        enum outage_edge edge = count(&outage, rows[i].threshold, 100 * S, rows[i].failed, rows[i].all);
        if (outage_is_on(&outage) != rows[i].is_outage || (edge == OUTAGE_BEGINS) != rows[i].is_outage)
            fail_msg("%u of %u at %u %%", rows[i].failed, rows[i].all, rows[i].threshold);
    }
}

static void test_only_the_window_counts(void **state)
{
    struct outage outage = {.since_us = 0};
    struct outage_share share;
    (void)state;
    count(&outage, 50, 100 * S, 15, 15);
    assert_false(outage_is_on(&outage));
    outage_add(&outage, 50, 126 * S, true, &share);
    assert_int_equal(share.all, 16);
    outage_add(&outage, 50, 129 * S, true, &share); /* the span of second 99 to 102 is left behind */
    assert_int_equal(share.all, 2);
    assert_int_equal(share.failed, 2);
}

static void test_an_outage_ends_when_lookups_succeed(void **state)
{
    struct outage outage = {.since_us = 0};
    (void)state;
    assert_int_equal(count(&outage, 50, 100 * S, 30, 30), OUTAGE_BEGINS);
    assert_int_equal(count(&outage, 50, 101 * S, 5, 5), OUTAGE_STAYS);
    assert_int_equal(count(&outage, 50, 104 * S, 0, 35), OUTAGE_STAYS); /* 35 of 70 */
    assert_int_equal(count(&outage, 50, 104 * S, 0, 1), OUTAGE_ENDS);
    assert_false(outage_is_on(&outage));
    assert_int_equal(count(&outage, 50, 105 * S, 30, 30), OUTAGE_BEGINS);
}

static void test_an_outage_lasts_for_a_span_at_least(void **state)
{
    struct outage outage = {.since_us = 0};
    (void)state;
    assert_int_equal(count(&outage, 50, 100 * S, 30, 30), OUTAGE_BEGINS);
    assert_int_equal(count(&outage, 50, 101 * S, 0, 100), OUTAGE_STAYS); /* no line in the log for each turn of luck */
    assert_int_equal(count(&outage, 50, 100 * S + OUTAGE_SPAN_US, 0, 1), OUTAGE_ENDS);
}

static void test_an_outage_lasts_until_a_lookup_succeeds_however_few_there_are(void **state)
{
    struct outage outage = {.since_us = 0};
    (void)state;
    count(&outage, 50, 100 * S, 30, 30);
    assert_int_equal(count(&outage, 50, 1000 * S, 3, 3), OUTAGE_STAYS);
    assert_true(outage_is_on(&outage));
    assert_int_equal(count(&outage, 50, 2000 * S, 0, 1), OUTAGE_ENDS);
}

static void test_a_clock_that_was_read_before_ends_nothing(void **state)
{
    struct outage outage = {.since_us = 0};
    (void)state;
    count(&outage, 50, 100 * S, 30, 30);
    assert_int_equal(count(&outage, 50, 100 * S - 1, 0, 100), OUTAGE_STAYS);
}

/* It lies in a file that others may write. */
static void test_a_time_that_is_far_off_does_not_last(void **state)
{
    struct outage outage = {.since_us = UINT64_C(1) << 62};
    (void)state;
    assert_int_equal(count(&outage, 50, 100 * S, 0, 1), OUTAGE_ENDS);
}

static void test_a_span_that_is_full_keeps_its_share(void **state)
{
    struct outage outage = {.spans = {(UINT64_C(10) << 40) | (UINT64_C(0xfffff) << 20) | 0xfffff}};
    struct outage_share share;
    (void)state;
    outage_add(&outage, 50, 10 * OUTAGE_SPAN_US, false, &share);
    assert_int_equal(share.all, 0xfffff);
    assert_int_equal(share.failed, 0xfffff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_outage_is_the_share_or_more),
        cmocka_unit_test(test_only_the_window_counts),
        cmocka_unit_test(test_an_outage_ends_when_lookups_succeed),
        cmocka_unit_test(test_an_outage_lasts_for_a_span_at_least),
        cmocka_unit_test(test_an_outage_lasts_until_a_lookup_succeeds_however_few_there_are),
        cmocka_unit_test(test_a_clock_that_was_read_before_ends_nothing),
        cmocka_unit_test(test_a_time_that_is_far_off_does_not_last),
        cmocka_unit_test(test_a_span_that_is_full_keeps_its_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
