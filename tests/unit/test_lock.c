/* SPDX-License-Identifier: BSD-2-Clause */
/* test_lock.c: one holder at a time, and none that is dead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/lock.h"
#include "base/process.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct process process;
static struct lock lock;
static long count;

static void *add(void *user)
{
    (void)user;
    for (int i = 0; i < 20000; i++) {
        lock_take(&lock, process_self(&process));
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

/* Returns 1 for taken and told that it was an orphan, 0 otherwise. */
static int in_child(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(lock_take(&lock, process_self(&process)));
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_a_child_takes_what_its_parent_held(void **state)
{
    (void)state;
    assert_false(lock_take(&lock, process_self(&process)));
    assert_int_equal(in_child(), 1);
    lock_give(&lock);
    assert_int_equal(in_child(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_holds_it_at_a_time),
        cmocka_unit_test(test_a_child_takes_what_its_parent_held),
    };
    process_init(&process);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
