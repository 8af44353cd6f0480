/* SPDX-License-Identifier: BSD-2-Clause */
/* test_health.c: whom a question goes to. */
#include "dns/health.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_who_is_asked_next(void **state)
{
    static const struct {
        const char *why;
        bool is_silent[3];
        unsigned char asked[3];
        uint32_t failed;
        size_t chosen;
    } rows[] = {
        {"the first one first", {false, false, false}, {0, 0, 0}, 0, 0},
        {"then the second", {false, false, false}, {1, 0, 0}, 0, 1},
        {"then the third", {false, false, false}, {1, 1, 0}, 0, 2},
        {"then from the first again", {false, false, false}, {1, 1, 1}, 0, 0},
        {"one that is silent is passed over", {true, false, false}, {0, 0, 0}, 0, 1},
        {"and asked last", {true, false, false}, {0, 2, 2}, 0, 0},
        {"all silent: as if none was", {true, true, true}, {0, 0, 0}, 0, 0},
        {"one that refused is not asked again", {false, true, false}, {0, 9, 1}, 5, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct health health[3] = {{.is_silent = rows[i].is_silent[0]},
                                   {.is_silent = rows[i].is_silent[1]},
                                   {.is_silent = rows[i].is_silent[2]}};
        size_t chosen = health_choose(health, 3, rows[i].asked, rows[i].failed);
        if (chosen != rows[i].chosen)
            fail_msg("%s: %zu", rows[i].why, chosen);
    }
}

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

static void test_one_that_answers_is_trusted_again(void **state)
{
    struct health health[2] = {{0}};
    const unsigned char asked[2] = {0};
    (void)state;
    health_note_silence(&health[0], 0);
    assert_int_equal(health_choose(health, 2, asked, 0), 1);
    health_note_answer(&health[0]);
    assert_int_equal(health_choose(health, 2, asked, 0), 0);
    assert_int_equal(health_choose_probe(health, 2, UINT64_MAX), 2);
}

static void test_the_end_of_a_stream_is_no_silence(void **state)
{
    struct health health[2] = {{0}};
    const unsigned char asked[2] = {0};
    (void)state;
    assert_false(health[0].is_answering);
    health_note_answer(&health[0]);
    assert_true(health[0].is_answering);
    health_note_end(&health[0]);
    assert_false(health[0].is_answering);
    assert_int_equal(health_choose(health, 2, asked, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_asked_next),
        cmocka_unit_test(test_one_that_is_silent_is_probed_once_in_a_while),
        cmocka_unit_test(test_more_silence_does_not_put_a_probe_off),
        cmocka_unit_test(test_one_that_answers_is_trusted_again),
        cmocka_unit_test(test_the_end_of_a_stream_is_no_silence),
    };
    return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
