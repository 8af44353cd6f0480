/* SPDX-License-Identifier: BSD-2-Clause */
/* test_contract.c: what hosts and bindings rely on: texts with lengths, flags, deadlines, stopping, waiting, releasing,
 * and tables that can be walked. */
#include "support.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GOOD "u@ok-mx.mx.example"
#define ABSENT "u@nxdomain.mx.example"
#define SILENT "u@to-all.f.mx.example"

/* A check that does not end by itself while the test runs. */
static const struct setting patient[] = {{"timeout", "600s"}, {NULL, NULL}};

/* --- texts with a length ------------------------------------------------------------------------------------------ */

static mxcheck_result *check(mxcheck_ctx *ctx, const char *text, size_t length, uint32_t flags)
{
    mxcheck_result *result = NULL;
    assert_int_equal(mxcheck_check(ctx, MXCHECK_ROLE_RCPT, text, length, flags, 0, &result), MXCHECK_OK);
    assert_non_null(result);
    return result;
}

static void test_a_nul_is_no_end_of_an_address(void **state)
{
    static const char *const parts[] = {"u@ok-mx.mx.example\0.evil", "u\0@ok-mx.mx.example#####",
                                        "u@[192.0.2.1\0xxxxxxxxx]", "\"\\\0\"@ok-mx.mx.example###",
                                        "u@ok-mx.mx.example\0#####"};
    mxcheck_ctx *ctx = support_ctx(NULL);
    char json[8192];
    (void)state;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        mxcheck_result *result = check(ctx, parts[i], 22, 0);
        assert_int_equal(mxcheck_result_reason(result), MXCHECK_REASON_BAD_ADDRESS);
        assert_int_equal(mxcheck_result_address_length(result), 22);
        assert_memory_equal(mxcheck_result_address(result), parts[i], 22);
        assert_int_equal(mxcheck_result_address(result)[22], 0);
        assert_true(mxcheck_result_json(result, NULL, json, sizeof(json)) < sizeof(json));
        assert_non_null(strstr(json, "\\u0000"));
        mxcheck_result_unref(result);
    }
    mxcheck_ctx_free(ctx);
}

static void test_no_octet_behind_the_text_counts(void **state)
{
    mxcheck_ctx *ctx = support_ctx(NULL);
    (void)state;
    mxcheck_result *result = check(ctx, GOOD ".and.more", strlen(GOOD), 0);
    assert_int_equal(mxcheck_result_reason(result), MXCHECK_REASON_MX);
    assert_string_equal(mxcheck_result_address(result), GOOD);
    mxcheck_result_unref(result);
    assert_int_equal(mxcheck_check(ctx, MXCHECK_ROLE_SENDER, NULL, 0, 0, 0, &result), MXCHECK_OK);
    assert_int_equal(mxcheck_result_reason(result), MXCHECK_REASON_NULL_SENDER);
    assert_int_equal(mxcheck_result_address_length(result), 0);
    mxcheck_result_unref(result);
    mxcheck_ctx_free(ctx);
}

static void test_a_domain_needs_no_local_part(void **state)
{
    static const struct {
        const char *domain;
        int reason;
    } rows[] = {
        {"OK-mx.mx.example.", MXCHECK_REASON_MX},           {"nxdomain.mx.example", MXCHECK_REASON_NO_SUCH_DOMAIN},
        {"u@ok-mx.mx.example", MXCHECK_REASON_BAD_ADDRESS}, {"<ok-mx.mx.example>", MXCHECK_REASON_BAD_ADDRESS},
        {"[192.0.2.1]", MXCHECK_REASON_BAD_ADDRESS},        {"localhost", MXCHECK_REASON_SPECIAL_USE},
        {"postmaster", MXCHECK_REASON_NO_SUCH_DOMAIN},      {"", MXCHECK_REASON_BAD_ADDRESS}};
    mxcheck_ctx *ctx = support_ctx(NULL);
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        mxcheck_result *result = check(ctx, rows[i].domain, strlen(rows[i].domain), MXCHECK_CHECK_DOMAIN);
        if (mxcheck_result_reason(result) != (int)rows[i].reason)
            fail_msg("%s: %s", rows[i].domain, mxcheck_reason_name(mxcheck_result_reason(result)));
        mxcheck_result_unref(result);
    }
    mxcheck_ctx_free(ctx);
}

static void test_orders_that_cannot_be_are_invalid(void **state)
{
    mxcheck_ctx *ctx = support_ctx(NULL);
    mxcheck_result *result;
    mxcheck_result *results[1];
    mxcheck_id id;
    (void)state;
    assert_int_equal(mxcheck_check(ctx, MXCHECK_ROLE_RCPT, NULL, 1, 0, 0, &result), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_check(ctx, (mxcheck_role)0, GOOD, 3, 0, 0, &result), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_check(ctx, MXCHECK_ROLE_RCPT, GOOD, 3, 4, 0, &result), MXCHECK_ERR_INVALID);
    assert_null(result);
    id = 7;
    assert_int_equal(mxcheck_check_async(ctx, MXCHECK_ROLE_RCPT, GOOD, 3, 4, 0, NULL, NULL, &id), MXCHECK_ERR_INVALID);
    assert_int_equal(id, 0);
    assert_int_equal(mxcheck_check_rcpts(ctx, NULL, 0, NULL), MXCHECK_OK);
    results[0] = (mxcheck_result *)&ctx;
    assert_int_equal(mxcheck_check_rcpts(ctx, NULL, 1, results), MXCHECK_ERR_INVALID);
    assert_null(results[0]);
    mxcheck_ctx_free(ctx);
}

/* --- deadlines, stopping, waiting --------------------------------------------------------------------------------- */

static void test_a_check_may_have_a_deadline_of_its_own(void **state)
{
    mxcheck_ctx *ctx = support_ctx(patient);
    mxcheck_result *result;
    (void)state;
    assert_int_equal(mxcheck_check(ctx, MXCHECK_ROLE_RCPT, SILENT, strlen(SILENT), 0, 50, &result), MXCHECK_OK);
    assert_int_equal(mxcheck_result_reason(result), MXCHECK_REASON_DNS_TIMEOUT);
    mxcheck_result_unref(result);
    mxcheck_ctx_free(ctx);
}

struct heard {
    int calls;
    int releases;
    int reason;
    mxcheck_id id;
    mxcheck_ctx *to_free;
};

static void hear(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    struct heard *heard = user_data;
    assert_int_equal(heard->releases, 0);
    heard->calls++;
    heard->reason = mxcheck_result_reason(result);
    heard->id = id;
    mxcheck_ctx_free(heard->to_free);
}

static void test_waiting_takes_the_place_of_a_loop(void **state)
{
    mxcheck_ctx *ctx = support_ctx(patient);
    struct heard heard = {0};
    mxcheck_id id;
    (void)state;
    assert_int_equal(mxcheck_ctx_wait(ctx, 0), MXCHECK_OK);
    assert_int_equal(mxcheck_check_async(ctx, MXCHECK_ROLE_RCPT, GOOD, strlen(GOOD), 0, 0, hear, &heard, &id),
                     MXCHECK_OK);
    while (mxcheck_ctx_pending(ctx) > 0) {
        assert_int_equal(mxcheck_ctx_wait(ctx, -1), MXCHECK_OK);
        assert_int_equal(mxcheck_ctx_dispatch(ctx), MXCHECK_OK);
    }
    assert_int_equal(heard.calls, 1);
    assert_int_equal(heard.id, id);
    assert_int_equal(heard.reason, MXCHECK_REASON_MX);
    heard = (struct heard){0};
    assert_int_equal(mxcheck_check_async(ctx, MXCHECK_ROLE_RCPT, SILENT, strlen(SILENT), 0, 50, hear, &heard, NULL),
                     MXCHECK_OK);
    while (heard.calls == 0) {
        assert_int_equal(mxcheck_ctx_wait(ctx, 20), MXCHECK_OK);
        assert_int_equal(mxcheck_ctx_dispatch(ctx), MXCHECK_OK);
    }
    assert_int_equal(heard.reason, MXCHECK_REASON_DNS_TIMEOUT);
    assert_int_equal(
        mxcheck_check_async(ctx, MXCHECK_ROLE_RCPT, ABSENT, strlen(ABSENT), MXCHECK_CHECK_CACHED, 0, hear, &heard, &id),
        MXCHECK_ERR_NOT_CACHED);
    assert_int_equal(id, 0);
    assert_int_equal(mxcheck_ctx_pending(ctx), 0);
    assert_int_equal(mxcheck_ctx_wait(NULL, 0), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_ctx_wait(ctx, -2), MXCHECK_ERR_INVALID);
    mxcheck_ctx_free(ctx);
}

struct worker {
    mxcheck_ctx *ctx;
    pthread_t thread;
    mxcheck_status status;
    bool is_under_way; /* atomic */
};

static void *check_one(void *user)
{
    struct worker *worker = user;
    mxcheck_result *result;
    __atomic_store_n(&worker->is_under_way, true, __ATOMIC_RELEASE);
    worker->status = mxcheck_check_rcpt(worker->ctx, SILENT, &result);
    return result;
}

static void *check_several(void *user)
{
    static const char *const addresses[] = {GOOD, SILENT, "u@to-mx.f.mx.example"};
    struct worker *worker = user;
    mxcheck_result *results[3];
    __atomic_store_n(&worker->is_under_way, true, __ATOMIC_RELEASE);
    worker->status = mxcheck_check_rcpts(worker->ctx, addresses, 3, results);
    return results[0];
}

static void *wait_for_work(void *user)
{
    struct worker *worker = user;
    __atomic_store_n(&worker->is_under_way, true, __ATOMIC_RELEASE);
    worker->status = mxcheck_ctx_wait(worker->ctx, -1);
    return NULL;
}

/* Two of the threads wait for the lookup of the first. */
static void test_stopping_ends_whoever_waits(void **state)
{
    static void *(*const works[])(void *) = {check_one, check_one, check_one, check_several, wait_for_work};
    enum { count = sizeof(works) / sizeof(works[0]) };
    mxcheck_ctx *ctx = support_ctx(patient);
    struct worker workers[count];
    mxcheck_result *result;
    const struct timespec nap = {.tv_sec = 0, .tv_nsec = 1000000};
    (void)state;
    support_expect(ctx, MXCHECK_ROLE_RCPT, GOOD, MXCHECK_REASON_MX);
    for (int i = 0; i < count; i++) {
        workers[i] = (struct worker){.ctx = ctx};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, works[i], &workers[i]), 0);
    }
    for (int i = 0; i < count; i++) {
        while (!__atomic_load_n(&workers[i].is_under_way, __ATOMIC_ACQUIRE))
            nanosleep(&nap, NULL);
    }
    assert_int_equal(mxcheck_ctx_stop(ctx), MXCHECK_OK);
    for (int i = 0; i < count; i++) {
        void *given;
        pthread_join(workers[i].thread, &given);
        assert_int_equal(workers[i].status, MXCHECK_ERR_STOPPED);
        assert_null(given);
    }
    assert_int_equal(mxcheck_check_rcpt(ctx, GOOD, &result), MXCHECK_ERR_STOPPED);
    assert_int_equal(mxcheck_check_rcpts(ctx, (const char *const[]){GOOD}, 1, &result), MXCHECK_ERR_STOPPED);
    assert_int_equal(mxcheck_ctx_wait(ctx, 0), MXCHECK_ERR_STOPPED);
    assert_int_equal(mxcheck_check(ctx, MXCHECK_ROLE_RCPT, GOOD, strlen(GOOD), MXCHECK_CHECK_CACHED, 0, &result),
                     MXCHECK_OK);
    mxcheck_result_unref(result);
    assert_int_equal(mxcheck_ctx_stop(NULL), MXCHECK_ERR_INVALID);
    mxcheck_ctx_free(ctx);
}

/* --- letting go of user data -------------------------------------------------------------------------------------- */

static void note_release(void *user_data)
{
    ((struct heard *)user_data)->releases++;
}

static mxcheck_ctx *releasing_ctx(void)
{
    mxcheck_ctx *ctx;
    mxcheck_config *config = support_config(patient);
    assert_int_equal(mxcheck_config_set_release(config, note_release), MXCHECK_OK);
    assert_int_equal(mxcheck_ctx_new(config, &ctx), MXCHECK_OK);
    mxcheck_config_free(config);
    return ctx;
}

static mxcheck_id start(mxcheck_ctx *ctx, const char *address, struct heard *heard)
{
    mxcheck_id id;
    assert_int_equal(mxcheck_check_rcpt_async(ctx, address, hear, heard, &id), MXCHECK_OK);
    return id;
}

static void test_user_data_is_released_once_whatever_becomes_of_the_check(void **state)
{
    struct heard called = {0}, cancelled = {0}, dropped = {0}, refused = {0}, freeing = {0};
    mxcheck_ctx *ctx = releasing_ctx();
    (void)state;
    start(ctx, GOOD, &called);
    mxcheck_id id = start(ctx, SILENT, &cancelled);
    start(ctx, SILENT, &dropped);
    while (called.calls == 0) {
        mxcheck_ctx_wait(ctx, -1);
        mxcheck_ctx_dispatch(ctx);
    }
    assert_int_equal(called.releases, 1);
    assert_int_equal(mxcheck_cancel(ctx, id), MXCHECK_OK);
    assert_int_equal(mxcheck_cancel(ctx, id), MXCHECK_ERR_NOT_FOUND);
    assert_int_equal(cancelled.releases, 1);
    assert_int_equal(mxcheck_check_async(ctx, MXCHECK_ROLE_RCPT, ABSENT, strlen(ABSENT), MXCHECK_CHECK_CACHED, 0, hear,
                                         &refused, NULL),
                     MXCHECK_ERR_NOT_CACHED);
    assert_int_equal(dropped.releases, 0);
    mxcheck_ctx_free(ctx);
    assert_int_equal(dropped.releases, 1);
    assert_int_equal(cancelled.calls + dropped.calls + refused.calls + refused.releases, 0);
    freeing.to_free = releasing_ctx();
    ctx = freeing.to_free;
    start(ctx, "u@[192.0.2.1]", &freeing);
    mxcheck_ctx_dispatch(ctx);
    assert_int_equal(freeing.calls, 1);
    assert_int_equal(freeing.releases, 1);
    assert_int_equal(mxcheck_config_set_release(NULL, note_release), MXCHECK_ERR_INVALID);
}

/* --- configurations ----------------------------------------------------------------------------------------------- */

static void test_a_copy_of_a_configuration_is_one_of_its_own(void **state)
{
    mxcheck_cache *cache;
    mxcheck_ctx *ctx;
    mxcheck_config *copy;
    mxcheck_config *config = support_config(patient);
    (void)state;
    assert_int_equal(mxcheck_cache_new(1 << 20, &cache), MXCHECK_OK);
    assert_int_equal(mxcheck_config_set_cache(config, cache), MXCHECK_OK);
    assert_int_equal(mxcheck_config_set(config, "exempt-domains", "one.example"), MXCHECK_OK);
    assert_int_equal(mxcheck_config_copy(config, &copy), MXCHECK_OK);
    assert_int_equal(mxcheck_config_set(config, "exempt-domains", "other.example"), MXCHECK_OK);
    assert_string_equal(mxcheck_config_get(copy, "exempt-domains"), "one.example");
    assert_string_equal(mxcheck_config_get(copy, "timeout"), "600s");
    assert_string_equal(mxcheck_config_error(copy), "");
    mxcheck_config_free(config);
    assert_int_equal(mxcheck_ctx_new(copy, &ctx), MXCHECK_OK);
    assert_ptr_equal(mxcheck_ctx_cache(ctx), cache);
    support_expect(ctx, MXCHECK_ROLE_RCPT, "u@one.example", MXCHECK_REASON_EXEMPT);
    mxcheck_config_free(copy);
    mxcheck_ctx_free(ctx);
    mxcheck_cache_unref(cache);
    copy = (mxcheck_config *)&ctx;
    assert_int_equal(mxcheck_config_copy(NULL, &copy), MXCHECK_ERR_INVALID);
    assert_null(copy);
}

static void test_options_that_contradict_each_other_are_refused(void **state)
{
    static const struct setting settings[] = {{"upstreams", "127.0.0.1"}, {"resolution", "recursive"}, {NULL, NULL}};
    mxcheck_ctx *ctx = (mxcheck_ctx *)&settings;
    mxcheck_config *config = support_config(settings);
    (void)state;
    assert_int_equal(mxcheck_ctx_new(config, &ctx), MXCHECK_ERR_OPTION);
    assert_null(ctx);
    assert_non_null(strstr(mxcheck_config_error(config), "option upstreams contradicts resolution = recursive"));
    assert_int_equal(mxcheck_config_set(config, "upstreams", ""), MXCHECK_OK);
    assert_int_equal(mxcheck_ctx_new(config, &ctx), MXCHECK_OK);
    mxcheck_ctx_free(ctx);
    mxcheck_config_free(config);
}

/* --- what is known of hosts --------------------------------------------------------------------------------------- */

static void test_addresses_of_hosts_are_told_by_their_mx(void **state)
{
    static const struct setting settings[] = {{"depth", "targets"}, {"forbidden-networks", "none"}, {NULL, NULL}};
    mxcheck_ctx *ctx = support_ctx(settings);
    mxcheck_result *result = support_check(ctx, MXCHECK_ROLE_RCPT, GOOD);
    (void)state;
    assert_true(mxcheck_result_mx_count(result) > 0);
    size_t count = mxcheck_result_mx_address_count(result, 0);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        const char *address = mxcheck_result_mx_address(result, 0, i);
        assert_true(strchr(address, '.') != NULL || strchr(address, ':') != NULL);
        assert_ptr_equal(mxcheck_result_mx_address(result, 0, i), address);
    }
    assert_string_equal(mxcheck_result_mx_address(result, 0, count), "");
    assert_string_equal(mxcheck_result_mx_address(result, 99, 0), "");
    assert_int_equal(mxcheck_result_mx_address_count(result, 99), 0);
    assert_int_equal(mxcheck_result_mx_address_count(NULL, 0), 0);
    assert_string_equal(mxcheck_result_mx_address(NULL, 0, 0), "");
    mxcheck_result_unref(result);
    mxcheck_ctx_free(ctx);
}

static void test_the_id_of_the_transaction_is_in_story_and_json(void **state)
{
    mxcheck_ctx *ctx = support_ctx(NULL);
    mxcheck_result *result = support_check(ctx, MXCHECK_ROLE_RCPT, ABSENT);
    char text[8192];
    (void)state;
    mxcheck_result_explain(result, "4bXyZ", text, sizeof(text));
    assert_non_null(strstr(text, "550 5.1.1 4bXyZ invalid destination domain"));
    mxcheck_result_json(result, "4bXyZ", text, sizeof(text));
    assert_non_null(strstr(text, "\"reply\":\"550 5.1.1 4bXyZ invalid destination domain\""));
    mxcheck_result_unref(result);
    mxcheck_ctx_free(ctx);
}

/* --- tables ------------------------------------------------------------------------------------------------------- */

static void test_tables_can_be_walked(void **state)
{
    size_t fields = 0;
    (void)state;
    for (size_t i = 0; i < mxcheck_reason_count(); i++) {
        int reason = mxcheck_reason_at(i);
        assert_true(i == 0 || reason > mxcheck_reason_at(i - 1));
        assert_string_not_equal(mxcheck_reason_name(reason), "unknown");
        assert_in_range(mxcheck_reason_verdict(reason), MXCHECK_VERDICT_ACCEPT, MXCHECK_VERDICT_REJECT);
    }
    assert_true(mxcheck_reason_count() > 15);
    assert_int_equal(mxcheck_reason_at(mxcheck_reason_count()), 0);
    assert_int_equal(mxcheck_reason_verdict(0), 0);
    assert_int_equal(mxcheck_reason_verdict(MXCHECK_REASON_MX), MXCHECK_VERDICT_ACCEPT);
    assert_int_equal(mxcheck_reason_verdict(MXCHECK_REASON_DNS_TIMEOUT), MXCHECK_VERDICT_DEFER);
    while (mxcheck_stats_name(fields) != NULL)
        fields++;
    assert_int_equal(fields * sizeof(uint64_t), sizeof(mxcheck_stats));
    assert_string_equal(mxcheck_stats_name(0), "checks");
    assert_string_equal(mxcheck_stats_name(offsetof(mxcheck_stats, evictions) / sizeof(uint64_t)), "evictions");
    assert_string_equal(mxcheck_stats_name(fields - 1), "outages");
    assert_string_equal(mxcheck_dnssec_name(MXCHECK_DNSSEC_SECURE), "secure");
    assert_string_equal(mxcheck_dnssec_name(99), "unknown");
    assert_string_equal(mxcheck_log_level_name(MXCHECK_LOG_WARNING), "warning");
    assert_string_equal(mxcheck_log_level_name(-1), "unknown");
    assert_string_equal(mxcheck_status_name(MXCHECK_ERR_STOPPED), "stopped");
    assert_string_equal(mxcheck_status_name(-99), "unknown");
    assert_string_equal(mxcheck_reason_name(9999), "unknown");
}

static void test_the_version_is_a_number_as_well(void **state)
{
    unsigned major, minor, patch;
    (void)state;
    assert_int_equal(sscanf(mxcheck_version(), "%u.%u.%u", &major, &minor, &patch), 3);
    assert_int_equal(mxcheck_version_number(), major << 16 | minor << 8 | patch);
    assert_int_equal(mxcheck_version_number(), MXCHECK_VERSION_NUMBER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_nul_is_no_end_of_an_address),
        cmocka_unit_test(test_no_octet_behind_the_text_counts),
        cmocka_unit_test(test_a_domain_needs_no_local_part),
        cmocka_unit_test(test_orders_that_cannot_be_are_invalid),
        cmocka_unit_test(test_a_check_may_have_a_deadline_of_its_own),
        cmocka_unit_test(test_waiting_takes_the_place_of_a_loop),
        cmocka_unit_test(test_stopping_ends_whoever_waits),
        cmocka_unit_test(test_user_data_is_released_once_whatever_becomes_of_the_check),
        cmocka_unit_test(test_a_copy_of_a_configuration_is_one_of_its_own),
        cmocka_unit_test(test_options_that_contradict_each_other_are_refused),
        cmocka_unit_test(test_addresses_of_hosts_are_told_by_their_mx),
        cmocka_unit_test(test_the_id_of_the_transaction_is_in_story_and_json),
        cmocka_unit_test(test_tables_can_be_walked),
        cmocka_unit_test(test_the_version_is_a_number_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
