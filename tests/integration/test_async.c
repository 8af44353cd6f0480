/* SPDX-License-Identifier: BSD-2-Clause */
/* test_async.c: asynchronous checks over live servers: when callbacks come, when they do not, and what they may do. */
#include "support.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define GOOD "u@ok-mx.mx.example"
#define SILENT "u@to-all.f.mx.example"

/* What a callback was told, and what it is to do. */
struct story {
    mxcheck_ctx *ctx;
    int calls;
    mxcheck_id id;
    int reason;
    mxcheck_id victim;    /* to be cancelled */
    struct story *sequel; /* to be started */
};

static void hear(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    struct story *story = user_data;
    story->calls++;
    story->id = id;
    story->reason = mxcheck_result_reason(result);
}

static mxcheck_id start(mxcheck_ctx *ctx, const char *address, mxcheck_cb callback, struct story *story)
{
    mxcheck_id id = 0;
    assert_int_equal(mxcheck_check_rcpt_async(ctx, address, callback, story, &id), MXCHECK_OK);
    assert_int_not_equal(id, 0);
    return id;
}

/* Turns the caller's loop until nothing is under way, or `most_ms` have passed. */
static void turn(mxcheck_ctx *ctx, int64_t most_ms)
{
    int64_t end = support_now_ms() + most_ms;
    struct pollfd due = {.fd = mxcheck_ctx_fd(ctx), .events = POLLIN};
    assert_true(due.fd >= 0);
    while (mxcheck_ctx_pending(ctx) > 0) {
        int64_t left = end - support_now_ms();
        if (left <= 0 || poll(&due, 1, (int)left) != 1)
            return;
        assert_int_equal(mxcheck_ctx_dispatch(ctx), MXCHECK_OK);
    }
}

static void test_null_arguments_are_invalid(void **state)
{
    (void)state;
    mxcheck_ctx *ctx = support_ctx(NULL);
    mxcheck_id id = 7;
    assert_int_equal(mxcheck_check_rcpt_async(NULL, GOOD, hear, NULL, &id), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_check_rcpt_async(ctx, NULL, hear, NULL, &id), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_check_sender_async(ctx, GOOD, NULL, NULL, &id), MXCHECK_ERR_INVALID);
    assert_int_equal(id, 0);
    assert_int_equal(mxcheck_cancel(NULL, 1), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_cancel(ctx, 12345), MXCHECK_ERR_NOT_FOUND);
    assert_int_equal(mxcheck_ctx_dispatch(NULL), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_ctx_fd(NULL), -1);
    assert_int_equal(mxcheck_ctx_pending(NULL), 0);
    mxcheck_ctx_free(ctx);
}

static void test_a_callback_comes_once_and_from_dispatch_alone(void **state)
{
    static const char *const addresses[] = {GOOD, "u@foo.invalid", "", "u@nxdomain.mx.example"};
    (void)state;
    mxcheck_ctx *ctx = support_ctx(NULL);
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct story story = {0};
        mxcheck_id id = start(ctx, addresses[i], hear, &story);
        assert_int_equal(story.calls, 0);
        assert_int_equal(mxcheck_ctx_pending(ctx), 1);
        turn(ctx, 5000);
        assert_int_equal(story.calls, 1);
        assert_int_equal(story.id, id);
        assert_int_equal(mxcheck_ctx_pending(ctx), 0);
        assert_int_equal(mxcheck_ctx_dispatch(ctx), MXCHECK_OK);
        assert_int_equal(story.calls, 1);
        assert_int_equal(mxcheck_cancel(ctx, id), MXCHECK_ERR_NOT_FOUND);
    }
    mxcheck_ctx_free(ctx);
}

static void test_a_cancelled_check_is_not_heard_of(void **state)
{
    (void)state;
    mxcheck_ctx *ctx = support_ctx(NULL);
    struct story first = {0}, second = {0};
    mxcheck_id id = start(ctx, GOOD, hear, &first);
    start(ctx, GOOD, hear, &second);
    assert_int_equal(mxcheck_cancel(ctx, id), MXCHECK_OK);
    assert_int_equal(mxcheck_cancel(ctx, id), MXCHECK_ERR_NOT_FOUND);
    turn(ctx, 5000);
    assert_int_equal(first.calls, 0);
    assert_int_equal(second.calls, 1);
    assert_int_equal(second.reason, MXCHECK_REASON_MX);
    mxcheck_ctx_free(ctx);
}

static void test_the_descriptor_wakes_at_the_deadline(void **state)
{
    static const struct setting settings[] = {{"timeout", "400ms"}, {NULL, NULL}};
    (void)state;
    mxcheck_ctx *ctx = support_ctx(settings);
    struct story story = {0};
    int descriptor = mxcheck_ctx_fd(ctx);
    int64_t begin = support_now_ms();
    start(ctx, SILENT, hear, &story);
    turn(ctx, 5000);
    assert_int_equal(story.reason, MXCHECK_REASON_DNS_TIMEOUT);
    assert_in_range(support_now_ms() - begin, 395, 1900);
    assert_int_equal(mxcheck_ctx_fd(ctx), descriptor);
    mxcheck_ctx_free(ctx);
}

static void test_one_domain_is_asked_once_for_all(void **state)
{
    enum { CHECKS = 100 };
    static struct story stories[CHECKS];
    static const char wanted[] = "udp MX slow-2s.f.mx.example.\n";
    char line[512];
    int asked = 0;
    (void)state;
    const struct setting settings[] = {{"retry-after", "5s"}, {NULL, NULL}};
    mxcheck_ctx *ctx = support_ctx(settings);
    FILE *file = fopen(getenv("MXCHECK_TEST_QUERY_LOG"), "r");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    for (size_t i = 0; i < CHECKS; i++)
        start(ctx, "u@slow-2s.f.mx.example", hear, &stories[i]);
    turn(ctx, 5000);
    for (size_t i = 0; i < CHECKS; i++)
        assert_int_equal(stories[i].reason, MXCHECK_REASON_MX);
    while (fgets(line, sizeof(line), file) != NULL)
        asked += strcmp(line, wanted) == 0;
    fclose(file);
    assert_int_equal(asked, 1);
    mxcheck_ctx_free(ctx);
}

static void test_more_than_max_pending_are_overloaded(void **state)
{
    static const struct setting settings[] = {{"max-pending", "2"}, {"timeout", "300ms"}, {NULL, NULL}};
    static const char *const addresses[] = {SILENT, "u@to-mx-aok.f.mx.example", GOOD};
    struct story stories[3] = {{0}};
    (void)state;
    mxcheck_ctx *ctx = support_ctx(settings);
    for (size_t i = 0; i < 3; i++)
        start(ctx, addresses[i], hear, &stories[i]);
    turn(ctx, 5000);
    assert_int_equal(stories[0].reason, MXCHECK_REASON_DNS_TIMEOUT);
    assert_int_equal(stories[1].reason, MXCHECK_REASON_DNS_TIMEOUT);
    assert_int_equal(stories[2].reason, MXCHECK_REASON_OVERLOADED);
    mxcheck_ctx_free(ctx);
}

/* --- what a callback may do --------------------------------------------------------------------------------------- */

static void free_context(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    struct story *story = user_data;
    hear(id, result, user_data);
    mxcheck_ctx_free(story->ctx);
    story->ctx = NULL;
}

static void cancel_another(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    struct story *story = user_data;
    hear(id, result, user_data);
    assert_int_equal(mxcheck_cancel(story->ctx, id), MXCHECK_ERR_NOT_FOUND);
    assert_int_equal(mxcheck_cancel(story->ctx, story->victim), MXCHECK_OK);
}

static void start_another(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    struct story *story = user_data;
    hear(id, result, user_data);
    start(story->ctx, "u@null-mx.mx.example", hear, story->sequel);
    assert_int_equal(story->sequel->calls, 0);
    assert_int_equal(mxcheck_ctx_dispatch(story->ctx), MXCHECK_OK);
}

static void test_a_callback_may_free_the_context(void **state)
{
    static const char *const addresses[] = {GOOD, "u@foo.invalid", "u@mx-200.mx.example", SILENT};
    static const struct setting settings[] = {{"timeout", "300ms"}, {NULL, NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct story story = {.ctx = support_ctx(settings)}, other = {0};
        struct pollfd due = {.fd = mxcheck_ctx_fd(story.ctx), .events = POLLIN};
        start(story.ctx, addresses[i], free_context, &story);
        start(story.ctx, "u@slow-2s.f.mx.example", hear, &other);
        while (story.ctx != NULL && poll(&due, 1, 5000) == 1)
            mxcheck_ctx_dispatch(story.ctx);
        assert_int_equal(story.calls, 1);
        assert_null(story.ctx);
        /* Silence and slowness end at one deadline, in either order. */
        assert_true(other.calls == 0 || strcmp(addresses[i], SILENT) == 0);
    }
}

static void test_a_callback_may_cancel_another_check(void **state)
{
    (void)state;
    struct story story = {.ctx = support_ctx(NULL)}, other = {0};
    story.victim = start(story.ctx, "u@slow-2s.f.mx.example", hear, &other);
    start(story.ctx, GOOD, cancel_another, &story);
    turn(story.ctx, 5000);
    assert_int_equal(story.calls, 1);
    assert_int_equal(other.calls, 0);
    mxcheck_ctx_free(story.ctx);
}

static void test_a_callback_may_start_and_dispatch(void **state)
{
    struct story sequel = {0};
    (void)state;
    struct story story = {.ctx = support_ctx(NULL), .sequel = &sequel};
    start(story.ctx, GOOD, start_another, &story);
    turn(story.ctx, 5000);
    assert_int_equal(story.calls, 1);
    assert_int_equal(sequel.calls, 1);
    assert_int_equal(sequel.reason, MXCHECK_REASON_NULL_MX);
    mxcheck_ctx_free(story.ctx);
}

static void test_a_freed_context_calls_nobody(void **state)
{
    struct story story = {0};
    (void)state;
    mxcheck_ctx *ctx = support_ctx(NULL);
    start(ctx, GOOD, hear, &story);
    start(ctx, SILENT, hear, &story);
    turn(ctx, 0);
    mxcheck_ctx_free(ctx);
    assert_int_equal(story.calls, 0);
}

/* --- threads and processes ---------------------------------------------------------------------------------------- */

static void *check_blocking(void *argument)
{
    size_t wrong = 0;
    for (int i = 0; i < 50; i++) {
        mxcheck_result *result = NULL;
        if (mxcheck_check_sender(argument, GOOD, &result) != MXCHECK_OK ||
            mxcheck_result_reason(result) != MXCHECK_REASON_MX)
            wrong++;
        mxcheck_result_unref(result);
    }
    return wrong == 0 ? NULL : argument;
}

static void test_blocking_checks_run_beside_them(void **state)
{
    enum { THREADS = 4, CHECKS = 200 };
    pthread_t threads[THREADS];
    (void)state;
    mxcheck_ctx *ctx = support_ctx(NULL);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, check_blocking, ctx), 0);
    for (size_t i = 0; i < CHECKS; i++) {
        struct story story = {0};
        start(ctx, i % 2 == 0 ? GOOD : "u@nxdomain.mx.example", hear, &story);
        turn(ctx, 5000);
        assert_int_equal(story.calls, 1);
        assert_int_equal(story.reason, i % 2 == 0 ? MXCHECK_REASON_MX : MXCHECK_REASON_NO_SUCH_DOMAIN);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    mxcheck_ctx_free(ctx);
}

static void test_a_child_drops_the_checks_of_its_parent(void **state)
{
    struct story story = {0}, own = {0};
    (void)state;
    mxcheck_ctx *ctx = support_ctx(NULL);
    mxcheck_id id = start(ctx, GOOD, hear, &story);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct pollfd due = {.fd = mxcheck_ctx_fd(ctx), .events = POLLIN};
        int wrong = mxcheck_ctx_pending(ctx) != 0 ? 1 : 0;
        wrong |= mxcheck_cancel(ctx, id) != MXCHECK_ERR_NOT_FOUND ? 2 : 0;
        wrong |= mxcheck_check_rcpt_async(ctx, GOOD, hear, &own, NULL) != MXCHECK_OK ? 4 : 0;
        while (own.calls == 0 && poll(&due, 1, 5000) == 1)
            mxcheck_ctx_dispatch(ctx);
        wrong |= story.calls != 0 ? 8 : 0;
        wrong |= own.calls != 1 || own.reason != MXCHECK_REASON_MX ? 16 : 0;
        mxcheck_ctx_free(ctx);
        _exit(wrong);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    turn(ctx, 5000);
    assert_int_equal(story.calls, 1);
    assert_int_equal(story.reason, MXCHECK_REASON_MX);
    mxcheck_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_arguments_are_invalid),
        cmocka_unit_test(test_a_callback_comes_once_and_from_dispatch_alone),
        cmocka_unit_test(test_a_cancelled_check_is_not_heard_of),
        cmocka_unit_test(test_the_descriptor_wakes_at_the_deadline),
        cmocka_unit_test(test_one_domain_is_asked_once_for_all),
        cmocka_unit_test(test_more_than_max_pending_are_overloaded),
        cmocka_unit_test(test_a_callback_may_free_the_context),
        cmocka_unit_test(test_a_callback_may_cancel_another_check),
        cmocka_unit_test(test_a_callback_may_start_and_dispatch),
        cmocka_unit_test(test_a_freed_context_calls_nobody),
        cmocka_unit_test(test_blocking_checks_run_beside_them),
        cmocka_unit_test(test_a_child_drops_the_checks_of_its_parent),
    };
    support_upstream();
    return cmocka_run_group_tests_name("async", tests, NULL, NULL);
}
