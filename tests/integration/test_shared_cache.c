/* SPDX-License-Identifier: BSD-2-Clause */
/* test_shared_cache.c: one cache for several processes, over a real name server: what one has asked, the others know.
 */
#define _DEFAULT_SOURCE /* mkdtemp */
#include "support.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define GOOD "u@ok-mx.mx.example"
#define ABSENT "u@nxdomain.mx.example"
#define NULL_MX "u@null-mx.mx.example"

enum { BYTES = 1 << 20 };

static char folder[64];
static char path[128];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/mxcheck-cache-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/cache", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

/* --- contexts and children --- */

static mxcheck_ctx *ctx_over(mxcheck_cache *cache)
{
    mxcheck_ctx *ctx = NULL;
    mxcheck_config *config = support_config(NULL);
    assert_int_equal(mxcheck_config_set_cache(config, cache), MXCHECK_OK);
    assert_int_equal(mxcheck_ctx_new(config, &ctx), MXCHECK_OK);
    mxcheck_config_free(config);
    return ctx;
}

/* With another option, unless its name is NULL. */
static mxcheck_ctx *ctx_by_file(const char *name, const char *value)
{
    const struct setting settings[] = {{"cache-file", path}, {name, value}, {NULL, NULL}};
    return support_ctx(settings);
}

/* How a check was answered, as the exit status of a child. */
enum told { ASKED = 1, CACHED, FAILED };

static enum told check(mxcheck_ctx *ctx, const char *address, int reason)
{
    mxcheck_result *result = NULL;
    mxcheck_stats before, after;
    enum told told = FAILED;
    if (mxcheck_ctx_stats(ctx, &before, sizeof(before)) == MXCHECK_OK &&
        mxcheck_check_rcpt(ctx, address, &result) == MXCHECK_OK &&
        mxcheck_ctx_stats(ctx, &after, sizeof(after)) == MXCHECK_OK && mxcheck_result_reason(result) == reason)
        told = mxcheck_result_is_cached(result) && after.queries == before.queries ? CACHED : ASKED;
    mxcheck_result_unref(result);
    return told;
}

static int wait_for(pid_t child)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* One check in a child that uses a context of its parent. */
static int check_in_child(mxcheck_ctx *ctx, const char *address, int reason)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit((int)check(ctx, address, reason));
    return wait_for(child);
}

/* One check in a process that knows no more than the file. */
static int check_by_file(const char *address, int reason, const char *name, const char *value)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child != 0)
        return wait_for(child);
    mxcheck_ctx *ctx = ctx_by_file(name, value);
    enum told told = ctx == NULL ? FAILED : check(ctx, address, reason);
    mxcheck_ctx_free(ctx);
    _exit((int)told);
}

static void flush_by_file(const char *domain)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        mxcheck_ctx *ctx = ctx_by_file(NULL, NULL);
        mxcheck_cache_flush(mxcheck_ctx_cache(ctx), domain);
        mxcheck_ctx_free(ctx);
        _exit(0);
    }
    assert_int_equal(wait_for(child), 0);
}

/* --- what is shared --- */

static void test_children_know_what_one_of_them_has_asked(void **state)
{
    mxcheck_cache *cache;
    (void)state;
    assert_int_equal(mxcheck_cache_new_shared(NULL, BYTES, &cache), MXCHECK_OK);
    mxcheck_ctx *ctx = ctx_over(cache);
    mxcheck_cache_unref(cache);
    assert_int_equal(check_in_child(ctx, GOOD, MXCHECK_REASON_MX), ASKED);
    assert_int_equal(check_in_child(ctx, GOOD, MXCHECK_REASON_MX), CACHED);
    assert_int_equal(check(ctx, GOOD, MXCHECK_REASON_MX), CACHED);
    assert_int_equal(check(ctx, ABSENT, MXCHECK_REASON_NO_SUCH_DOMAIN), ASKED);
    assert_int_equal(check_in_child(ctx, ABSENT, MXCHECK_REASON_NO_SUCH_DOMAIN), CACHED);
    mxcheck_cache_flush(mxcheck_ctx_cache(ctx), NULL);
    assert_int_equal(check_in_child(ctx, GOOD, MXCHECK_REASON_MX), ASKED);
    mxcheck_ctx_free(ctx);
}

static void test_a_private_cache_is_not_shared_with_children(void **state)
{
    mxcheck_ctx *ctx = support_ctx(NULL);
    (void)state;
    assert_int_equal(check_in_child(ctx, GOOD, MXCHECK_REASON_MX), ASKED);
    assert_int_equal(check_in_child(ctx, GOOD, MXCHECK_REASON_MX), ASKED);
    mxcheck_ctx_free(ctx);
}

static void test_a_file_outlives_the_process_that_has_asked(void **state)
{
    (void)state;
    assert_int_equal(check_by_file(GOOD, MXCHECK_REASON_MX, NULL, NULL), ASKED);
    assert_int_equal(check_by_file(GOOD, MXCHECK_REASON_MX, NULL, NULL), CACHED);
    assert_int_equal(check_by_file(NULL_MX, MXCHECK_REASON_NULL_MX, NULL, NULL), ASKED);
    assert_int_equal(check_by_file(NULL_MX, MXCHECK_REASON_NULL_MX, NULL, NULL), CACHED);
}

static void test_each_process_judges_by_its_own_options(void **state)
{
    char other[64];
    (void)state;
    assert_int_equal(check_by_file(NULL_MX, MXCHECK_REASON_NULL_MX, NULL, NULL), ASKED);
    assert_int_equal(check_by_file(NULL_MX, MXCHECK_REASON_MX, "null-mx", "accept"), CACHED);
    assert_int_equal(check_by_file(GOOD, MXCHECK_REASON_MX, NULL, NULL), ASKED);
    assert_int_equal(check_by_file(GOOD, MXCHECK_REASON_MX, "dnssec", "trust-ad"), ASKED);
    snprintf(other, sizeof(other), "tcp://%s", support_upstream());
    assert_int_equal(check_by_file(GOOD, MXCHECK_REASON_MX, "upstreams", other), ASKED);
    assert_int_equal(check_by_file(GOOD, MXCHECK_REASON_MX, NULL, NULL), CACHED);
}

static void test_a_flush_reaches_every_process(void **state)
{
    mxcheck_ctx *ctx = ctx_by_file(NULL, NULL);
    (void)state;
    assert_int_equal(check(ctx, GOOD, MXCHECK_REASON_MX), ASKED);
    assert_int_equal(check(ctx, ABSENT, MXCHECK_REASON_NO_SUCH_DOMAIN), ASKED);
    flush_by_file("OK-mx.mx.example.");
    assert_int_equal(check(ctx, GOOD, MXCHECK_REASON_MX), ASKED);
    assert_int_equal(check(ctx, ABSENT, MXCHECK_REASON_NO_SUCH_DOMAIN), CACHED);
    flush_by_file(NULL);
    assert_int_equal(check(ctx, ABSENT, MXCHECK_REASON_NO_SUCH_DOMAIN), ASKED);
    mxcheck_ctx_free(ctx);
}

static void test_statistics_are_of_each_context(void **state)
{
    mxcheck_stats stats;
    mxcheck_ctx *ctx = ctx_by_file(NULL, NULL);
    (void)state;
    assert_int_equal(check_by_file(GOOD, MXCHECK_REASON_MX, NULL, NULL), ASKED);
    assert_int_equal(check(ctx, GOOD, MXCHECK_REASON_MX), CACHED);
    assert_int_equal(mxcheck_ctx_stats(ctx, &stats, sizeof(stats)), MXCHECK_OK);
    assert_int_equal(stats.checks, 1);
    assert_int_equal(stats.hits, 1);
    assert_int_equal(stats.queries, 0);
    assert_int_equal(stats.domains, 1);
    mxcheck_ctx_free(ctx);
}

/* --- what is refused --- */

static void test_a_file_that_cannot_be_used_says_why(void **state)
{
    char wanted[200];
    mxcheck_ctx *ctx = NULL;
    mxcheck_cache *cache = NULL;
    const struct setting settings[] = {{"cache-file", path}, {NULL, NULL}};
    mxcheck_config *config = support_config(settings);
    (void)state;
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, 0644), 0);
    close(fd);
    assert_int_equal(mxcheck_ctx_new(config, &ctx), MXCHECK_ERR_FILE);
    assert_null(ctx);
    snprintf(wanted, sizeof(wanted), "option cache-file: %s: its mode lets others in: 0600 is needed", path);
    assert_string_equal(mxcheck_config_error(config), wanted);
    assert_int_equal(mxcheck_cache_new_shared(path, BYTES, &cache), MXCHECK_ERR_FILE);
    assert_null(cache);
    assert_int_equal(mxcheck_cache_new_shared(path, 16383, &cache), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_cache_new_shared(NULL, 16383, &cache), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_cache_new_shared(NULL, BYTES, NULL), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_set(config, "cache-size", "0"), MXCHECK_OK);
    assert_int_equal(mxcheck_ctx_new(config, &ctx), MXCHECK_OK);
    assert_null(mxcheck_ctx_cache(ctx));
    mxcheck_ctx_free(ctx);
    mxcheck_config_free(config);
}

static void test_the_least_size_holds_a_domain(void **state)
{
    mxcheck_cache *cache;
    (void)state;
    assert_int_equal(mxcheck_cache_new_shared(NULL, 16384, &cache), MXCHECK_OK);
    mxcheck_ctx *ctx = ctx_over(cache);
    mxcheck_cache_unref(cache);
    assert_int_equal(check(ctx, GOOD, MXCHECK_REASON_MX), ASKED);
    assert_int_equal(check_in_child(ctx, GOOD, MXCHECK_REASON_MX), CACHED);
    mxcheck_ctx_free(ctx);
}

/* --- threads and processes --- */

static bool is_over; /* atomic */

static void *keep_writing(void *user)
{
    mxcheck_ctx *ctx = user;
    while (!__atomic_load_n(&is_over, __ATOMIC_ACQUIRE)) {
        check(ctx, ABSENT, MXCHECK_REASON_NO_SUCH_DOMAIN);
        mxcheck_cache_flush(mxcheck_ctx_cache(ctx), "nxdomain.mx.example");
    }
    return NULL;
}

/* The child uses a context of its own: that of the parent is another story (test_fork.c). */
static void test_a_child_forked_while_a_thread_writes_reads_and_writes(void **state)
{
    mxcheck_cache *cache;
    pthread_t thread;
    (void)state;
    assert_int_equal(mxcheck_cache_new_shared(NULL, BYTES, &cache), MXCHECK_OK);
    mxcheck_ctx *ctx = ctx_over(cache);
    assert_int_equal(check(ctx, GOOD, MXCHECK_REASON_MX), ASKED);
    is_over = false;
    assert_int_equal(pthread_create(&thread, NULL, keep_writing, ctx), 0);
    for (int i = 0; i < 100; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            mxcheck_cache_flush(cache, "other.mx.example");
            _exit((int)check(ctx, GOOD, MXCHECK_REASON_MX));
        }
        assert_int_equal(wait_for(child), CACHED);
    }
    __atomic_store_n(&is_over, true, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    mxcheck_ctx_free(ctx);
    mxcheck_cache_unref(cache);
}

/* --- one who may write the file, and means harm --- */

static void scribble(void)
{
    uint64_t random = 1;
    int fd = open(path, O_RDWR);
    unsigned char *octets = fd < 0 ? MAP_FAILED : mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (octets == MAP_FAILED)
        _exit(1);
    for (;;) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        size_t place = (size_t)(random >> 40) % ((random >> 33 & 3) == 0 ? 1024 : 65536);
        __atomic_store_n(&octets[place], (unsigned char)(random >> 56), __ATOMIC_RELAXED);
        if ((random >> 35 & 255) == 0)
            sched_yield();
    }
}

static void tell_all(mxcheck_ctx *ctx, const char *address)
{
    char text[8192];
    mxcheck_result *result = support_check(ctx, MXCHECK_ROLE_RCPT, address);
    mxcheck_result_reply(result, NULL, text, sizeof(text));
    mxcheck_result_explain(result, NULL, text, sizeof(text));
    mxcheck_result_json(result, NULL, text, sizeof(text));
    mxcheck_result_unref(result);
}

static void test_whoever_may_write_the_file_ends_nobody(void **state)
{
    static const char *const addresses[] = {GOOD, ABSENT, NULL_MX, "u@implicit-a.mx.example", "u@ok-2mx.mx.example"};
    const struct setting settings[] = {{"cache-file", path}, {"cache-size", "64K"}, {"depth", "targets"}, {NULL, NULL}};
    mxcheck_ctx *ctx = support_ctx(settings);
    (void)state;
    pid_t attacker = fork();
    assert_true(attacker >= 0);
    if (attacker == 0)
        scribble();
    for (int i = 0; i < 3000; i++) {
        tell_all(ctx, addresses[i % 5]);
        if (i % 500 == 0)
            mxcheck_cache_flush(mxcheck_ctx_cache(ctx), i % 1000 == 0 ? NULL : "ok-mx.mx.example");
    }
    kill(attacker, SIGKILL);
    assert_int_equal(wait_for(attacker), 128 + SIGKILL);
    mxcheck_ctx_free(ctx);
}

#define IN_FOLDER(story) cmocka_unit_test_setup_teardown(story, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_children_know_what_one_of_them_has_asked),
        cmocka_unit_test(test_a_private_cache_is_not_shared_with_children),
        IN_FOLDER(test_a_file_outlives_the_process_that_has_asked),
        IN_FOLDER(test_each_process_judges_by_its_own_options),
        IN_FOLDER(test_a_flush_reaches_every_process),
        IN_FOLDER(test_statistics_are_of_each_context),
        IN_FOLDER(test_a_file_that_cannot_be_used_says_why),
        cmocka_unit_test(test_the_least_size_holds_a_domain),
        cmocka_unit_test(test_a_child_forked_while_a_thread_writes_reads_and_writes),
        IN_FOLDER(test_whoever_may_write_the_file_ends_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
