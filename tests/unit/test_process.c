/* SPDX-License-Identifier: BSD-2-Clause */
/* test_process.c: a child is told from all that it descends from, whatever its number; and what is made its own is so
 * once. */
#define _GNU_SOURCE /* unshare */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/process.h"

#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEPTH 4
#define THREADS 4

static struct process process;
static struct ownership ownership;
static uint32_t seen[DEPTH + 1];

static int wait_for(pid_t child)
{
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

/* Each generation looks at those before it, and has the next look. Returns 0 when all are right. */
static int descend(int depth)
{
    seen[depth] = process_self(&process);
    if (seen[depth] == 0 || seen[depth] >= PROCESS_MAX || seen[depth] != process_self(&process))
        return 3;
    for (int i = 0; i < depth; i++) {
        if (seen[i] == seen[depth])
            return 4;
    }
    if (depth == DEPTH)
        return 0;
    pid_t child = fork();
    if (child == 0)
        _exit(descend(depth + 1));
    return wait_for(child) != 0 ? 5 : seen[depth] != process_self(&process);
}

static void test_no_process_has_the_mark_of_one_that_it_descends_from(void **state)
{
    (void)state;
    assert_int_equal(descend(0), 0);
}

static void test_so_it_is_where_the_process_number_has_to_do(void **state)
{
    struct process before = process;
    (void)state;
    process_init_by_number(&process);
    assert_int_equal(process_self(&process), getpid());
    assert_int_equal(descend(0), 0);
    process = before;
}

static void test_a_generation_that_never_looked_is_no_matter(void **state)
{
    uint32_t self = process_self(&process);
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        pid_t grandchild = fork();
        if (grandchild == 0)
            _exit(process_self(&process) == self);
        _exit(wait_for(grandchild));
    }
    assert_int_equal(wait_for(child), 0);
}

/* In a namespace of its own the first child has number 1, and so has the first child in one within that. Returns 77
 * where namespaces are not allowed. */
static int compare_in_namespaces(void)
{
    if (unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0 && unshare(CLONE_NEWPID) != 0)
        return 77;
    pid_t child = fork();
    if (child == 0) {
        pid_t number = getpid();
        uint32_t self = process_self(&process);
        if (unshare(CLONE_NEWPID) != 0)
            _exit(77);
        pid_t grandchild = fork();
        if (grandchild == 0)
            _exit(number != getpid() || self == process_self(&process));
        _exit(wait_for(grandchild));
    }
    return wait_for(child);
}

static void test_a_child_of_the_same_number_is_another_process(void **state)
{
    (void)state;
    process_self(&process);
    pid_t child = fork();
    if (child == 0)
        _exit(compare_in_namespaces());
    int outcome = wait_for(child);
    if (outcome == 77 || process.mark == NULL)
        print_message("# no namespaces, or no memory that the kernel wipes\n");
    else
        assert_int_equal(outcome, 0);
}

static void *claim(void *user)
{
    uint32_t self = process_self(&process);
    int *claims = user;
    if (ownership_enter(&ownership, self)) {
        sched_yield();
        (*claims)++;
        ownership_settle(&ownership, self);
    }
    return NULL;
}

/* Returns 0 when one of the threads made it its own, and all others came after. */
static int claim_in_threads(void)
{
    pthread_t threads[THREADS];
    int claims = 0;
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, claim, &claims) != 0)
            return 6;
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return claims == 1 ? 0 : 7;
}

static void test_one_thread_of_a_child_makes_it_its_own(void **state)
{
    (void)state;
    ownership_settle(&ownership, process_self(&process));
    assert_false(ownership_enter(&ownership, process_self(&process)));
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(claim_in_threads());
        assert_int_equal(wait_for(child), 0);
    }
}

static void test_a_child_of_one_that_was_at_it_begins_anew(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct process before = process;
        if (i == 1)
            process_init_by_number(&process);
        ownership.owner = process_self(&process) + 1;
        assert_true(ownership_enter(&ownership, process_self(&process)));
        pid_t child = fork();
        if (child == 0)
            _exit(claim_in_threads());
        assert_int_equal(wait_for(child), 0);
        process = before;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_process_has_the_mark_of_one_that_it_descends_from),
        cmocka_unit_test(test_so_it_is_where_the_process_number_has_to_do),
        cmocka_unit_test(test_a_generation_that_never_looked_is_no_matter),
        cmocka_unit_test(test_a_child_of_the_same_number_is_another_process),
        cmocka_unit_test(test_one_thread_of_a_child_makes_it_its_own),
        cmocka_unit_test(test_a_child_of_one_that_was_at_it_begins_anew),
    };
    process_init(&process);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
