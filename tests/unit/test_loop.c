/* SPDX-License-Identifier: BSD-2-Clause */
/* test_loop.c: descriptors and timers, and the one descriptor that tells of both. */
#include "base/clock.h"
#include "base/memory.h"
#include "dns/loop.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct loop *loop;
static int ends[2]; /* of a pipe */

static int open_loop(void **state)
{
    mxcheck_status status;
    (void)state;
    loop = loop_new(&memory_libc, &status);
    return loop == NULL || pipe(ends) != 0 ? -1 : 0;
}

static int close_loop(void **state)
{
    (void)state;
    loop_free(loop);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

/* A timer that writes its letter. */
struct letter {
    struct loop_timer timer;
    char letter;
    struct letter *clears;
    bool sets_itself;
};

static char fired[2000];

static void on_letter(void *user)
{
    struct letter *letter = user;
    size_t length = strlen(fired);
    snprintf(fired + length, sizeof(fired) - length, "%c", letter->letter);
    if (letter->clears != NULL)
        loop_timer_clear(loop, &letter->clears->timer);
    if (letter->sets_itself)
        loop_timer_set(loop, &letter->timer, 0);
}

static void set(struct letter *letter, char name, uint64_t due_us)
{
    letter->letter = name;
    letter->timer.fire = on_letter;
    letter->timer.user = letter;
    assert_int_equal(loop_timer_set(loop, &letter->timer, due_us), 0);
}

static bool is_readable(int fd)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    return poll(&watched, 1, 0) == 1;
}

static void test_timers_fire_in_the_order_of_their_time(void **state)
{
    struct letter letters[26] = {0};
    (void)state;
    fired[0] = '\0';
    for (unsigned i = 0; i < 26; i++) {
        unsigned place = i * 7 % 26;
        set(&letters[place], (char)('a' + place), 1 + place);
    }
    loop_turn(loop, 0);
    assert_string_equal(fired, "abcdefghijklmnopqrstuvwxyz");
}

static void test_timers_that_are_moved_or_cleared(void **state)
{
    struct letter letters[4] = {0};
    (void)state;
    fired[0] = '\0';
    for (unsigned i = 0; i < 4; i++)
        set(&letters[i], (char)('a' + i), 1 + i);
    loop_timer_clear(loop, &letters[1].timer);
    loop_timer_clear(loop, &letters[1].timer);
    assert_int_equal(loop_timer_set(loop, &letters[0].timer, 100), 0);
    loop_turn(loop, 0);
    assert_string_equal(fired, "cda");
    loop_turn(loop, 0);
    assert_string_equal(fired, "cda");
}

/* What sets itself for now is served for ever, but no turn is. */
static void test_a_timer_may_clear_another_and_set_itself(void **state)
{
    struct letter letters[2] = {0};
    (void)state;
    fired[0] = '\0';
    letters[0].clears = &letters[1];
    letters[0].sets_itself = true;
    set(&letters[0], 'a', 1);
    set(&letters[1], 'b', 2);
    for (size_t turns = 1; turns <= 3; turns++) {
        loop_turn(loop, 0);
        assert_in_range(strlen(fired), turns, turns * 2);
    }
    assert_int_equal(strspn(fired, "a"), strlen(fired));
    loop_timer_clear(loop, &letters[0].timer);
}

static void test_a_heap_of_timers_keeps_its_order_whatever_is_cleared(void **state)
{
    enum { COUNT = 1000 };
    static struct letter letters[COUNT];
    (void)state;
    memset(letters, 0, sizeof(letters));
    fired[0] = '\0';
    srand(1);
    for (int i = 0; i < COUNT; i++)
        set(&letters[i], (char)('a' + i % 26), (uint64_t)(i % 26) + 1);
    for (int i = 0; i < COUNT / 2; i++)
        loop_timer_clear(loop, &letters[rand() % COUNT].timer);
    loop_turn(loop, 0);
    for (size_t i = 1; i < strlen(fired); i++)
        assert_true(fired[i - 1] <= fired[i]);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(letters[i].timer.place, 0);
}

/* A watch that notes what it saw. */
struct seen {
    struct loop_watch watch;
    unsigned readable;
    unsigned writable;
    struct seen *clears;
};

static void on_ready(void *user, bool readable, bool writable)
{
    struct seen *seen = user;
    seen->readable += readable;
    seen->writable += writable;
    if (seen->clears != NULL)
        loop_watch_clear(loop, &seen->clears->watch);
}

static void watch(struct seen *seen, int fd, bool wants_read, bool wants_write)
{
    seen->watch.ready = on_ready;
    seen->watch.user = seen;
    assert_int_equal(loop_watch_set(loop, &seen->watch, fd, wants_read, wants_write), 0);
}

static void test_descriptors_are_told_when_they_are_ready(void **state)
{
    struct seen reader = {0}, writer = {0};
    (void)state;
    watch(&reader, ends[0], true, false);
    watch(&writer, ends[1], false, true);
    loop_turn(loop, 0);
    assert_int_equal(reader.readable, 0);
    assert_int_equal(writer.writable, 1);
    assert_int_equal(write(ends[1], "x", 1), 1);
    loop_watch_clear(loop, &writer.watch);
    loop_turn(loop, 0);
    assert_int_equal(reader.readable, 1);
    assert_int_equal(writer.writable, 1);
    loop_watch_clear(loop, &reader.watch);
    loop_watch_clear(loop, &reader.watch);
    loop_turn(loop, 0);
    assert_int_equal(reader.readable, 1);
}

/* Both are ready in one turn; whoever is served first clears the other, which must not be served then. */
static void test_a_watch_that_was_cleared_in_a_turn_is_not_served_in_it(void **state)
{
    struct seen reader = {0}, writer = {0};
    (void)state;
    reader.clears = &writer;
    writer.clears = &reader;
    assert_int_equal(write(ends[1], "x", 1), 1);
    watch(&reader, ends[0], true, false);
    watch(&writer, ends[1], false, true);
    loop_turn(loop, 0);
    assert_int_equal(reader.readable + writer.writable, 1);
}

static void test_a_closed_peer_is_told_as_readable(void **state)
{
    struct seen reader = {0};
    (void)state;
    watch(&reader, ends[0], true, false);
    close(ends[1]);
    ends[1] = dup(ends[0]);
    loop_turn(loop, 0);
    assert_int_equal(reader.readable, 1);
    assert_int_equal(reader.writable, 0);
    loop_watch_clear(loop, &reader.watch);
}

static void test_a_broken_descriptor_is_told_to_who_waits_to_write(void **state)
{
    struct seen writer = {0};
    (void)state;
    close(ends[0]);
    ends[0] = dup(ends[1]);
    watch(&writer, ends[1], false, true);
    loop_turn(loop, 0);
    assert_int_equal(writer.writable, 1);
    loop_watch_clear(loop, &writer.watch);
}

static void test_a_watch_that_is_set_again_waits_for_the_other_thing(void **state)
{
    struct seen seen = {0};
    int sockets[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    watch(&seen, sockets[0], true, false);
    loop_turn(loop, 0);
    assert_int_equal(seen.writable, 0);
    watch(&seen, sockets[0], false, true);
    loop_turn(loop, 0);
    assert_int_equal(seen.writable, 1);
    watch(&seen, sockets[0], true, false);
    assert_int_equal(write(sockets[1], "x", 1), 1);
    loop_turn(loop, 0);
    assert_int_equal(seen.readable, 1);
    assert_int_equal(seen.writable, 1);
    loop_watch_clear(loop, &seen.watch);
    assert_false(seen.watch.is_set);
    close(sockets[0]);
    close(sockets[1]);
}

static void watch_until_closed(struct seen *seen, int fd)
{
    seen->watch.ready = on_ready;
    seen->watch.user = seen;
    assert_int_equal(loop_watch_set_until_closed(loop, &seen->watch, fd), 0);
}

static void test_what_is_watched_until_it_is_closed_is_told_each_time(void **state)
{
    struct seen reader = {0};
    (void)state;
    watch_until_closed(&reader, ends[0]);
    assert_int_equal(write(ends[1], "x", 1), 1);
    for (unsigned i = 1; i <= 3; i++) {
        loop_turn(loop, 0);
        assert_int_equal(reader.readable, i);
    }
    loop_watch_clear(loop, &reader.watch);
    loop_turn(loop, 0);
    assert_int_equal(reader.readable, 3);
}

/* Looking whether the set is there takes an event out of it that the kernel reports only once. */
static void test_looking_for_the_loop_loses_no_event(void **state)
{
    struct seen reader = {0};
    (void)state;
    watch_until_closed(&reader, ends[0]);
    assert_int_equal(write(ends[1], "x", 1), 1);
    for (unsigned i = 0; i < 100; i++)
        assert_true(loop_is_there(loop));
    assert_true(loop_has_more(loop));
    loop_turn(loop, UINT64_MAX);
    assert_int_equal(reader.readable, 1);
    loop_watch_clear(loop, &reader.watch);
}

/* A child of fork keeps a copy of a descriptor that was closed here: the kernel reports it for a watch that is gone, in
 * the place of another one. */
static void test_a_copy_of_a_closed_descriptor_does_not_disturb_its_successor(void **state)
{
    struct seen gone = {0}, next = {0};
    int sockets[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets), 0);
    int copy = dup(sockets[0]);
    watch_until_closed(&gone, sockets[0]);
    loop_watch_clear(loop, &gone.watch);
    close(sockets[0]);
    watch_until_closed(&next, ends[0]);
    assert_int_equal(write(sockets[1], "x", 1), 1);
    for (unsigned i = 0; i < 3; i++)
        loop_turn(loop, 0);
    assert_false(loop_has_more(loop));
    assert_int_equal(gone.readable + next.readable, 0);
    loop_watch_clear(loop, &next.watch);
    close(copy);
    close(sockets[1]);
}

static void test_many_watches_are_told_apart(void **state)
{
    static struct seen readers[100];
    int copies[100];
    (void)state;
    assert_int_equal(write(ends[1], "x", 1), 1);
    for (size_t i = 0; i < 100; i++) {
        copies[i] = dup(ends[0]);
        watch_until_closed(&readers[i], copies[i]);
    }
    for (size_t i = 0; i < 100; i += 2)
        loop_watch_clear(loop, &readers[i].watch);
    for (unsigned i = 0; i < 4; i++)
        loop_turn(loop, 0);
    for (size_t i = 0; i < 100; i++) {
        assert_true(i % 2 == 0 ? readers[i].readable == 0 : readers[i].readable > 0);
        loop_watch_clear(loop, &readers[i].watch);
        close(copies[i]);
    }
}

/* As a host does that closes what it does not know. */
static void test_a_loop_whose_epoll_set_was_closed_is_lost_and_says_so(void **state)
{
    mxcheck_status status;
    struct loop *other = loop_new(&memory_libc, &status);
    (void)state;
    assert_non_null(other);
    int fd = loop_fd(other);
    assert_true(loop_is_there(other));
    assert_false(loop_is_lost(other));
    int kept = dup(fd);
    assert_int_equal(dup2(ends[0], fd), fd); /* the number is another's */
    loop_turn(other, UINT64_MAX);
    assert_true(loop_is_lost(other));
    assert_false(loop_is_there(other));
    assert_int_equal(dup2(kept, fd), fd);
    close(kept);
    loop_free(other);
}

/* The second lowest descriptor that is free. */
static int free_descriptor(void)
{
    int first = dup(ends[0]), second = dup(ends[0]);
    close(first);
    close(second);
    /* cppcheck-suppress deallocret; the number is what is asked for */
    return second;
}

static void test_no_descriptor_stays_open(void **state)
{
    mxcheck_status status;
    int before = free_descriptor();
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct loop *other = loop_new(&memory_libc, &status);
        assert_non_null(other);
        assert_true(i == 0 || loop_fd(other) >= 0);
        loop_free(other);
        assert_int_equal(free_descriptor(), before);
    }
}

static void test_a_descriptor_that_cannot_be_watched_is_refused(void **state)
{
    struct seen seen = {0};
    (void)state;
    assert_int_equal(loop_watch_set(loop, &seen.watch, -1, true, false), -1);
    assert_false(seen.watch.is_set);
    loop_watch_clear(loop, &seen.watch);
}

static void test_the_one_descriptor_is_readable_when_something_is_due_and_only_then(void **state)
{
    struct letter letter = {0};
    struct seen reader = {0};
    int fd = loop_fd(loop);
    (void)state;
    fired[0] = '\0';
    assert_true(fd >= 0);
    assert_int_equal(loop_fd(loop), fd);
    assert_false(is_readable(fd));

    set(&letter, 'a', clock_now_us() + 3600000000U);
    loop_arm(loop);
    assert_false(is_readable(fd));
    set(&letter, 'a', 0);
    loop_arm(loop);
    assert_true(is_readable(fd));
    loop_turn(loop, 0);
    loop_arm(loop);
    assert_string_equal(fired, "a");
    assert_false(is_readable(fd));
    /* And again, for the same moment. */
    letter.sets_itself = true;
    set(&letter, 'b', 0);
    for (int turns = 0; turns < 3; turns++) {
        loop_arm(loop);
        assert_true(is_readable(fd));
        loop_turn(loop, 0);
    }
    loop_timer_clear(loop, &letter.timer);
    loop_arm(loop);
    assert_false(is_readable(fd));

    watch(&reader, ends[0], true, false);
    assert_false(is_readable(fd));
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_true(is_readable(fd));
    loop_watch_clear(loop, &reader.watch);
    assert_false(is_readable(fd));
}

static void test_what_is_due_when_the_descriptor_is_first_asked_for_is_told(void **state)
{
    struct letter letter = {0};
    (void)state;
    fired[0] = '\0';
    set(&letter, 'a', 1);
    assert_true(is_readable(loop_fd(loop)));
    loop_turn(loop, 0);
    loop_arm(loop);
    assert_string_equal(fired, "a");
    assert_false(is_readable(loop_fd(loop)));
}

static void test_a_turn_waits_for_what_is_due_next(void **state)
{
    struct letter letter = {0};
    uint64_t due_us = clock_now_us() + 30000;
    (void)state;
    fired[0] = '\0';
    set(&letter, 'a', due_us);
    for (int turns = 0; fired[0] == '\0' && turns < 100; turns++)
        loop_turn(loop, clock_now_us() + 10000000);
    assert_true(clock_now_us() >= due_us);
    assert_string_equal(fired, "a");
}

static void *no_memory(size_t size, void *user)
{
    (void)size;
    (void)user;
    return NULL;
}

static void *no_more_memory(void *block, size_t size, void *user)
{
    (void)block;
    (void)size;
    (void)user;
    return NULL;
}

static void free_nothing(void *block, void *user)
{
    (void)block;
    (void)user;
}

static void test_memory_that_is_short_is_told(void **state)
{
    const struct memory none = {no_memory, no_more_memory, free_nothing, NULL};
    mxcheck_status status = MXCHECK_OK;
    (void)state;
    assert_null(loop_new(&none, &status));
    assert_int_equal(status, MXCHECK_ERR_NOMEM);
    loop_free(NULL);
}

/* A timer that has its place already is set again without memory. */
static void test_a_timer_that_finds_no_memory_is_refused(void **state)
{
    struct memory some = memory_libc;
    struct loop_timer timer = {0};
    mxcheck_status status;
    struct loop *poor = loop_new(&some, &status);
    (void)state;
    assert_non_null(poor);
    some.realloc = no_more_memory;
    assert_int_equal(loop_timer_set(poor, &timer, 1), -1);
    assert_int_equal(timer.place, 0);
    some.realloc = memory_libc.realloc;
    assert_int_equal(loop_timer_set(poor, &timer, 1), 0);
    some.realloc = no_more_memory;
    assert_int_equal(loop_timer_set(poor, &timer, 2), 0);
    assert_int_not_equal(timer.place, 0);
    loop_timer_clear(poor, &timer);
    loop_free(poor);
}

/* The descriptor for timers, loop_fd, has its place from the start. */
static void test_a_watch_that_finds_no_memory_is_refused(void **state)
{
    enum { COUNT = 100 };
    static struct loop_watch watches[COUNT];
    struct memory some = memory_libc;
    mxcheck_status status;
    struct loop *poor = loop_new(&some, &status);
    int copies[COUNT], count = 0;
    (void)state;
    some.realloc = no_more_memory;
    assert_true(loop_fd(poor) >= 0);
    do {
        copies[count] = dup(ends[0]);
    } while (loop_watch_set(poor, &watches[count], copies[count], true, false) == 0 && ++count < COUNT);
    assert_true(count < COUNT);
    assert_false(watches[count].is_set);
    loop_watch_clear(poor, &watches[0]);
    assert_int_equal(loop_watch_set(poor, &watches[count], copies[count], true, false), 0);
    for (int i = 0; i <= count; i++) {
        loop_watch_clear(poor, &watches[i]);
        close(copies[i]);
    }
    loop_free(poor);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_loop, close_loop)
    const struct CMUnitTest tests[] = {
        TEST(test_timers_fire_in_the_order_of_their_time),
        TEST(test_timers_that_are_moved_or_cleared),
        TEST(test_a_timer_may_clear_another_and_set_itself),
        TEST(test_a_heap_of_timers_keeps_its_order_whatever_is_cleared),
        TEST(test_descriptors_are_told_when_they_are_ready),
        TEST(test_a_watch_that_was_cleared_in_a_turn_is_not_served_in_it),
        TEST(test_a_closed_peer_is_told_as_readable),
        TEST(test_a_broken_descriptor_is_told_to_who_waits_to_write),
        TEST(test_a_watch_that_is_set_again_waits_for_the_other_thing),
        TEST(test_what_is_watched_until_it_is_closed_is_told_each_time),
        TEST(test_looking_for_the_loop_loses_no_event),
        TEST(test_a_copy_of_a_closed_descriptor_does_not_disturb_its_successor),
        TEST(test_many_watches_are_told_apart),
        TEST(test_a_loop_whose_epoll_set_was_closed_is_lost_and_says_so),
        TEST(test_no_descriptor_stays_open),
        TEST(test_a_descriptor_that_cannot_be_watched_is_refused),
        TEST(test_the_one_descriptor_is_readable_when_something_is_due_and_only_then),
        TEST(test_what_is_due_when_the_descriptor_is_first_asked_for_is_told),
        TEST(test_a_turn_waits_for_what_is_due_next),
        cmocka_unit_test(test_memory_that_is_short_is_told),
        cmocka_unit_test(test_a_timer_that_finds_no_memory_is_refused),
        TEST(test_a_watch_that_finds_no_memory_is_refused),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
