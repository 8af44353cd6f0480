/* SPDX-License-Identifier: BSD-2-Clause */
/* test_sigpipe.c: a SIGPIPE of ours never reaches the host, and one of the host's is never lost. */
#include "base/sigpipe.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static volatile sig_atomic_t heard;

static void hear(int number)
{
    (void)number;
    heard++;
}

static int listen_for_signals(void **state)
{
    struct sigaction action = {.sa_handler = hear};
    (void)state;
    heard = 0;
    return sigaction(SIGPIPE, &action, NULL);
}

static void break_a_pipe(void)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), -1);
    assert_int_equal(errno, EPIPE);
    close(ends[1]);
}

static sigset_t signals(int number)
{
    sigset_t set;
    sigemptyset(&set);
    if (number != 0)
        sigaddset(&set, number);
    return set;
}

static bool is_blocked(int number)
{
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    return sigismember(&mask, number) == 1;
}

static bool is_pending(void)
{
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGPIPE) == 1;
}

static void test_what_we_cause_is_dropped_and_what_comes_later_is_heard(void **state)
{
    struct sigpipe sigpipe;
    (void)state;
    for (int i = 0; i < 3; i++) {
        sigpipe_hold(&sigpipe);
        break_a_pipe();
        break_a_pipe();
        sigpipe_release(&sigpipe);
        assert_int_equal(heard, 0);
    }
    assert_false(is_blocked(SIGPIPE));
    break_a_pipe();
    assert_int_equal(heard, 1);
}

static void test_nothing_happens_when_we_cause_nothing(void **state)
{
    struct sigpipe sigpipe;
    (void)state;
    sigpipe_hold(&sigpipe);
    sigpipe_release(&sigpipe);
    assert_int_equal(heard, 0);
    assert_false(is_blocked(SIGPIPE));
}

static void test_one_that_the_host_has_blocked_and_waits_for_stays(void **state)
{
    struct sigpipe sigpipe;
    sigset_t blocked = signals(SIGPIPE), none = signals(0);
    (void)state;
    pthread_sigmask(SIG_SETMASK, &blocked, NULL);
    break_a_pipe();
    sigpipe_hold(&sigpipe);
    break_a_pipe();
    sigpipe_release(&sigpipe);
    assert_true(is_blocked(SIGPIPE));
    assert_true(is_pending());
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    assert_int_equal(heard, 1);
}

static void test_other_signals_stay_as_they_were(void **state)
{
    struct sigpipe sigpipe;
    sigset_t blocked = signals(SIGUSR1), none = signals(0);
    (void)state;
    pthread_sigmask(SIG_SETMASK, &blocked, NULL);
    sigpipe_hold(&sigpipe);
    assert_true(is_blocked(SIGUSR1));
    assert_false(is_blocked(SIGTERM));
    sigpipe_release(&sigpipe);
    assert_true(is_blocked(SIGUSR1));
    assert_false(is_blocked(SIGPIPE));
    pthread_sigmask(SIG_SETMASK, &none, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_we_cause_is_dropped_and_what_comes_later_is_heard, listen_for_signals),
        cmocka_unit_test_setup(test_nothing_happens_when_we_cause_nothing, listen_for_signals),
        cmocka_unit_test_setup(test_one_that_the_host_has_blocked_and_waits_for_stays, listen_for_signals),
        cmocka_unit_test_setup(test_other_signals_stay_as_they_were, listen_for_signals),
    };
    return cmocka_run_group_tests_name("sigpipe", tests, NULL, NULL);
}
