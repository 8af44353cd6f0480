/* SPDX-License-Identifier: BSD-2-Clause */
/* test_health.c: what is known of upstreams, and for how long. */
#include "dns/health.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_one_that_is_silent_is_probed_once_in_a_while(void **state)
{
    struct health health[2] = {{0}};
    (void)state;
    assert_int_equal(health_choose_probe(health, 2, 1000), 2);
    health_note_silence(&health[1], 1000);
    assert_int_equal(health_choose_probe(health, 2, 1000), 2);
    assert_int_equal(health_choose_probe(health, 2, 1000 + HEALTH_PROBE_US), 1);
    assert_int_equal(health_choose_probe(health, 2, 1000 + HEALTH_PROBE_US), 2);
    assert_int_equal(health_choose_probe(health, 2, 1000 + 2 * HEALTH_PROBE_US), 1);
}

static void test_more_silence_does_not_put_a_probe_off(void **state)
{
    struct health health = {0};
    (void)state;
    health_note_silence(&health, 0);
    health_note_silence(&health, HEALTH_PROBE_US - 1);
    assert_int_equal(health_choose_probe(&health, 1, HEALTH_PROBE_US), 0);
}

static void test_one_that_answers_is_no_longer_silent(void **state)
{
    struct health health[2] = {{0}};
    (void)state;
    health_note_silence(&health[0], 0);
    health_note_answer(&health[0], 1);
    assert_false(health[0].is_silent);
    assert_int_equal(health_choose_probe(health, 2, UINT64_MAX), 2);
}

static void test_the_end_of_a_stream_is_no_silence(void **state)
{
    struct health health = {0};
    (void)state;
    assert_false(health.is_answering);
    health_note_answer(&health, 1);
    assert_true(health.is_answering);
    health_note_end(&health);
    assert_false(health.is_answering);
    assert_false(health.is_silent);
}

static void test_quirks_are_remembered_for_a_while(void **state)
{
    struct health health = {0};
    (void)state;
    assert_false(health_has_quirk(&health, 0));
    health_note_quirk(&health, 1000);
    assert_true(health_has_quirk(&health, 1000 + HEALTH_QUIRK_US - 1));
    assert_false(health_loses_case(&health, 1000));
    assert_false(health_has_quirk(&health, 1000 + HEALTH_QUIRK_US));
    health_note_lost_case(&health, 1000);
    assert_true(health_has_quirk(&health, 1000) && health_loses_case(&health, 1000));
    health_note_no_quirk(&health);
    assert_false(health_has_quirk(&health, 1000) || health_loses_case(&health, 1000));
}

static void test_tcp_is_tried_again_after_a_while(void **state)
{
    struct health health = {0};
    (void)state;
    assert_true(health_has_tcp(&health, 0));
    health_note_no_tcp(&health, 1000);
    assert_false(health_has_tcp(&health, 1000 + HEALTH_NO_TCP_US - 1));
    assert_true(health_has_tcp(&health, 1000 + HEALTH_NO_TCP_US));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_that_is_silent_is_probed_once_in_a_while),
        cmocka_unit_test(test_more_silence_does_not_put_a_probe_off),
        cmocka_unit_test(test_one_that_answers_is_no_longer_silent),
        cmocka_unit_test(test_the_end_of_a_stream_is_no_silence),
        cmocka_unit_test(test_quirks_are_remembered_for_a_while),
        cmocka_unit_test(test_tcp_is_tried_again_after_a_while),
    };
    return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
