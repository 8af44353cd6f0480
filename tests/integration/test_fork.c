/* SPDX-License-Identifier: BSD-2-Clause */
/* test_fork.c: contexts in processes that fork, spawn, close what they do not know, and go on. Whatever the other
 * threads were at, a check in a child ends, and the parent never notices. */
#define _GNU_SOURCE /* closefrom, unshare, vfork */
#include "support.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define GOOD "u@ok-mx.mx.example"
#define SILENT "u@to-all.f.mx.example"
#define PATIENCE_S 30 /* a child that takes longer hangs */

static const struct setting no_cache[] = {{"cache-size", "0"}, {NULL, NULL}};

/* How a child ended, as its exit status. */
enum ending {
    FINE,
    REFUSED, /* MXCHECK_ERR_SYSTEM */
    WRONG,
    SKIPPED = 77,
    KILLED = 200 /* and the signal above */
};

/* --- processes ---------------------------------------------------------------------------------------------------- */

static int wait_for(pid_t child)
{
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return WRONG;
    return WIFEXITED(status) ? WEXITSTATUS(status) : KILLED + WTERMSIG(status);
}

static int check(mxcheck_ctx *ctx)
{
    mxcheck_result *result = NULL;
    mxcheck_status status = mxcheck_check_rcpt(ctx, GOOD, &result);
    int reason = mxcheck_result_reason(result);
    mxcheck_result_unref(result);
    if (status == MXCHECK_ERR_SYSTEM)
        return REFUSED;
    return status == MXCHECK_OK && reason == MXCHECK_REASON_MX ? FINE : WRONG;
}

static void hear(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    int *heard = user_data;
    (void)id;
    *heard = mxcheck_result_reason(result);
}

/* Until `heard` is not 0, or nothing more can come. */
static void turn(mxcheck_ctx *ctx, const int *heard)
{
    while (*heard == 0 && mxcheck_ctx_pending(ctx) > 0) {
        struct pollfd due = {.fd = mxcheck_ctx_fd(ctx), .events = POLLIN};
        poll(&due, 1, 5000);
        mxcheck_ctx_dispatch(ctx);
    }
}

static int check_async(mxcheck_ctx *ctx)
{
    int heard = 0;
    mxcheck_status status = mxcheck_check_rcpt_async(ctx, GOOD, hear, &heard, NULL);
    if (status == MXCHECK_ERR_SYSTEM)
        return REFUSED;
    if (status != MXCHECK_OK)
        return WRONG;
    turn(ctx, &heard);
    return heard == MXCHECK_REASON_MX ? FINE : WRONG;
}

static int check_twice_and_free(mxcheck_ctx *ctx)
{
    int ending = check(ctx);
    if (ending == FINE)
        ending = check_async(ctx);
    mxcheck_ctx_free(ctx);
    return ending;
}

static int free_alone(mxcheck_ctx *ctx)
{
    mxcheck_ctx_free(ctx);
    return FINE;
}

static int look_at_it_alone(mxcheck_ctx *ctx)
{
    int is_right = mxcheck_ctx_pending(ctx) == 0 && mxcheck_cancel(ctx, 1) == MXCHECK_ERR_NOT_FOUND &&
                   mxcheck_ctx_dispatch(ctx) == MXCHECK_OK;
    return is_right ? FINE : WRONG;
}

/* What a child does with the context of its parent. */
typedef int (*action)(mxcheck_ctx *ctx);

static int in_child(mxcheck_ctx *ctx, action deed)
{
    pid_t child = fork();
    if (child == 0) {
        alarm(PATIENCE_S);
        _exit(deed(ctx));
    }
    return wait_for(child);
}

static int check_in_grandchild(mxcheck_ctx *ctx)
{
    int ending = check(ctx);
    return ending == FINE ? in_child(ctx, check_twice_and_free) : ending;
}

static int check_in_grandchild_alone(mxcheck_ctx *ctx)
{
    return in_child(ctx, check_twice_and_free);
}

/* As daemons begin. */
static int check_in_daemon(mxcheck_ctx *ctx)
{
    int ends[2];
    char ending = WRONG;
    if (pipe(ends) != 0)
        return WRONG;
    pid_t child = fork();
    if (child == 0) {
        setsid();
        if (fork() != 0)
            _exit(0);
        alarm(PATIENCE_S);
        dup2(ends[1], 3);
        closefrom(4);
        ending = (char)check_twice_and_free(ctx);
        _exit(write(3, &ending, 1) != 1);
    }
    close(ends[1]);
    if (wait_for(child) != 0 || read(ends[0], &ending, 1) != 1)
        ending = WRONG;
    close(ends[0]);
    return ending;
}

static int close_all_and_check(mxcheck_ctx *ctx)
{
    closefrom(3);
    return check_twice_and_free(ctx);
}

/* What it inherited is closed, and the numbers are its own files' then. */
static int have_files_and(mxcheck_ctx *ctx, action deed)
{
    enum { FILES = 64 };
    struct stat files[FILES];
    closefrom(3);
    for (int i = 0; i < FILES; i++) {
        int ends[2];
        if (pipe(ends) != 0 || fstat(ends[1], &files[i]) != 0)
            return WRONG;
    }
    int ending = deed(ctx);
    for (int i = 0; i < FILES; i++) {
        struct stat now;
        if (fstat(4 + 2 * i, &now) != 0 || now.st_ino != files[i].st_ino)
            return WRONG;
    }
    return ending;
}

static int have_files_and_check(mxcheck_ctx *ctx)
{
    return have_files_and(ctx, check_twice_and_free);
}

static int have_files_and_free(mxcheck_ctx *ctx)
{
    return have_files_and(ctx, free_alone);
}

/* The first process of a namespace, and the first of one within that, have the number 1. */
static int be_the_child_of_its_own_number(mxcheck_ctx *ctx, action deed)
{
    if (unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0 && unshare(CLONE_NEWPID) != 0)
        return SKIPPED;
    pid_t child = fork();
    if (child == 0) {
        int ending = check_async(ctx) == FINE ? check(ctx) : WRONG;
        if (ending != FINE || getpid() != 1 || unshare(CLONE_NEWPID) != 0)
            _exit(ending != FINE ? ending : SKIPPED);
        int heard = 0;
        if (mxcheck_check_rcpt_async(ctx, SILENT, hear, &heard, NULL) != MXCHECK_OK)
            _exit(WRONG);
        _exit(in_child(ctx, deed));
    }
    return wait_for(child);
}

static int check_under_the_same_number(mxcheck_ctx *ctx)
{
    return be_the_child_of_its_own_number(ctx, check_twice_and_free);
}

static int free_under_the_same_number(mxcheck_ctx *ctx)
{
    return be_the_child_of_its_own_number(ctx, free_alone);
}

static int look_under_the_same_number(mxcheck_ctx *ctx)
{
    return be_the_child_of_its_own_number(ctx, look_at_it_alone);
}

static const struct {
    const char *name;
    action deed;
} deeds[] = {
    {"checks", check_twice_and_free},
    {"frees the context", free_alone},
    {"looks at the context", look_at_it_alone},
    {"has a child that checks", check_in_grandchild_alone},
    {"checks, and has a child that checks", check_in_grandchild},
    {"is a daemon", check_in_daemon},
    {"closes all descriptors", close_all_and_check},
    {"has files of its own, and checks", have_files_and_check},
    {"has files of its own, and frees the context", have_files_and_free},
    {"has the number of its parent, and checks", check_under_the_same_number},
    {"has the number of its parent, and frees the context", free_under_the_same_number},
    {"has the number of its parent, and looks at the context", look_under_the_same_number},
};

/* Over UDP and over TCP, whose stream is open. */
static void test_a_child_may_do_anything_and_the_parent_does_not_notice(void **state)
{
    static const char *const ways[] = {"udp://", "tcp://"};
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(deeds) / sizeof(deeds[0]); i++) {
        char upstreams[64];
        snprintf(upstreams, sizeof(upstreams), "%s%s", ways[i % 2], support_upstream());
        const struct setting settings[] = {{"cache-size", "0"}, {"upstreams", upstreams}, {NULL, NULL}};
        mxcheck_ctx *ctx = support_ctx(settings);
        int silent = 0, other = 0;
        assert_non_null(ctx);
        assert_int_equal(check(ctx), FINE);
        assert_int_equal(mxcheck_check_rcpt_async(ctx, SILENT, hear, &silent, NULL), MXCHECK_OK);
        assert_int_equal(mxcheck_check_rcpt_async(ctx, GOOD, hear, &other, NULL), MXCHECK_OK);
        mxcheck_ctx_dispatch(ctx);
        int ending = in_child(ctx, deeds[i / 2].deed);
        if (ending != FINE && ending != SKIPPED)
            fail_msg("a child that %s (%s): %d", deeds[i / 2].name, upstreams, ending);
        assert_int_equal(check(ctx), FINE);
        turn(ctx, &other);
        assert_int_equal(other, MXCHECK_REASON_MX);
        mxcheck_ctx_free(ctx);
    }
}

#if !SUPPORT_HAS_SANITIZER

/* --- while other threads are at it -------------------------------------------------------------------------------- */

struct busy {
    mxcheck_ctx *ctx;
    action deed;
    int is_over; /* atomic */
    int wrong;
};

static void *keep_at_it(void *user)
{
    struct busy *busy = user;
    while (!__atomic_load_n(&busy->is_over, __ATOMIC_RELAXED))
        busy->wrong += busy->deed(busy->ctx) != FINE;
    return NULL;
}

static int spawn(void)
{
    static char *const arguments[] = {(char *)"true", NULL};
    static char *const environment[] = {NULL};
    pid_t child;
    return posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environment) == 0 ? wait_for(child) : WRONG;
}

static int vfork_and_exec(void)
{
    pid_t child = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork): it is what is tested here */
    if (child == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(WRONG);
    }
    return wait_for(child);
}

/* Have children of every kind while threads are at `busy_with`: FINE or REFUSED each. Returns how many were fine. */
static int have_children(action busy_with, action deed, int count)
{
    enum { THREADS = 3 };
    pthread_t threads[THREADS];
    struct busy busy[THREADS];
    mxcheck_ctx *ctx = support_ctx(no_cache);
    int fine = 0;
    assert_non_null(ctx);
    /* Asynchronous checks belong to one thread. */
    int most = busy_with == check_async ? 1 : THREADS;
    for (int i = 0; i < most; i++) {
        busy[i] = (struct busy){.ctx = ctx, .deed = busy_with};
        assert_int_equal(pthread_create(&threads[i], NULL, keep_at_it, &busy[i]), 0);
    }
    for (int i = 0; i < count; i++) {
        int ending = in_child(ctx, deed);
        if (ending != FINE && ending != REFUSED)
            fail_msg("child %d ended with %d", i, ending);
        fine += ending == FINE;
        assert_int_equal(spawn(), 0);
        assert_int_equal(vfork_and_exec(), 0);
    }
    for (int i = 0; i < most; i++) {
        __atomic_store_n(&busy[i].is_over, 1, __ATOMIC_RELAXED);
        pthread_join(threads[i], NULL);
        assert_int_equal(busy[i].wrong, 0);
    }
    mxcheck_ctx_free(ctx);
    return fine;
}

static void test_a_check_ends_in_children_of_a_process_whose_threads_are_in_checks(void **state)
{
    (void)state;
    assert_true(have_children(check, check_twice_and_free, 100) > 0);
}

static void test_a_check_ends_in_children_of_a_process_that_dispatches_in_a_thread(void **state)
{
    (void)state;
    assert_true(have_children(check_async, check_twice_and_free, 100) > 0);
}

static void test_a_context_is_freed_in_children_whatever_threads_were_at(void **state)
{
    (void)state;
    assert_int_equal(have_children(check, free_alone, 100), 100);
    assert_int_equal(have_children(check_async, free_alone, 100), 100);
}

/* --- the first check of all --------------------------------------------------------------------------------------- */

/* A process whose thread is at its first check when it forks, so many microseconds after that has begun. */
static int fork_at_first_check(mxcheck_ctx *ctx, int delay_us)
{
    const struct timespec delay = {.tv_sec = 0, .tv_nsec = delay_us * 1000L};
    struct busy busy = {.ctx = ctx, .deed = check};
    pthread_t thread;
    alarm(PATIENCE_S);
    if (pthread_create(&thread, NULL, keep_at_it, &busy) != 0)
        return WRONG;
    nanosleep(&delay, NULL);
    int ending = in_child(ctx, check_twice_and_free);
    __atomic_store_n(&busy.is_over, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    return busy.wrong == 0 ? ending : WRONG;
}

/* Before all others here: nothing is set up in this process yet. */
static void test_a_check_ends_in_a_child_that_was_forked_during_the_first_of_all(void **state)
{
    (void)state;
    mxcheck_ctx *ctx = support_ctx(no_cache);
    assert_non_null(ctx);
    for (int i = 0; i < 150; i++) {
        pid_t host = fork();
        if (host == 0)
            _exit(fork_at_first_check(ctx, 40 * i));
        int ending = wait_for(host);
        if (ending != FINE && ending != REFUSED)
            fail_msg("forked after %d us: %d", 40 * i, ending);
    }
    mxcheck_ctx_free(ctx);
}

#endif

/* --- from within a callback --------------------------------------------------------------------------------------- */

struct forking {
    mxcheck_ctx *ctx;
    action deed; /* NULL: none */
    int calls;
    pid_t child;
};

static void fork_in_callback(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    struct forking *forking = user_data;
    (void)id;
    (void)result;
    forking->calls++;
    if (forking->child < 0)
        forking->child = fork();
    if (forking->child != 0)
        return;
    alarm(PATIENCE_S);
    if (forking->deed != NULL && forking->deed(forking->ctx) != FINE)
        _exit(WRONG);
}

static void test_a_child_of_a_callback_hears_no_more_of_the_parents_checks(void **state)
{
    static const action deeds_there[] = {NULL, check, check_async, free_alone, check_twice_and_free, look_at_it_alone};
    (void)state;
    for (size_t i = 0; i < sizeof(deeds_there) / sizeof(deeds_there[0]); i++) {
        struct forking forking = {.ctx = support_ctx(no_cache), .deed = deeds_there[i], .child = -1};
        for (int j = 0; j < 3; j++)
            assert_int_equal(mxcheck_check_rcpt_async(forking.ctx, "u@foo.invalid", fork_in_callback, &forking, NULL),
                             MXCHECK_OK);
        mxcheck_ctx_dispatch(forking.ctx);
        if (forking.child == 0)
            _exit(forking.calls == 1 ? FINE : WRONG);
        assert_int_equal(forking.calls, 3);
        assert_int_equal(wait_for(forking.child), FINE);
        mxcheck_ctx_free(forking.ctx);
    }
}

/* --- a host that closes what it does not know --------------------------------------------------------------------- */

static int cpu_ms(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (int)((usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
                 (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000);
}

static void *check_silent(void *user)
{
    mxcheck_result *result = NULL;
    static mxcheck_status status;
    status = mxcheck_check_rcpt(user, SILENT, &result);
    mxcheck_result_unref(result);
    return &status;
}

static int close_all_under_a_blocking_check(mxcheck_ctx *ctx)
{
    static const struct timespec moment = {.tv_sec = 0, .tv_nsec = 100000000};
    pthread_t thread;
    void *status;
    int before_ms = cpu_ms();
    if (check(ctx) != FINE || pthread_create(&thread, NULL, check_silent, ctx) != 0)
        return WRONG;
    nanosleep(&moment, NULL);
    closefrom(3);
    pthread_join(thread, &status);
    int took_ms = cpu_ms() - before_ms;
    return *(mxcheck_status *)status == MXCHECK_ERR_SYSTEM && took_ms < 1000 ? check_twice_and_free(ctx) : WRONG;
}

static int close_all_under_an_asynchronous_check(mxcheck_ctx *ctx)
{
    int heard = 0;
    int before_ms = cpu_ms();
    if (mxcheck_check_rcpt_async(ctx, SILENT, hear, &heard, NULL) != MXCHECK_OK)
        return WRONG;
    mxcheck_ctx_dispatch(ctx);
    closefrom(3);
    turn(ctx, &heard);
    int took_ms = cpu_ms() - before_ms;
    return heard == MXCHECK_REASON_OVERLOADED && took_ms < 1000 ? check_twice_and_free(ctx) : WRONG;
}

static int close_all_under_a_batch(mxcheck_ctx *ctx)
{
    static const char *const addresses[] = {GOOD, "u@null-mx.mx.example"};
    mxcheck_result *results[2];
    if (mxcheck_check_rcpts(ctx, addresses, 2, results) != MXCHECK_OK)
        return WRONG;
    closefrom(3);
    mxcheck_result_unref(results[0]);
    mxcheck_result_unref(results[1]);
    if (mxcheck_check_rcpts(ctx, addresses, 2, results) != MXCHECK_OK)
        return WRONG;
    mxcheck_result_unref(results[0]);
    mxcheck_result_unref(results[1]);
    return check_twice_and_free(ctx);
}

static int have_files_before_the_context_goes(mxcheck_ctx *ctx)
{
    int heard = 0;
    if (check(ctx) != FINE || mxcheck_check_rcpt_async(ctx, SILENT, hear, &heard, NULL) != MXCHECK_OK)
        return WRONG;
    mxcheck_ctx_dispatch(ctx);
    return have_files_and_free(ctx);
}

static void test_a_host_that_closes_all_descriptors_pays_with_the_checks_under_way_alone(void **state)
{
    static const action ways[] = {close_all_under_a_blocking_check, close_all_under_an_asynchronous_check,
                                  close_all_under_a_batch, have_files_before_the_context_goes};
    static const struct setting settings[] = {{"cache-size", "0"}, {"timeout", "8s"}, {NULL, NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        mxcheck_ctx *ctx = support_ctx(settings);
        int ending = in_child(ctx, ways[i]);
        if (ending != FINE)
            fail_msg("way %d: %d", (int)i, ending);
        mxcheck_ctx_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#if !SUPPORT_HAS_SANITIZER /* it takes locks at each allocation, and a child finds them as another thread left them */
        cmocka_unit_test(test_a_check_ends_in_a_child_that_was_forked_during_the_first_of_all),
        cmocka_unit_test(test_a_check_ends_in_children_of_a_process_whose_threads_are_in_checks),
        cmocka_unit_test(test_a_check_ends_in_children_of_a_process_that_dispatches_in_a_thread),
        cmocka_unit_test(test_a_context_is_freed_in_children_whatever_threads_were_at),
#endif
        cmocka_unit_test(test_a_host_that_closes_all_descriptors_pays_with_the_checks_under_way_alone),
        cmocka_unit_test(test_a_child_may_do_anything_and_the_parent_does_not_notice),
        cmocka_unit_test(test_a_child_of_a_callback_hears_no_more_of_the_parents_checks),
    };
    support_upstream();
    return cmocka_run_group_tests_name("fork", tests, NULL, NULL);
}
