/* SPDX-License-Identifier: BSD-2-Clause */
/* test_line.c: who gets a descriptor, and who waits for one. */
#include "dns/send_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct asker {
    struct line_place place;
    unsigned calls;
};

static void on_called(void *user)
{
    struct asker *asker = user;
    asker->calls++;
}

static void init(struct line *line, struct asker *askers, size_t count)
{
    line_init(line);
    for (size_t i = 0; i < count; i++)
        askers[i] = (struct asker){.place = {.call = on_called, .user = &askers[i]}};
}

static void test_nobody_waits_while_there_are_descriptors(void **state)
{
    struct line line;
    struct asker asker;
    (void)state;
    init(&line, &asker, 1);
    assert_true(line_take(&line, &asker.place, LINE_CAPACITY_MAX - 1, 0));
    assert_false(line_take(&line, &asker.place, LINE_CAPACITY_MAX, 0));
}

static void test_first_in_first_out(void **state)
{
    struct line line;
    struct asker askers[3];
    (void)state;
    init(&line, askers, 3);
    for (size_t i = 0; i < 3; i++)
        line_enter(&line, &askers[i].place);
    line_enter(&line, &askers[0].place);
    assert_false(line_take(&line, &askers[1].place, 0, 0));
    line_move(&line, LINE_CAPACITY_MAX - 1, 0);
    assert_int_equal(askers[0].calls + 10 * askers[1].calls, 1);
    assert_true(line_take(&line, &askers[0].place, LINE_CAPACITY_MAX - 1, 0));
    line_move(&line, LINE_CAPACITY_MAX, 0);
    assert_int_equal(askers[1].calls, 0);
    line_move(&line, 0, 0);
    assert_int_equal(askers[1].calls + askers[2].calls, 2);
}

static void test_a_place_is_kept_for_whoever_was_called(void **state)
{
    struct line line;
    struct asker askers[2];
    (void)state;
    init(&line, askers, 2);
    line_enter(&line, &askers[0].place);
    line_move(&line, LINE_CAPACITY_MAX - 1, 0);
    assert_false(line_take(&line, &askers[1].place, LINE_CAPACITY_MAX - 1, 0));
    assert_true(line_take(&line, &askers[0].place, LINE_CAPACITY_MAX - 1, 0));
    assert_true(line_take(&line, &askers[1].place, LINE_CAPACITY_MAX - 1, 0));
}

static void test_who_leaves_holds_up_nobody(void **state)
{
    struct line line;
    struct asker askers[3];
    (void)state;
    init(&line, askers, 3);
    for (size_t i = 0; i < 3; i++)
        line_enter(&line, &askers[i].place);
    line_leave(&line, &askers[2].place);
    line_leave(&line, &askers[0].place);
    line_move(&line, LINE_CAPACITY_MAX - 1, 0);
    assert_int_equal(askers[1].calls, 1);
    line_leave(&line, &askers[1].place);
    assert_int_equal(line.called, 0);
    line_enter(&line, &askers[2].place);
    assert_ptr_equal(line.first, &askers[2].place);
}

static void test_a_shortage_is_remembered_and_probed(void **state)
{
    struct line line;
    struct asker asker;
    (void)state;
    init(&line, &asker, 1);
    line_note_shortage(&line, 5, 0);
    assert_false(line_take(&line, &asker.place, 5, 0));
    assert_true(line_take(&line, &asker.place, 4, 0));
    line_note_sent(&line);
    assert_true(line_take(&line, &asker.place, 5, 0));
    line_note_shortage(&line, 0, 0);
    assert_true(line_take(&line, &asker.place, 0, 0));
    for (int i = 0; i < 2 * LINE_CAPACITY_MAX; i++)
        line_note_sent(&line);
    assert_int_equal(line.capacity, LINE_CAPACITY_MAX);
    line_note_shortage(&line, 5, 0);
    assert_false(line_take(&line, &asker.place, 5, LINE_SHORTAGE_US - 1));
    assert_true(line_take(&line, &asker.place, 5, LINE_SHORTAGE_US));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_waits_while_there_are_descriptors),
        cmocka_unit_test(test_first_in_first_out),
        cmocka_unit_test(test_a_place_is_kept_for_whoever_was_called),
        cmocka_unit_test(test_who_leaves_holds_up_nobody),
        cmocka_unit_test(test_a_shortage_is_remembered_and_probed),
    };
    return cmocka_run_group_tests_name("line", tests, NULL, NULL);
}
