/* SPDX-License-Identifier: BSD-2-Clause */
/* test_stack.c: what is left of a stack, on each kind of stack. */
#define _DEFAULT_SOURCE /* sigaltstack */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/stack.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* TSan has a word on what a signal handler calls, though this signal comes when it is sent. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAS_TSAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define HAS_TSAN 1
#endif
#ifndef HAS_TSAN
#define HAS_TSAN 0
#endif

#define KIB 1024
#define ROOM (128 * KIB)

static void *look(void *user)
{
    *(size_t *)user = stack_left();
    return NULL;
}

/* On a thread with a stack of so many octets. */
static size_t look_in_thread(size_t size)
{
    pthread_attr_t attributes;
    pthread_t thread;
    size_t left = 0;
    pthread_attr_init(&attributes);
    assert_int_equal(pthread_attr_setstacksize(&attributes, size), 0);
    assert_int_equal(pthread_create(&thread, &attributes, look, &left), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    return left;
}

static void test_of_a_threads_stack_most_is_left_at_its_begin(void **state)
{
    static const size_t sizes[] = {128, 256, 512, 8192};
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        assert_in_range(look_in_thread(sizes[i] * KIB), (sizes[i] - 48) * KIB, sizes[i] * KIB);
}

static __attribute__((noinline)) size_t look_deeper(void)
{
    volatile char block[40 * KIB];
    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = 0;
    size_t left = stack_left();
    return left + (size_t)block[left % sizeof(block)];
}

static void test_what_callers_use_is_not_left(void **state)
{
    size_t before = stack_left();
    (void)state;
    assert_in_range(before - look_deeper(), 40 * KIB, 48 * KIB);
}

static void test_of_the_first_threads_stack_no_more_is_left_than_the_limit(void **state)
{
    struct rlimit limit;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_STACK, &limit), 0);
    assert_in_range(stack_left(), 64 * KIB, limit.rlim_cur);
}

#if !HAS_TSAN
static size_t seen_by_handler;

static void on_signal(int number)
{
    (void)number;
    seen_by_handler = stack_left();
}

/* As coroutines, it lies outside of the thread's. */
static void test_of_a_stack_that_is_not_the_threads_nothing_is_said(void **state)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    stack_t stack = {.ss_size = ROOM};
    (void)state;
    stack.ss_sp = malloc(ROOM);
    assert_int_equal(sigaltstack(&stack, NULL), 0);
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    raise(SIGUSR1);
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, NULL);
    free(stack.ss_sp);
    assert_true(seen_by_handler == SIZE_MAX);
}
#endif

static void *fork_and_look(void *user)
{
    int status = 1;
    pid_t child = fork();
    if (child == 0)
        _exit(stack_left() > 512 * KIB);
    waitpid(child, &status, 0);
    *(int *)user = status;
    return NULL;
}

static void test_the_thread_that_forked_has_its_stack_in_the_child(void **state)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int status = 1;
    (void)state;
    pthread_attr_init(&attributes);
    assert_int_equal(pthread_attr_setstacksize(&attributes, 512 * KIB), 0);
    assert_int_equal(pthread_create(&thread, &attributes, fork_and_look, &status), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_a_threads_stack_most_is_left_at_its_begin),
        cmocka_unit_test(test_what_callers_use_is_not_left),
        cmocka_unit_test(test_of_the_first_threads_stack_no_more_is_left_than_the_limit),
#if !HAS_TSAN
        cmocka_unit_test(test_of_a_stack_that_is_not_the_threads_nothing_is_said),
#endif
        cmocka_unit_test(test_the_thread_that_forked_has_its_stack_in_the_child),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
