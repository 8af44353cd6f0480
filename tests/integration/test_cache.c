/* SPDX-License-Identifier: BSD-2-Clause */
/* test_cache.c: the cache as a server uses it, over a real name server. The clock is the system's, but that a test may
 * put it forward. */
#include "support.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GOOD "u@ok-mx.mx.example" /* TTL 60 */
#define ABSENT "u@nxdomain.mx.example"
#define NULL_MX "u@null-mx.mx.example"

/* --- time --------------------------------------------------------------------------------------------------------- */

static uint64_t ahead_us; /* atomic */

uint64_t clock_now_us(void)
{
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U +
           __atomic_load_n(&ahead_us, __ATOMIC_RELAXED);
}

uint64_t clock_coarse_us(struct clock_sleep *sleep)
{
    (void)sleep;
    return clock_now_us();
}

static void put_forward_ms(uint64_t milliseconds)
{
    __atomic_add_fetch(&ahead_us, milliseconds * 1000, __ATOMIC_RELAXED);
}

static void nap_ms(long milliseconds)
{
    const struct timespec nap = {.tv_sec = 0, .tv_nsec = milliseconds * 1000000};
    nanosleep(&nap, NULL);
}

/* --- what a check says of itself ---------------------------------------------------------------------------------- */

static mxcheck_stats stats_of(mxcheck_ctx *ctx)
{
    mxcheck_stats stats;
    assert_int_equal(mxcheck_ctx_stats(ctx, &stats, sizeof(stats)), MXCHECK_OK);
    return stats;
}

/* Check, and be told by "reason", "cached reason" or "stale reason". */
static const char *told(mxcheck_ctx *ctx, const char *address)
{
    static char line[64];
    mxcheck_result *result = support_check(ctx, MXCHECK_ROLE_RCPT, address);
    snprintf(line, sizeof(line), "%s%s",
             mxcheck_result_is_stale(result)    ? "stale "
             : mxcheck_result_is_cached(result) ? "cached "
                                                : "",
             mxcheck_reason_name(mxcheck_result_reason(result)));
    mxcheck_result_unref(result);
    return line;
}

static unsigned ttl_of(mxcheck_ctx *ctx, const char *address)
{
    mxcheck_result *result = support_check(ctx, MXCHECK_ROLE_RCPT, address);
    unsigned ttl_s = mxcheck_result_ttl(result);
    mxcheck_result_unref(result);
    return ttl_s;
}

/* A context over a shared cache. */
static mxcheck_ctx *ctx_over(mxcheck_cache *cache, const struct setting *settings)
{
    mxcheck_ctx *ctx;
    mxcheck_config *config = support_config(settings);
    assert_non_null(config);
    assert_int_equal(mxcheck_config_set_cache(config, cache), MXCHECK_OK);
    assert_int_equal(mxcheck_ctx_new(config, &ctx), MXCHECK_OK);
    mxcheck_config_free(config);
    return ctx;
}

/* --- what is remembered ------------------------------------------------------------------------------------------- */

static void test_the_second_check_asks_nothing(void **state)
{
    static const char *const addresses[] = {GOOD, ABSENT, NULL_MX, "u@implicit-a.mx.example"};
    mxcheck_ctx *ctx = support_ctx(NULL);
    char line[80];
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const char *first = told(ctx, addresses[i]);
        snprintf(line, sizeof(line), "cached %s", first);
        uint64_t queries = stats_of(ctx).queries;
        assert_true(queries > 0);
        assert_string_equal(told(ctx, addresses[i]), line);
        assert_int_equal(stats_of(ctx).queries, queries);
    }
    mxcheck_stats stats = stats_of(ctx);
    assert_int_equal(stats.hits, 4);
    assert_int_equal(stats.misses, 4);
    assert_int_equal(stats.lookups, 4);
    assert_int_equal(stats.domains, 4);
    assert_int_equal(stats.checks, 8);
    assert_int_equal(stats.accepted, 4);
    assert_int_equal(stats.rejected, 4);
    assert_in_range(stats.bytes, 4 * 100, 4 * 400);
    mxcheck_ctx_free(ctx);
}

static void test_a_remembered_result_says_all_that_the_first_said(void **state)
{
    mxcheck_ctx *ctx = support_ctx(NULL);
    char story[2][4096];
    (void)state;
    for (int i = 0; i < 2; i++) {
        mxcheck_result *result = support_check(ctx, MXCHECK_ROLE_SENDER, "Bob@OK-mx.MX.example.");
        assert_int_equal(mxcheck_result_is_cached(result), i);
        assert_string_equal(mxcheck_result_address(result), "Bob@OK-mx.MX.example.");
        assert_string_equal(mxcheck_result_domain(result), "ok-mx.mx.example");
        assert_int_equal(mxcheck_result_mx_count(result), 1);
        assert_string_equal(mxcheck_result_mx_host(result, 0), "mail.mx.example");
        assert_string_equal(mxcheck_result_enhanced_code(result), "2.1.0");
        assert_int_equal(mxcheck_result_smtp_code(result), 250);
        mxcheck_result_json(result, NULL, story[i], sizeof(story[i]));
        mxcheck_result_unref(result);
    }
    assert_non_null(strstr(story[0], "\"cached\":false,\"stale\":false"));
    assert_non_null(strstr(story[1], "\"cached\":true,\"stale\":false"));
    mxcheck_ctx_free(ctx);
}

static void test_a_result_outlives_context_and_cache(void **state)
{
    mxcheck_ctx *ctx = support_ctx(NULL);
    (void)state;
    assert_string_equal(told(ctx, GOOD), "mx");
    mxcheck_result *result = support_check(ctx, MXCHECK_ROLE_RCPT, GOOD);
    mxcheck_ctx_free(ctx);
    assert_string_equal(mxcheck_result_mx_host(result, 0), "mail.mx.example");
    assert_non_null(strstr(mxcheck_result_hint(result), "ok-mx.mx.example"));
    mxcheck_result_unref(result);
}

static void test_time_counts_down_and_runs_out(void **state)
{
    mxcheck_ctx *ctx = support_ctx(NULL);
    (void)state;
    mxcheck_result *result = support_check(ctx, MXCHECK_ROLE_RCPT, GOOD);
    assert_in_range(mxcheck_result_ttl(result), 58, 60);
    put_forward_ms(20000);
    assert_in_range(mxcheck_result_ttl(result), 38, 40);
    assert_in_range(ttl_of(ctx, GOOD), 38, 40);
    put_forward_ms(41000);
    assert_int_equal(mxcheck_result_ttl(result), 0);
    assert_string_equal(told(ctx, GOOD), "mx");
    mxcheck_result_unref(result);
    mxcheck_ctx_free(ctx);
}

static void test_a_failure_is_not_asked_for_again_at_once(void **state)
{
    mxcheck_ctx *ctx = support_ctx(NULL);
    (void)state;
    assert_string_equal(told(ctx, "u@sf-all.f.mx.example"), "dns-failure");
    assert_string_equal(told(ctx, "u@sf-all.f.mx.example"), "cached dns-failure");
    put_forward_ms(5001);
    assert_string_equal(told(ctx, "u@sf-all.f.mx.example"), "dns-failure");
    mxcheck_ctx_free(ctx);
}

static void test_without_a_cache_every_check_asks(void **state)
{
    static const struct setting settings[] = {{"cache-size", "0"}, {NULL, NULL}};
    mxcheck_ctx *ctx = support_ctx(settings);
    mxcheck_result *result;
    (void)state;
    assert_null(mxcheck_ctx_cache(ctx));
    assert_string_equal(told(ctx, GOOD), "mx");
    assert_string_equal(told(ctx, GOOD), "mx");
    assert_int_equal(stats_of(ctx).lookups, 2);
    assert_int_equal(mxcheck_check(ctx, MXCHECK_ROLE_RCPT, GOOD, strlen(GOOD), MXCHECK_CHECK_CACHED, 0, &result),
                     MXCHECK_ERR_NOT_CACHED);
    mxcheck_cache_flush(mxcheck_ctx_cache(ctx), NULL);
    mxcheck_ctx_free(ctx);
}

static void test_check_cached_never_asks(void **state)
{
    mxcheck_ctx *ctx = support_ctx(NULL);
    mxcheck_result *result = (mxcheck_result *)&ctx;
    (void)state;
    assert_int_equal(mxcheck_check(ctx, MXCHECK_ROLE_SENDER, GOOD, strlen(GOOD), MXCHECK_CHECK_CACHED, 0, &result),
                     MXCHECK_ERR_NOT_CACHED);
    assert_null(result);
    assert_int_equal(mxcheck_check(ctx, MXCHECK_ROLE_SENDER, "", strlen(""), MXCHECK_CHECK_CACHED, 0, &result),
                     MXCHECK_OK);
    assert_int_equal(mxcheck_result_reason(result), MXCHECK_REASON_NULL_SENDER);
    mxcheck_result_unref(result);
    assert_string_equal(told(ctx, GOOD), "mx");
    assert_int_equal(mxcheck_check(ctx, MXCHECK_ROLE_SENDER, GOOD, strlen(GOOD), MXCHECK_CHECK_CACHED, 0, &result),
                     MXCHECK_OK);
    assert_int_equal(mxcheck_result_role(result), MXCHECK_ROLE_SENDER);
    assert_int_equal(mxcheck_result_is_cached(result), 1);
    mxcheck_result_unref(result);
    assert_int_equal(mxcheck_check(ctx, (mxcheck_role)3, GOOD, strlen(GOOD), MXCHECK_CHECK_CACHED, 0, &result),
                     MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_check(NULL, MXCHECK_ROLE_RCPT, GOOD, strlen(GOOD), MXCHECK_CHECK_CACHED, 0, &result),
                     MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_check(ctx, MXCHECK_ROLE_RCPT, NULL, 1, MXCHECK_CHECK_CACHED, 0, &result),
                     MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_check(ctx, MXCHECK_ROLE_RCPT, GOOD, strlen(GOOD), MXCHECK_CHECK_CACHED, 0, NULL),
                     MXCHECK_ERR_INVALID);
    mxcheck_ctx_free(ctx);
}

static void test_a_flush_forgets_one_or_all(void **state)
{
    mxcheck_ctx *ctx = support_ctx(NULL);
    mxcheck_cache *cache = mxcheck_ctx_cache(ctx);
    (void)state;
    for (int i = 0; i < 2; i++) {
        told(ctx, GOOD);
        told(ctx, "u@b\xc3\xbc"
                  "cher.mx.example");
    }
    mxcheck_cache_flush(cache, "B\xc3\xbc"
                               "cher.mx.example.");
    mxcheck_cache_flush(cache, "not a domain");
    assert_string_equal(told(ctx, GOOD), "cached mx");
    assert_string_equal(told(ctx, "u@xn--bcher-kva.mx.example"), "mx");
    mxcheck_cache_flush(cache, NULL);
    assert_int_equal(stats_of(ctx).domains, 0);
    assert_int_equal(stats_of(ctx).bytes, 0);
    assert_string_equal(told(ctx, GOOD), "mx");
    mxcheck_ctx_free(ctx);
}

/* --- shared ------------------------------------------------------------------------------------------------------- */

static void test_contexts_of_other_options_share_facts_and_not_verdicts(void **state)
{
    static const struct setting lenient[] = {{"null-mx", "accept"}, {NULL, NULL}};
    static const struct setting narrow[] = {{"implicit-mx", "none"}, {NULL, NULL}};
    mxcheck_cache *cache;
    (void)state;
    assert_int_equal(mxcheck_cache_new(1 << 20, &cache), MXCHECK_OK);
    mxcheck_ctx *first = ctx_over(cache, NULL);
    mxcheck_ctx *second = ctx_over(cache, lenient);
    mxcheck_ctx *third = ctx_over(cache, narrow);
    assert_ptr_equal(mxcheck_ctx_cache(second), cache);
    mxcheck_cache_unref(cache);

    assert_string_equal(told(first, NULL_MX), "null-mx");
    assert_string_equal(told(second, NULL_MX), "cached mx");
    assert_string_equal(told(third, "u@implicit-a.mx.example"), "no-records");
    assert_string_equal(told(first, "u@implicit-a.mx.example"), "implicit-a");
    assert_string_equal(told(third, "u@implicit-a.mx.example"), "cached no-records");
    assert_int_equal(stats_of(second).queries, 0);
    mxcheck_ctx_free(first);
    mxcheck_ctx_free(third);
    assert_string_equal(told(second, NULL_MX), "cached mx");
    mxcheck_ctx_free(second);
}

/* Facts of MX alone are not enough for who looks at hosts; facts with hosts are enough for all. */
static void test_contexts_of_other_depth_share_what_answers_both(void **state)
{
    static const struct setting hosts[] = {{"depth", "targets"}, {"forbidden-networks", "none"}, {NULL, NULL}};
    static const struct setting local[] = {{"depth", "targets"}, {"forbidden-networks", "127.0.0.0/8"}, {NULL, NULL}};
    static const struct setting no_ip4[] = {{"depth", "targets"}, {"forbidden-networks", "0.0.0.0/0"}, {NULL, NULL}};
    mxcheck_cache *cache;
    (void)state;
    assert_int_equal(mxcheck_cache_new(1 << 20, &cache), MXCHECK_OK);
    mxcheck_ctx *records = ctx_over(cache, NULL);
    mxcheck_ctx *targets = ctx_over(cache, hosts);
    mxcheck_ctx *strict = ctx_over(cache, local);
    mxcheck_ctx *ip6 = ctx_over(cache, no_ip4);
    mxcheck_cache_unref(cache);

    assert_string_equal(told(records, "u@mx-ip-127.mx.example"), "mx");
    assert_string_equal(told(targets, "u@mx-ip-127.mx.example"), "mx");
    assert_string_equal(told(records, "u@mx-ip-127.mx.example"), "cached mx");
    assert_int_equal(stats_of(records).lookups, 1);
    assert_string_equal(told(strict, "u@mx-ip-127.mx.example"), "mx-forbidden"); /* nobody waited for AAAA before */
    assert_string_equal(told(strict, "u@mx-ip-127.mx.example"), "cached mx-forbidden");
    assert_string_equal(told(targets, "u@mx-ip-127.mx.example"), "cached mx");
    assert_string_equal(told(records, "u@mx-ip-127.mx.example"), "cached mx");

    assert_string_equal(told(targets, "u@mx-nx.mx.example"), "mx-unresolvable");
    assert_string_equal(told(strict, "u@mx-nx.mx.example"), "cached mx-unresolvable");
    assert_string_equal(told(records, "u@mx-nx.mx.example"), "cached mx");

    assert_string_equal(told(strict, GOOD), "mx");
    assert_string_equal(told(ip6, GOOD), "mx");
    assert_int_equal(stats_of(ip6).lookups, 1);
    assert_string_equal(told(strict, "u@a-127.mx.example"), "mx-forbidden");
    assert_string_equal(told(targets, "u@a-127.mx.example"), "cached implicit-a");
    mxcheck_ctx_free(records);
    mxcheck_ctx_free(targets);
    mxcheck_ctx_free(strict);
    mxcheck_ctx_free(ip6);
}

static void *check_often(void *user)
{
    for (int i = 0; i < 2000; i++) {
        mxcheck_result *result;
        const char *const addresses[] = {GOOD, ABSENT, NULL_MX, "u@sf-all.f.mx.example"};
        static const int reasons[] = {MXCHECK_REASON_MX, MXCHECK_REASON_NO_SUCH_DOMAIN, MXCHECK_REASON_NULL_MX,
                                      MXCHECK_REASON_DNS_FAILURE};
        if (mxcheck_check_rcpt(user, addresses[i % 4], &result) != MXCHECK_OK)
            return "not checked";
        bool is_right = mxcheck_result_reason(result) == (int)reasons[i % 4];
        mxcheck_result_unref(result);
        if (!is_right)
            return "wrong";
        if (i % 500 == 7)
            mxcheck_cache_flush(mxcheck_ctx_cache(user), i % 1000 == 7 ? NULL : "ok-mx.mx.example");
    }
    return NULL;
}

static void test_threads_check_and_flush_beside_each_other(void **state)
{
    pthread_t threads[4];
    mxcheck_ctx *ctx = support_ctx(NULL);
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, check_often, ctx), 0);
    for (int i = 0; i < 4; i++) {
        void *fault;
        assert_int_equal(pthread_join(threads[i], &fault), 0);
        assert_null(fault);
    }
    mxcheck_stats stats = stats_of(ctx);
    assert_int_equal(stats.checks, 8000);
    assert_int_equal(stats.hits + stats.misses, 8000);
    mxcheck_ctx_free(ctx);
}

static void test_a_child_has_what_its_parent_remembered(void **state)
{
    mxcheck_ctx *ctx = support_ctx(NULL);
    (void)state;
    assert_string_equal(told(ctx, GOOD), "mx");
    pid_t child = fork();
    if (child == 0) {
        bool is_right = strcmp(told(ctx, GOOD), "cached mx") == 0 && strcmp(told(ctx, NULL_MX), "null-mx") == 0;
        mxcheck_ctx_free(ctx);
        _exit(is_right ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_string_equal(told(ctx, NULL_MX), "null-mx");
    mxcheck_ctx_free(ctx);
}

static void count_call(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    (void)id;
    *(int *)user_data += mxcheck_result_is_cached(result) ? 1 : 100;
}

static void test_asynchronous_checks_are_answered_from_memory_by_a_callback(void **state)
{
    mxcheck_ctx *ctx = support_ctx(NULL);
    int calls = 0;
    (void)state;
    assert_string_equal(told(ctx, GOOD), "mx");
    assert_int_equal(mxcheck_check_rcpt_async(ctx, GOOD, count_call, &calls, NULL), MXCHECK_OK);
    assert_int_equal(calls, 0);
    assert_int_equal(mxcheck_ctx_pending(ctx), 1);
    assert_int_equal(mxcheck_ctx_dispatch(ctx), MXCHECK_OK);
    assert_int_equal(calls, 1);
    mxcheck_ctx_free(ctx);
}

/* --- while DNS fails ---------------------------------------------------------------------------------------------- */

/* An upstream that hands questions on, or fails all of them: contexts that share what they know ask the same ones. */
struct relay {
    int fd;
    int far_fd;
    int has_failed; /* atomic, as what follows */
    int is_over;
    pthread_t thread;
    char address[32];
};

static void *relay_all(void *user)
{
    struct relay *relay = user;
    uint8_t message[4096];
    while (!__atomic_load_n(&relay->is_over, __ATOMIC_ACQUIRE)) {
        struct sockaddr_in asker;
        socklen_t size = sizeof(asker);
        ssize_t length = recvfrom(relay->fd, message, sizeof(message), 0, (struct sockaddr *)&asker, &size);
        if (length < 12)
            continue;
        if (__atomic_load_n(&relay->has_failed, __ATOMIC_ACQUIRE)) {
            message[2] |= 0x80;
            message[3] = 2; /* SERVFAIL */
        } else if (send(relay->far_fd, message, (size_t)length, 0) != length ||
                   (length = recv(relay->far_fd, message, sizeof(message), 0)) < 12) {
            continue;
        }
        sendto(relay->fd, message, (size_t)length, 0, (struct sockaddr *)&asker, size);
    }
    return NULL;
}

static void open_relay(struct relay *relay)
{
    struct sockaddr_in near = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}, far = near;
    const struct timeval patience = {.tv_usec = 100000};
    socklen_t size = sizeof(near);
    memset(relay, 0, sizeof(*relay));
    far.sin_port = htons((uint16_t)atoi(strrchr(support_upstream(), ':') + 1));
    relay->fd = socket(AF_INET, SOCK_DGRAM, 0);
    relay->far_fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(relay->fd, (struct sockaddr *)&near, size), 0);
    assert_int_equal(getsockname(relay->fd, (struct sockaddr *)&near, &size), 0);
    assert_int_equal(connect(relay->far_fd, (struct sockaddr *)&far, sizeof(far)), 0);
    setsockopt(relay->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    snprintf(relay->address, sizeof(relay->address), "127.0.0.1:%d", ntohs(near.sin_port));
    assert_int_equal(pthread_create(&relay->thread, NULL, relay_all, relay), 0);
}

static void close_relay(struct relay *relay)
{
    __atomic_store_n(&relay->is_over, 1, __ATOMIC_RELEASE);
    pthread_join(relay->thread, NULL);
    close(relay->fd);
    close(relay->far_fd);
}

static void test_what_was_good_stays_good_while_dns_fails(void **state)
{
    struct relay relay;
    open_relay(&relay);
    const struct setting broken[] = {{"upstreams", relay.address}, {"serve-stale", "1h"}, {NULL, NULL}};
    const struct setting strict[] = {{"upstreams", relay.address}, {NULL, NULL}};
    mxcheck_cache *cache;
    mxcheck_result *result;
    int calls = 0;
    (void)state;
    assert_int_equal(mxcheck_cache_new(1 << 20, &cache), MXCHECK_OK);
    mxcheck_ctx *good = ctx_over(cache, strict);
    mxcheck_ctx *stale = ctx_over(cache, broken);
    mxcheck_ctx *failing = ctx_over(cache, strict);
    mxcheck_cache_unref(cache);

    assert_string_equal(told(good, GOOD), "mx");
    assert_string_equal(told(good, ABSENT), "no-such-domain");
    __atomic_store_n(&relay.has_failed, 1, __ATOMIC_RELEASE);
    put_forward_ms(61000);
    assert_int_equal(mxcheck_check(stale, MXCHECK_ROLE_RCPT, GOOD, strlen(GOOD), MXCHECK_CHECK_CACHED, 0, &result),
                     MXCHECK_ERR_NOT_CACHED);
    result = support_check(stale, MXCHECK_ROLE_RCPT, GOOD);
    assert_int_equal(mxcheck_result_reason(result), MXCHECK_REASON_MX);
    assert_int_equal(mxcheck_result_is_stale(result), 1);
    assert_int_equal(mxcheck_result_is_cached(result), 1);
    assert_in_range(mxcheck_result_ttl(result), 4, 5);
    assert_string_equal(mxcheck_result_mx_host(result, 0), "mail.mx.example");
    mxcheck_result_unref(result);
    assert_int_equal(mxcheck_check(stale, MXCHECK_ROLE_RCPT, GOOD, strlen(GOOD), MXCHECK_CHECK_CACHED, 0, &result),
                     MXCHECK_OK);
    assert_int_equal(mxcheck_result_is_stale(result), 1);
    mxcheck_result_unref(result);
    assert_string_equal(told(failing, GOOD), "cached dns-failure");
    assert_string_equal(told(stale, ABSENT), "dns-failure");

    put_forward_ms(6000); /* the failure is forgotten: DNS is asked, by callback this time */
    assert_int_equal(mxcheck_check_rcpt_async(stale, GOOD, count_call, &calls, NULL), MXCHECK_OK);
    for (int i = 0; i < 1000 && calls == 0; i++) {
        mxcheck_ctx_dispatch(stale);
        nap_ms(10);
    }
    assert_int_equal(calls, 1);
    assert_int_equal(stats_of(stale).stale, 3);
    put_forward_ms(3600000);
    assert_string_equal(told(stale, GOOD), "dns-failure");
    assert_string_equal(told(good, GOOD), "cached dns-failure");
    put_forward_ms(6000);
    __atomic_store_n(&relay.has_failed, 0, __ATOMIC_RELEASE);
    assert_string_equal(told(good, GOOD), "mx");
    mxcheck_ctx_free(good);
    mxcheck_ctx_free(stale);
    mxcheck_ctx_free(failing);
    close_relay(&relay);
}

/* What others were told, or were not, is not known here: good mail is not lost over a resolver that lies to others. */
static void test_contexts_that_ask_others_share_nothing(void **state)
{
    static const struct setting elsewhere[] = {{"upstreams", "127.0.0.1:1"}, {"timeout", "300ms"}, {NULL, NULL}};
    mxcheck_cache *cache;
    mxcheck_result *result;
    (void)state;
    assert_int_equal(mxcheck_cache_new(1 << 20, &cache), MXCHECK_OK);
    mxcheck_ctx *good = ctx_over(cache, NULL);
    mxcheck_ctx *same = ctx_over(cache, NULL);
    mxcheck_ctx *other = ctx_over(cache, elsewhere);
    assert_string_equal(told(other, GOOD), "dns-failure");
    assert_string_equal(told(good, GOOD), "mx");
    assert_string_equal(told(same, GOOD), "cached mx");
    assert_string_equal(told(other, GOOD), "cached dns-failure");
    mxcheck_cache_flush(cache, "ok-mx.mx.example");
    assert_int_equal(mxcheck_check(same, MXCHECK_ROLE_RCPT, GOOD, strlen(GOOD), MXCHECK_CHECK_CACHED, 0, &result),
                     MXCHECK_ERR_NOT_CACHED);
    assert_int_equal(mxcheck_check(other, MXCHECK_ROLE_RCPT, GOOD, strlen(GOOD), MXCHECK_CHECK_CACHED, 0, &result),
                     MXCHECK_ERR_NOT_CACHED);
    mxcheck_ctx_free(good);
    mxcheck_ctx_free(same);
    mxcheck_ctx_free(other);
    mxcheck_cache_unref(cache);
}

/* --- before the time runs out ------------------------------------------------------------------------------------- */

static const struct setting prefetching[] = {{"prefetch", "on"}, {NULL, NULL}};

static void test_a_blocking_check_near_the_end_fetches_ahead(void **state)
{
    mxcheck_ctx *ctx = support_ctx(prefetching);
    unsigned ttl_s = 0;
    (void)state;
    assert_string_equal(told(ctx, GOOD), "mx");
    put_forward_ms(40000);
    assert_string_equal(told(ctx, GOOD), "cached mx");
    assert_int_equal(stats_of(ctx).prefetches, 0);
    put_forward_ms(15000);
    /* Every check is a hit, and takes in what has come. */
    for (int i = 0; i < 1000 && ttl_s < 50; i++) {
        mxcheck_result *result = support_check(ctx, MXCHECK_ROLE_RCPT, GOOD);
        assert_int_equal(mxcheck_result_is_cached(result), 1);
        ttl_s = mxcheck_result_ttl(result);
        mxcheck_result_unref(result);
        nap_ms(2);
    }
    assert_in_range(ttl_s, 50, 60);
    assert_int_equal(stats_of(ctx).prefetches, 1);
    assert_int_equal(stats_of(ctx).lookups, 2);
    assert_int_equal(stats_of(ctx).misses, 1);
    mxcheck_ctx_free(ctx);
}

static void test_an_asynchronous_check_near_the_end_fetches_ahead(void **state)
{
    mxcheck_ctx *ctx = support_ctx(prefetching);
    int calls = 0;
    (void)state;
    assert_string_equal(told(ctx, GOOD), "mx");
    put_forward_ms(55000);
    assert_int_equal(mxcheck_check_rcpt_async(ctx, GOOD, count_call, &calls, NULL), MXCHECK_OK);
    for (int i = 0; i < 1000 && ttl_of(ctx, GOOD) < 50; i++) {
        mxcheck_ctx_dispatch(ctx);
        nap_ms(2);
    }
    assert_int_equal(calls, 1);
    assert_in_range(ttl_of(ctx, GOOD), 50, 60);
    mxcheck_ctx_free(ctx);
}

static void test_a_context_may_go_while_it_fetches_ahead(void **state)
{
    mxcheck_ctx *ctx = support_ctx(prefetching);
    (void)state;
    assert_string_equal(told(ctx, GOOD), "mx");
    put_forward_ms(55000);
    assert_string_equal(told(ctx, GOOD), "cached mx");
    pid_t child = fork();
    if (child == 0) {
        bool is_right = strcmp(told(ctx, GOOD), "cached mx") == 0;
        mxcheck_ctx_free(ctx);
        _exit(is_right ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    mxcheck_ctx_free(ctx);
}

/* --- the recipients of a transaction ------------------------------------------------------------------------------ */

static void test_a_batch_gives_every_result_in_its_place(void **state)
{
    static const char *const addresses[] = {
        GOOD, ABSENT, "postmaster", GOOD, "not an address", NULL_MX, "u@sf-all.f.mx.example", "v@ok-mx.mx.example"};
    static const int reasons[] = {
        MXCHECK_REASON_MX,          MXCHECK_REASON_NO_SUCH_DOMAIN, MXCHECK_REASON_POSTMASTER,  MXCHECK_REASON_MX,
        MXCHECK_REASON_BAD_ADDRESS, MXCHECK_REASON_NULL_MX,        MXCHECK_REASON_DNS_FAILURE, MXCHECK_REASON_MX};
    enum { count = 8 };
    mxcheck_result *results[count];
    mxcheck_ctx *ctx = support_ctx(NULL);
    (void)state;
    for (int round = 0; round < 2; round++) {
        assert_int_equal(mxcheck_check_rcpts(ctx, addresses, count, results), MXCHECK_OK);
        for (size_t i = 0; i < count; i++) {
            assert_string_equal(mxcheck_result_address(results[i]), addresses[i]);
            assert_int_equal(mxcheck_result_reason(results[i]), reasons[i]);
            mxcheck_result_unref(results[i]);
        }
        assert_int_equal(stats_of(ctx).lookups, 4);
    }
    assert_int_equal(mxcheck_check_rcpts(ctx, addresses, 0, results), MXCHECK_OK);
    mxcheck_ctx_free(ctx);
}

static void test_a_batch_refuses_null(void **state)
{
    const char *const addresses[] = {GOOD, NULL};
    mxcheck_result *results[2] = {NULL, NULL};
    mxcheck_ctx *ctx = support_ctx(NULL);
    (void)state;
    assert_int_equal(mxcheck_check_rcpts(NULL, addresses, 1, results), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_check_rcpts(ctx, NULL, 1, results), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_check_rcpts(ctx, addresses, 1, NULL), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_check_rcpts(ctx, addresses, 2, results), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_check_rcpts(ctx, addresses, SIZE_MAX / 4, NULL), MXCHECK_ERR_INVALID);
    assert_null(results[0]);
    mxcheck_ctx_free(ctx);
}

static void test_a_batch_counts_against_max_pending(void **state)
{
    static const struct setting few[] = {{"max-pending", "2"}, {NULL, NULL}};
    const char *const addresses[] = {GOOD, ABSENT, NULL_MX, "postmaster"};
    mxcheck_result *results[4];
    mxcheck_ctx *ctx = support_ctx(few);
    (void)state;
    for (int round = 0; round < 2; round++) {
        assert_int_equal(mxcheck_check_rcpts(ctx, addresses, 4, results), MXCHECK_OK);
        assert_int_equal(mxcheck_result_reason(results[0]), MXCHECK_REASON_MX);
        assert_int_equal(mxcheck_result_reason(results[1]), MXCHECK_REASON_NO_SUCH_DOMAIN);
        /* In the second round two are remembered, and there is room for the third. */
        assert_int_equal(mxcheck_result_reason(results[2]),
                         round == 0 ? MXCHECK_REASON_OVERLOADED : MXCHECK_REASON_NULL_MX);
        assert_int_equal(mxcheck_result_reason(results[3]), MXCHECK_REASON_POSTMASTER);
        for (int i = 0; i < 4; i++)
            mxcheck_result_unref(results[i]);
    }
    mxcheck_ctx_free(ctx);
}

enum { RECIPIENTS = 100 };

/* A name server that says nothing until it has heard all questions, and then NXDOMAIN to each. */
static void *answer_all_at_once(void *user)
{
    static unsigned char messages[RECIPIENTS][512];
    static struct sockaddr_in askers[RECIPIENTS];
    size_t sizes[RECIPIENTS];
    int fd = *(int *)user;
    for (int i = 0; i < RECIPIENTS; i++) {
        socklen_t size = sizeof(askers[i]);
        ssize_t got = recvfrom(fd, messages[i], sizeof(messages[i]), 0, (struct sockaddr *)&askers[i], &size);
        if (got < 12)
            return NULL;
        sizes[i] = (size_t)got;
    }
    for (int i = 0; i < RECIPIENTS; i++) {
        messages[i][2] |= 0x80;
        messages[i][3] = 0x83;
        sendto(fd, messages[i], sizes[i], 0, (struct sockaddr *)&askers[i], sizeof(askers[i]));
    }
    return NULL;
}

/* One after the other, the first would never be answered. */
static void test_the_domains_of_a_batch_are_asked_for_side_by_side(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct timeval patience = {.tv_sec = 20, .tv_usec = 0};
    socklen_t size = sizeof(address);
    char upstream[32];
    static char text[RECIPIENTS][64];
    const char *addresses[RECIPIENTS];
    mxcheck_result *results[RECIPIENTS];
    pthread_t server;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    (void)state;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    snprintf(upstream, sizeof(upstream), "127.0.0.1:%d", ntohs(address.sin_port));
    const struct setting settings[] = {{"upstreams", upstream}, {"nxdomain", "final"},  {"letter-case", "lower"},
                                       {"timeout", "20s"},      {"retry-after", "60s"}, {NULL, NULL}};
    mxcheck_ctx *ctx = support_ctx(settings);
    for (int i = 0; i < RECIPIENTS; i++) {
        snprintf(text[i], sizeof(text[i]), "u@domain%d.test", i);
        addresses[i] = text[i];
    }
    assert_int_equal(pthread_create(&server, NULL, answer_all_at_once, &fd), 0);
    assert_int_equal(mxcheck_check_rcpts(ctx, addresses, RECIPIENTS, results), MXCHECK_OK);
    assert_int_equal(pthread_join(server, NULL), 0);
    for (int i = 0; i < RECIPIENTS; i++) {
        assert_int_equal(mxcheck_result_reason(results[i]), MXCHECK_REASON_NO_SUCH_DOMAIN);
        mxcheck_result_unref(results[i]);
    }
    assert_int_equal(stats_of(ctx).lookups, RECIPIENTS);
    assert_int_equal(stats_of(ctx).queries, RECIPIENTS);
    mxcheck_ctx_free(ctx);
    close(fd);
}

/* --- the handles -------------------------------------------------------------------------------------------------- */

static void test_caches_are_counted_and_refuse_what_is_too_small(void **state)
{
    mxcheck_cache *cache;
    mxcheck_config *config = support_config(NULL);
    (void)state;
    assert_int_equal(mxcheck_cache_new(0, &cache), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_cache_new(16383, &cache), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_cache_new(1 << 20, NULL), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_cache_new(16384, &cache), MXCHECK_OK);
    assert_ptr_equal(mxcheck_cache_ref(cache), cache);
    mxcheck_cache_unref(cache);
    assert_int_equal(mxcheck_config_set_cache(NULL, cache), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_set_cache(config, cache), MXCHECK_OK);
    assert_int_equal(mxcheck_config_set_cache(config, cache), MXCHECK_OK);
    mxcheck_cache_unref(cache);
    assert_int_equal(mxcheck_config_set_cache(config, NULL), MXCHECK_OK);
    mxcheck_config_free(config);
    assert_null(mxcheck_cache_ref(NULL));
    mxcheck_cache_unref(NULL);
    mxcheck_cache_flush(NULL, NULL);
    assert_null(mxcheck_ctx_cache(NULL));
}

static void test_stats_fill_what_the_caller_knows(void **state)
{
    mxcheck_ctx *ctx = support_ctx(NULL);
    struct {
        mxcheck_stats known;
        uint64_t later;
    } newer;
    uint64_t oldest = 7;
    (void)state;
    told(ctx, "postmaster");
    memset(&newer, 0xff, sizeof(newer));
    assert_int_equal(mxcheck_ctx_stats(ctx, &newer.known, sizeof(newer)), MXCHECK_OK);
    assert_int_equal(newer.known.checks, 1);
    assert_int_equal(newer.later, 0);
    assert_int_equal(mxcheck_ctx_stats(ctx, (mxcheck_stats *)(void *)&oldest, sizeof(oldest)), MXCHECK_OK);
    assert_int_equal(oldest, 1);
    assert_int_equal(mxcheck_ctx_stats(ctx, &newer.known, 7), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_ctx_stats(NULL, &newer.known, sizeof(newer)), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_ctx_stats(ctx, NULL, sizeof(newer)), MXCHECK_ERR_INVALID);
    mxcheck_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_second_check_asks_nothing),
        cmocka_unit_test(test_a_remembered_result_says_all_that_the_first_said),
        cmocka_unit_test(test_a_result_outlives_context_and_cache),
        cmocka_unit_test(test_time_counts_down_and_runs_out),
        cmocka_unit_test(test_a_failure_is_not_asked_for_again_at_once),
        cmocka_unit_test(test_without_a_cache_every_check_asks),
        cmocka_unit_test(test_check_cached_never_asks),
        cmocka_unit_test(test_a_flush_forgets_one_or_all),
        cmocka_unit_test(test_contexts_of_other_options_share_facts_and_not_verdicts),
        cmocka_unit_test(test_contexts_of_other_depth_share_what_answers_both),
        cmocka_unit_test(test_threads_check_and_flush_beside_each_other),
        cmocka_unit_test(test_a_child_has_what_its_parent_remembered),
        cmocka_unit_test(test_asynchronous_checks_are_answered_from_memory_by_a_callback),
        cmocka_unit_test(test_what_was_good_stays_good_while_dns_fails),
        cmocka_unit_test(test_contexts_that_ask_others_share_nothing),
        cmocka_unit_test(test_a_blocking_check_near_the_end_fetches_ahead),
        cmocka_unit_test(test_an_asynchronous_check_near_the_end_fetches_ahead),
        cmocka_unit_test(test_a_context_may_go_while_it_fetches_ahead),
        cmocka_unit_test(test_a_batch_gives_every_result_in_its_place),
        cmocka_unit_test(test_a_batch_refuses_null),
        cmocka_unit_test(test_a_batch_counts_against_max_pending),
        cmocka_unit_test(test_the_domains_of_a_batch_are_asked_for_side_by_side),
        cmocka_unit_test(test_caches_are_counted_and_refuse_what_is_too_small),
        cmocka_unit_test(test_stats_fill_what_the_caller_knows),
    };
    support_upstream();
    return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
