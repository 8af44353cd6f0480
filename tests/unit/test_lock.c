/* SPDX-License-Identifier: BSD-2-Clause */
/* test_lock.c: one holder at a time, and none that is dead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/lock.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct lock lock;
static long count;

static void *add(void *user)
{
    (void)user;
    for (int i = 0; i < 20000; i++) {
        lock_take(&lock);
        count++;
        lock_give(&lock);
    }
    return NULL;
}

static void test_one_holds_it_at_a_time(void **state)
{
    pthread_t threads[4];
    (void)state;
    count = 0;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add, NULL), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(count, 80000);
}

static void test_one_who_will_not_wait_is_told(void **state)
{
    bool is_orphan = true;
    (void)state;
    assert_true(lock_try(&lock, &is_orphan));
    assert_false(is_orphan);
    assert_false(lock_try(&lock, &is_orphan));
    lock_give(&lock);
    assert_true(lock_try(&lock, &is_orphan));
    lock_give(&lock);
}

/* Returns 1 for taken and told that it was an orphan, 0 otherwise. */
static int in_child(bool does_wait)
{
    pid_t child = fork();
    if (child == 0) {
        bool is_orphan = false;
        bool is_taken = does_wait ? (is_orphan = lock_take(&lock), true) : lock_try(&lock, &is_orphan);
        _exit(is_taken && is_orphan);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_a_child_takes_what_its_parent_held(void **state)
{
    (void)state;
    assert_false(lock_take(&lock));
    assert_int_equal(in_child(true), 1);
    assert_int_equal(in_child(false), 1);
    lock_give(&lock);
    assert_int_equal(in_child(true), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_holds_it_at_a_time),
        cmocka_unit_test(test_one_who_will_not_wait_is_told),
        cmocka_unit_test(test_a_child_takes_what_its_parent_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
