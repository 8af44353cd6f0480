/* SPDX-License-Identifier: BSD-2-Clause */
/* test_send_queue.c: who gets a descriptor, and who waits for one. */
#include "dns/send_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct asker {
    struct send_queue_place place;
    unsigned calls;
};

static void on_called(void *user)
{
    struct asker *asker = user;
    asker->calls++;
}

static void init(struct send_queue *line, struct asker *askers, size_t count)
{
    send_queue_init(line);
    for (size_t i = 0; i < count; i++)
        askers[i] = (struct asker){.place = {.call = on_called, .user = &askers[i]}};
}

static void test_nobody_waits_while_there_are_descriptors(void **state)
{
    struct send_queue line;
    struct asker asker;
    (void)state;
    init(&line, &asker, 1);
    assert_true(send_queue_take(&line, &asker.place, SEND_QUEUE_CAPACITY_MAX - 1, 0));
    assert_false(send_queue_take(&line, &asker.place, SEND_QUEUE_CAPACITY_MAX, 0));
}

static void test_first_in_first_out(void **state)
{
    struct send_queue line;
    struct asker askers[3];
    (void)state;
    init(&line, askers, 3);
    for (size_t i = 0; i < 3; i++)
        send_queue_enter(&line, &askers[i].place);
    send_queue_enter(&line, &askers[0].place);
    assert_false(send_queue_take(&line, &askers[1].place, 0, 0));
    send_queue_move(&line, SEND_QUEUE_CAPACITY_MAX - 1, 0);
    assert_int_equal(askers[0].calls + 10 * askers[1].calls, 1);
    assert_true(send_queue_take(&line, &askers[0].place, SEND_QUEUE_CAPACITY_MAX - 1, 0));
    send_queue_move(&line, SEND_QUEUE_CAPACITY_MAX, 0);
    assert_int_equal(askers[1].calls, 0);
    send_queue_move(&line, 0, 0);
    assert_int_equal(askers[1].calls + askers[2].calls, 2);
}

static void test_a_place_is_kept_for_whoever_was_called(void **state)
{
    struct send_queue line;
    struct asker askers[2];
    (void)state;
    init(&line, askers, 2);
    send_queue_enter(&line, &askers[0].place);
    send_queue_move(&line, SEND_QUEUE_CAPACITY_MAX - 1, 0);
    assert_false(send_queue_take(&line, &askers[1].place, SEND_QUEUE_CAPACITY_MAX - 1, 0));
    assert_true(send_queue_take(&line, &askers[0].place, SEND_QUEUE_CAPACITY_MAX - 1, 0));
    assert_true(send_queue_take(&line, &askers[1].place, SEND_QUEUE_CAPACITY_MAX - 1, 0));
}

static void test_who_leaves_holds_up_nobody(void **state)
{
    struct send_queue line;
    struct asker askers[3];
    (void)state;
    init(&line, askers, 3);
    for (size_t i = 0; i < 3; i++)
        send_queue_enter(&line, &askers[i].place);
    send_queue_leave(&line, &askers[2].place);
    send_queue_leave(&line, &askers[0].place);
    send_queue_move(&line, SEND_QUEUE_CAPACITY_MAX - 1, 0);
    assert_int_equal(askers[1].calls, 1);
    send_queue_leave(&line, &askers[1].place);
    assert_int_equal(line.called, 0);
    send_queue_enter(&line, &askers[2].place);
    assert_ptr_equal(line.first, &askers[2].place);
}

static void test_a_shortage_is_remembered_and_probed(void **state)
{
    struct send_queue line;
    struct asker asker;
    (void)state;
    init(&line, &asker, 1);
    send_queue_note_shortage(&line, 5, 0);
    assert_false(send_queue_take(&line, &asker.place, 5, 0));
    assert_true(send_queue_take(&line, &asker.place, 4, 0));
    send_queue_note_sent(&line);
    assert_true(send_queue_take(&line, &asker.place, 5, 0));
    send_queue_note_shortage(&line, 0, 0);
    assert_true(send_queue_take(&line, &asker.place, 0, 0));
    for (int i = 0; i < 2 * SEND_QUEUE_CAPACITY_MAX; i++)
        send_queue_note_sent(&line);
    assert_int_equal(line.capacity, SEND_QUEUE_CAPACITY_MAX);
    send_queue_note_shortage(&line, 5, 0);
    assert_false(send_queue_take(&line, &asker.place, 5, SEND_QUEUE_SHORTAGE_US - 1));
    assert_true(send_queue_take(&line, &asker.place, 5, SEND_QUEUE_SHORTAGE_US));
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
