/* SPDX-License-Identifier: BSD-2-Clause */
/* test_library.c: the library as a server uses it: errors of the caller, deadlines, threads, forks. */
#include "support.h"

#include <dirent.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define GOOD "u@ok-mx.mx.example"

/* --- the caller's errors ------------------------------------------------------------------------------------------ */

static void test_null_arguments_are_invalid(void **state)
{
    (void)state;
    mxcheck_ctx *ctx = support_ctx(NULL);
    mxcheck_config *config = support_config(NULL);
    mxcheck_result *result = (mxcheck_result *)&ctx;

    assert_int_equal(mxcheck_check_sender(NULL, GOOD, &result), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_check_sender(ctx, NULL, &result), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_check_sender(ctx, GOOD, NULL), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_check_rcpt(NULL, GOOD, &result), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_check_rcpt(ctx, NULL, &result), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_check_rcpt(ctx, GOOD, NULL), MXCHECK_ERR_INVALID);
    assert_null(result);
    assert_int_equal(mxcheck_ctx_new(config, NULL), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_new(NULL), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_set(NULL, "timeout", "1s"), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_set(config, NULL, "1s"), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_set(config, "timeout", NULL), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_load(NULL, "/dev/null"), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_load(config, NULL), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_set_memory(NULL, NULL, NULL, NULL, NULL), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_set_log(NULL, 0, NULL, NULL), MXCHECK_ERR_INVALID);
    mxcheck_config_free(config);
    mxcheck_ctx_free(ctx);
    mxcheck_config_free(NULL);
    mxcheck_ctx_free(NULL);
    mxcheck_result_unref(NULL);
}

static void test_getters_of_a_null_result_say_nothing(void **state)
{
    (void)state;
    char line[8] = "x";
    assert_int_equal(mxcheck_result_verdict(NULL), 0);
    assert_int_equal(mxcheck_result_reason(NULL), 0);
    assert_int_equal(mxcheck_result_role(NULL), 0);
    assert_int_equal(mxcheck_result_smtp_code(NULL), 0);
    assert_string_equal(mxcheck_result_address(NULL), "");
    assert_string_equal(mxcheck_result_domain(NULL), "");
    assert_string_equal(mxcheck_result_enhanced_code(NULL), "");
    assert_string_equal(mxcheck_result_hint(NULL), "");
    assert_string_equal(mxcheck_result_mx_host(NULL, 0), "");
    assert_string_equal(mxcheck_result_note(NULL, 0), "");
    assert_int_equal(mxcheck_result_mx_count(NULL), 0);
    assert_int_equal(mxcheck_result_mx_preference(NULL, 0), 0);
    assert_int_equal(mxcheck_result_note_count(NULL), 0);
    assert_int_equal(mxcheck_result_ttl(NULL), 0);
    assert_int_equal(mxcheck_result_is_cached(NULL), 0);
    assert_int_equal(mxcheck_result_is_stale(NULL), 0);
    assert_int_equal(mxcheck_result_dnssec(NULL), 0);
    assert_int_equal(mxcheck_result_elapsed_us(NULL), 0);
    assert_null(mxcheck_result_ref(NULL));
    assert_int_equal(mxcheck_result_reply(NULL, "id", line, sizeof(line)), 0);
    assert_string_equal(line, "");
    assert_int_equal(mxcheck_result_explain(NULL, NULL, NULL, 0), 0);
    assert_int_equal(mxcheck_result_json(NULL, NULL, NULL, 0), 0);
}

static void test_bad_options_are_refused_with_a_sentence(void **state)
{
    static const struct setting bad[] = {
        {"no-such-option", "1"},
        {"", ""},
        {"timeout", "0s"},
        {"timeout", "1000h"},
        {"timeout", "soon"},
        {"timeout", "-1s"},
        {"timeout", ""},
        {"timeout", "99999999999999999999s"},
        {"max-pending", "0"},
        {"null-mx", "maybe"},
        {"upstreams", "resolver"},
        {"upstreams", "127.0.0.1:0"},
        {"upstreams", "127.0.0.1:65536"},
        {"upstreams", "[::1"},
    };
    (void)state;
    mxcheck_config *config = support_config(NULL);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (mxcheck_config_set(config, bad[i].name, bad[i].value) != MXCHECK_ERR_OPTION)
            fail_msg("%s = %s is taken", bad[i].name, bad[i].value);
        assert_true(mxcheck_config_error(config)[0] != '\0');
    }
    assert_string_equal(mxcheck_config_get(config, "timeout"), "4s");
    mxcheck_config_free(config);
}

/* --- addresses ---------------------------------------------------------------------------------------------------- */

static void assert_reply_is_clean(const mxcheck_result *result)
{
    char reply[600];
    size_t length = mxcheck_result_reply(result, "id\r\n\x80", reply, sizeof(reply));
    assert_in_range(length, 5, 510);
    assert_int_equal(strlen(reply), length);
    for (size_t i = 0; i < length; i++)
        assert_in_range(reply[i], ' ', '~');
}

static void test_any_octet_in_any_part_is_taken(void **state)
{
    static const char *const shapes[] = {"%c",
                                         "%cu@ok-mx.mx.example",
                                         "u@%c",
                                         "u@ok%cmx.mx.example",
                                         "u@[%c]",
                                         "\"%c\"@ok-mx.mx.example",
                                         "<u@ok-mx.mx.example%c"};
    (void)state;
    mxcheck_ctx *ctx = support_ctx(NULL);
    for (int octet = 1; octet < 256; octet++) {
        for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
            char address[64];
            snprintf(address, sizeof(address), shapes[i], octet);
            mxcheck_result *result = support_check(ctx, MXCHECK_ROLE_RCPT, address);
            assert_string_equal(mxcheck_result_address(result), address);
            assert_reply_is_clean(result);
            mxcheck_result_unref(result);
        }
    }
    mxcheck_ctx_free(ctx);
}

static void test_a_megabyte_of_address_is_taken(void **state)
{
    static const char fills[] = "a.@\"<[\\\x80";
    enum { MEGABYTE = 1 << 20 };
    (void)state;
    mxcheck_ctx *ctx = support_ctx(NULL);
    char *address = test_malloc(MEGABYTE + sizeof("@" GOOD));
    for (size_t i = 0; i < sizeof(fills) - 1; i++) {
        memset(address, fills[i], MEGABYTE);
        memcpy(address, "u@", 2);
        address[MEGABYTE] = '\0';
        support_expect(ctx, MXCHECK_ROLE_RCPT, address, MXCHECK_REASON_BAD_ADDRESS);
    }
    memset(address, 'a', MEGABYTE);
    memcpy(address + MEGABYTE, "@ok-mx.mx.example", sizeof("@ok-mx.mx.example"));
    mxcheck_result *result = support_check(ctx, MXCHECK_ROLE_SENDER, address);
    assert_int_equal(strlen(mxcheck_result_address(result)), MEGABYTE + strlen("@ok-mx.mx.example"));
    assert_reply_is_clean(result);
    mxcheck_result_unref(result);
    test_free(address);
    mxcheck_ctx_free(ctx);
}

static void test_a_result_outlives_its_context(void **state)
{
    (void)state;
    mxcheck_ctx *ctx = support_ctx(NULL);
    mxcheck_result *result = support_check(ctx, MXCHECK_ROLE_RCPT, "u@null-mx.mx.example");
    mxcheck_ctx_free(ctx);
    char reply[512];
    mxcheck_result_reply(result, "ID", reply, sizeof(reply));
    assert_memory_equal(reply, "556 5.1.10 ID ", strlen("556 5.1.10 ID "));
    mxcheck_result_unref(result);
}

/* --- what is asked ------------------------------------------------------------------------------------------------ */

/* How often the log of the fault server has a line, from `offset` on. */
static int count_asked(long offset, const char *line)
{
    char read[512];
    int count = 0;
    FILE *file = fopen(getenv("MXCHECK_TEST_QUERY_LOG"), "r");
    assert_non_null(file);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    while (fgets(read, sizeof(read), file) != NULL) {
        read[strcspn(read, "\n")] = '\0';
        if (line == NULL || strcmp(read, line) == 0)
            count++;
    }
    fclose(file);
    return count;
}

static long log_end(void)
{
    FILE *file = fopen(getenv("MXCHECK_TEST_QUERY_LOG"), "r");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long end = ftell(file);
    fclose(file);
    return end;
}

static void test_a_single_label_is_asked_once_and_as_absolute(void **state)
{
    (void)state;
    setenv("LOCALDOMAIN", "mx.example", 1);
    setenv("RES_OPTIONS", "ndots:15", 1);
    mxcheck_ctx *ctx = support_ctx(NULL);
    long before = log_end();
    support_expect(ctx, MXCHECK_ROLE_RCPT, "u@ok-mx", MXCHECK_REASON_NO_SUCH_DOMAIN);
    unsetenv("LOCALDOMAIN");
    unsetenv("RES_OPTIONS");
    assert_int_equal(count_asked(before, "udp MX ok-mx."), 1);
    assert_int_equal(count_asked(before, "udp A ok-mx."), 1);
    assert_int_equal(count_asked(before, "udp AAAA ok-mx."), 1);
    assert_int_equal(count_asked(before, NULL), 3);
    mxcheck_ctx_free(ctx);
}

static void test_names_of_etc_hosts_are_not_believed(void **state)
{
    (void)state;
    char line[1024];
    FILE *file = fopen("/etc/hosts", "r");
    if (file == NULL) {
        print_message("# skipped: there is no /etc/hosts\n");
        return;
    }
    mxcheck_ctx *ctx = support_ctx(NULL);
    while (fgets(line, sizeof(line), file) != NULL) {
        char *rest = line;
        line[strcspn(line, "#\n")] = '\0';
        strtok_r(rest, " \t", &rest);
        for (char *name; (name = strtok_r(rest, " \t", &rest)) != NULL;) {
            char address[1100];
            snprintf(address, sizeof(address), "u@%s", name);
            mxcheck_result *result = support_check(ctx, MXCHECK_ROLE_RCPT, address);
            assert_int_not_equal(mxcheck_result_verdict(result), MXCHECK_VERDICT_ACCEPT);
            mxcheck_result_unref(result);
        }
    }
    fclose(file);
    mxcheck_ctx_free(ctx);
}

static void test_a_truncated_answer_is_asked_again_over_tcp(void **state)
{
    (void)state;
    mxcheck_ctx *ctx = support_ctx(NULL);
    long before = log_end();
    mxcheck_result *result = support_check(ctx, MXCHECK_ROLE_RCPT, "u@mx-200.mx.example");
    assert_int_equal(mxcheck_result_mx_count(result), 200);
    assert_string_equal(mxcheck_result_mx_host(result, 0), "h1.mxh.mx.example");
    assert_int_equal(mxcheck_result_mx_preference(result, 199), 200);
    assert_int_equal(count_asked(before, "tcp MX mx-200.mx.example."), 1);
    mxcheck_result_unref(result);
    mxcheck_ctx_free(ctx);
}

static void test_an_address_that_is_none_asks_nothing(void **state)
{
    static const char *const addresses[] = {"u@192.0.2.1",   "u@-a.mx.example", "u@[192.0.2.1]", "postmaster",
                                            "u@foo.invalid", "u@foo.localhost", "u@foo.onion"};
    (void)state;
    mxcheck_ctx *ctx = support_ctx(NULL);
    long before = log_end();
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
        mxcheck_result_unref(support_check(ctx, MXCHECK_ROLE_RCPT, addresses[i]));
    assert_int_equal(count_asked(before, NULL), 0);
    mxcheck_ctx_free(ctx);
}

/* --- deadlines and upstreams -------------------------------------------------------------------------------------- */

static void test_a_check_ends_by_its_timeout(void **state)
{
    static const struct {
        const char *timeout;
        int64_t timeout_ms;
        const char *address;
    } rows[] = {
        {"300ms", 300, "u@to-all.f.mx.example"},  {"1s", 1000, "u@to-all.f.mx.example"},
        {"1s", 1000, "u@nomx-a-to.f.mx.example"}, {"700ms", 700, "u@slow-2s.f.mx.example"},
        {"10ms", 10, "u@to-all.f.mx.example"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct setting settings[] = {{"timeout", rows[i].timeout}, {NULL, NULL}};
        mxcheck_ctx *ctx = support_ctx(settings);
        int64_t start = support_now_ms();
        support_expect(ctx, MXCHECK_ROLE_RCPT, rows[i].address, MXCHECK_REASON_DNS_TIMEOUT);
        int64_t elapsed = support_now_ms() - start;
        assert_in_range(elapsed, rows[i].timeout_ms - 5, rows[i].timeout_ms + 1500);
        mxcheck_ctx_free(ctx);
    }
}

/* It is tried again until the time is over, since a resolver that is being restarted refuses, too; but what is told is
 * that it refused, and not that nobody answered. */
static void test_a_closed_port_is_a_failure_and_no_timeout(void **state)
{
    static const struct setting settings[] = {{"upstreams", "127.0.0.1:1"}, {"timeout", "1s"}, {NULL, NULL}};
    (void)state;
    mxcheck_ctx *ctx = support_ctx(settings);
    int64_t start = support_now_ms();
    support_expect(ctx, MXCHECK_ROLE_RCPT, GOOD, MXCHECK_REASON_DNS_FAILURE);
    assert_in_range(support_now_ms() - start, 990, 3000);
    mxcheck_ctx_free(ctx);
}

static void test_the_next_upstream_answers_for_a_dead_one(void **state)
{
    char upstreams[64];
    (void)state;
    snprintf(upstreams, sizeof(upstreams), "127.0.0.1:1,%s", support_upstream());
    const struct setting settings[] = {{"upstreams", upstreams}, {NULL, NULL}};
    mxcheck_ctx *ctx = support_ctx(settings);
    for (int i = 0; i < 5; i++)
        support_expect(ctx, MXCHECK_ROLE_RCPT, GOOD, MXCHECK_REASON_MX);
    mxcheck_ctx_free(ctx);
}

static void test_upstreams_over_tcp_are_asked_over_tcp(void **state)
{
    char upstreams[64];
    (void)state;
    snprintf(upstreams, sizeof(upstreams), "tcp://%s", support_upstream());
    const struct setting settings[] = {{"upstreams", upstreams}, {NULL, NULL}};
    mxcheck_ctx *ctx = support_ctx(settings);
    long before = log_end();
    support_expect(ctx, MXCHECK_ROLE_RCPT, GOOD, MXCHECK_REASON_MX);
    assert_int_equal(count_asked(before, "tcp MX ok-mx.mx.example."), 1);
    assert_int_equal(count_asked(before, NULL), 1);
    mxcheck_ctx_free(ctx);
}

/* --- threads and processes ---------------------------------------------------------------------------------------- */

static void *check_many(void *argument)
{
    static const struct {
        const char *address;
        int reason;
    } rows[] = {
        {GOOD, MXCHECK_REASON_MX},
        {"u@implicit-a.mx.example", MXCHECK_REASON_IMPLICIT_A},
        {"u@implicit-aaaa.mx.example", MXCHECK_REASON_IMPLICIT_AAAA},
        {"u@txt-only.mx.example", MXCHECK_REASON_NO_RECORDS},
        {"u@nxdomain.mx.example", MXCHECK_REASON_NO_SUCH_DOMAIN},
        {"u@null-mx.mx.example", MXCHECK_REASON_NULL_MX},
        {"u@mx-200.mx.example", MXCHECK_REASON_MX},
        {"u@sf-all.f.mx.example", MXCHECK_REASON_DNS_FAILURE},
    };
    mxcheck_ctx *ctx = argument;
    size_t wrong = 0;
    for (size_t i = 0; i < 40; i++) {
        size_t row = i % (sizeof(rows) / sizeof(rows[0]));
        mxcheck_result *result = NULL;
        if (mxcheck_check_rcpt(ctx, rows[row].address, &result) != MXCHECK_OK ||
            mxcheck_result_reason(result) != (int)rows[row].reason)
            wrong++;
        mxcheck_result_unref(result);
    }
    return wrong == 0 ? NULL : argument;
}

static void test_many_threads_share_a_context(void **state)
{
    enum { THREADS = 16 };
    pthread_t threads[THREADS];
    (void)state;
    mxcheck_ctx *ctx = support_ctx(NULL);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, check_many, ctx), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    mxcheck_ctx_free(ctx);
}

/* The name server takes two seconds: all are there by then. */
static void *check_slow(void *ctx)
{
    mxcheck_result *result = NULL;
    bool is_good = mxcheck_check_rcpt(ctx, "u@slow-2s.f.mx.example", &result) == MXCHECK_OK &&
                   mxcheck_result_reason(result) == MXCHECK_REASON_MX;
    mxcheck_result_unref(result);
    return is_good ? NULL : ctx;
}

static void test_a_hundred_threads_that_ask_one_domain_ask_dns_once(void **state)
{
    enum { THREADS = 100 };
    static const struct setting settings[] = {{"timeout", "20s"}, {"retry-after", "10s"}, {NULL, NULL}};
    pthread_t threads[THREADS];
    mxcheck_stats stats;
    (void)state;
    mxcheck_ctx *ctx = support_ctx(settings);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, check_slow, ctx), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    assert_int_equal(mxcheck_ctx_stats(ctx, &stats, sizeof(stats)), MXCHECK_OK);
    assert_int_equal(stats.checks, THREADS);
    assert_int_equal(stats.lookups, 1);
    assert_int_equal(stats.queries, 1);
    mxcheck_ctx_free(ctx);
}

/* Checks in a child, which must end well. */
static void check_in_child(mxcheck_ctx *ctx)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        mxcheck_result *result = NULL;
        bool is_good =
            mxcheck_check_rcpt(ctx, GOOD, &result) == MXCHECK_OK && mxcheck_result_reason(result) == MXCHECK_REASON_MX;
        mxcheck_result_unref(result);
        mxcheck_ctx_free(ctx);
        _exit(is_good ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_a_child_uses_the_context_of_its_parent(void **state)
{
    (void)state;
    mxcheck_ctx *ctx = support_ctx(NULL);
    check_in_child(ctx);
    support_expect(ctx, MXCHECK_ROLE_RCPT, GOOD, MXCHECK_REASON_MX);
    check_in_child(ctx);
    check_in_child(ctx);
    support_expect(ctx, MXCHECK_ROLE_RCPT, GOOD, MXCHECK_REASON_MX);
    mxcheck_ctx_free(ctx);
}

static size_t count_descriptors(void)
{
    size_t count = 0;
    DIR *directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

static void test_no_descriptor_is_left_behind(void **state)
{
    static const char *const addresses[] = {GOOD, "u@mx-200.mx.example", "u@nxdomain.mx.example",
                                            "u@to-all.f.mx.example", "u@tc-close.f.mx.example"};
    static const struct setting settings[] = {{"timeout", "200ms"}, {NULL, NULL}};
    (void)state;
    size_t before = count_descriptors();
    for (int i = 0; i < 5; i++) {
        mxcheck_ctx *ctx = support_ctx(settings);
        for (size_t j = 0; j < sizeof(addresses) / sizeof(addresses[0]); j++)
            mxcheck_result_unref(support_check(ctx, MXCHECK_ROLE_RCPT, addresses[j]));
        mxcheck_ctx_free(ctx);
    }
    assert_int_equal(count_descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_arguments_are_invalid),
        cmocka_unit_test(test_getters_of_a_null_result_say_nothing),
        cmocka_unit_test(test_bad_options_are_refused_with_a_sentence),
        cmocka_unit_test(test_any_octet_in_any_part_is_taken),
        cmocka_unit_test(test_a_megabyte_of_address_is_taken),
        cmocka_unit_test(test_a_result_outlives_its_context),
        cmocka_unit_test(test_a_single_label_is_asked_once_and_as_absolute),
        cmocka_unit_test(test_names_of_etc_hosts_are_not_believed),
        cmocka_unit_test(test_a_truncated_answer_is_asked_again_over_tcp),
        cmocka_unit_test(test_an_address_that_is_none_asks_nothing),
        cmocka_unit_test(test_a_check_ends_by_its_timeout),
        cmocka_unit_test(test_a_closed_port_is_a_failure_and_no_timeout),
        cmocka_unit_test(test_the_next_upstream_answers_for_a_dead_one),
        cmocka_unit_test(test_upstreams_over_tcp_are_asked_over_tcp),
        cmocka_unit_test(test_many_threads_share_a_context),
        cmocka_unit_test(test_a_hundred_threads_that_ask_one_domain_ask_dns_once),
        cmocka_unit_test(test_a_child_uses_the_context_of_its_parent),
        cmocka_unit_test(test_no_descriptor_is_left_behind),
    };
    support_upstream();
    return cmocka_run_group_tests_name("library", tests, NULL, NULL);
}
