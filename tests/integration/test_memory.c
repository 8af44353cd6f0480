/* SPDX-License-Identifier: BSD-2-Clause */
/* test_memory.c: each allocation of a check fails in its turn, once or from then on; what comes of it is an error or a
 * deferral, no block is left behind, and the context works when memory is back. */
#include "support.h"

#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* More than any check here takes. */
#define ALLOCATIONS_MAX 100000

struct scarce {
    long left;     /* allocations that succeed before one fails; negative: all */
    bool is_final; /* whether all later ones fail, too */
    bool has_failed;
    long live; /* blocks that were not freed */
};

static bool is_out(struct scarce *scarce)
{
    if (scarce->left != 0) {
        scarce->left -= scarce->left > 0;
        return false;
    }
    scarce->left = scarce->is_final ? 0 : -1;
    scarce->has_failed = true;
    return true;
}

static void *scarce_malloc(size_t size, void *user_data)
{
    struct scarce *scarce = user_data;
    void *block = is_out(scarce) ? NULL : malloc(size);
    scarce->live += block != NULL;
    return block;
}

static void *scarce_realloc(void *pointer, size_t size, void *user_data)
{
    struct scarce *scarce = user_data;
    void *block = is_out(scarce) ? NULL : realloc(pointer, size);
    scarce->live += pointer == NULL && block != NULL;
    return block;
}

static void scarce_free(void *pointer, void *user_data)
{
    struct scarce *scarce = user_data;
    scarce->live -= pointer != NULL;
    free(pointer);
}

/* What is checked, and what comes of it when there is memory. */
struct row {
    const char *address;
    int reason;
    const struct setting *settings;
};

static const struct setting hurried[] = {{"timeout", "60ms"}, {"retry-after", "20ms"}, {NULL, NULL}};

/* Documentation addresses are bogons, and all that the zone of the cases has. */
static const struct setting targets[] = {
    {"depth", "targets"}, {"forbidden-networks", "127.0.0.0/8, ::1, 10.0.0.0/8"}, {NULL, NULL}};

static const struct row rows[] = {
    {"u@ok-mx.mx.example", MXCHECK_REASON_MX, NULL},
    {"u@mx-200.mx.example", MXCHECK_REASON_MX, NULL},
    {"u@implicit-aaaa.mx.example", MXCHECK_REASON_IMPLICIT_AAAA, NULL},
    {"u@nxdomain.mx.example", MXCHECK_REASON_NO_SUCH_DOMAIN, NULL},
    {"u@b\xc3\xbc"
     "cher.mx.example",
     MXCHECK_REASON_MX, NULL},
    {"u@sf-all.f.mx.example", MXCHECK_REASON_DNS_FAILURE, NULL},
    {"u@to-all.f.mx.example", MXCHECK_REASON_DNS_TIMEOUT, hurried},
    {"u@ok-mx.mx.example", MXCHECK_REASON_MX, targets},
    {"u@mx-nx-one.mx.example", MXCHECK_REASON_MX, targets},
    {"u@mx-nx.mx.example", MXCHECK_REASON_MX_UNRESOLVABLE, targets},
    {"u@mx-ip-10.mx.example", MXCHECK_REASON_MX_FORBIDDEN, targets},
    {"u@implicit-aaaa.mx.example", MXCHECK_REASON_IMPLICIT_AAAA, targets},
    {"u@foo.invalid", MXCHECK_REASON_SPECIAL_USE, NULL},
    {"not an address", MXCHECK_REASON_BAD_ADDRESS, NULL},
};

/* What callbacks have told. */
struct heard {
    int calls;
    mxcheck_verdict verdict;
    int reason;
};

static void hear(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    struct heard *heard = user_data;
    (void)id;
    heard->calls++;
    heard->verdict = mxcheck_result_verdict(result);
    heard->reason = mxcheck_result_reason(result);
}

/* Turns the caller's loop until nothing is under way. */
static void turn(mxcheck_ctx *ctx)
{
    int64_t end = support_now_ms() + 20000;
    struct pollfd due = {.fd = mxcheck_ctx_fd(ctx), .events = POLLIN};
    while (mxcheck_ctx_pending(ctx) > 0) {
        int64_t left = end - support_now_ms();
        assert_true(left > 0);
        assert_int_equal(poll(&due, 1, (int)left), 1);
        assert_int_equal(mxcheck_ctx_dispatch(ctx), MXCHECK_OK);
    }
}

/* A way to check: gives the status; where that is MXCHECK_OK, *heard is what the check came to. */
typedef mxcheck_status (*check_fn)(mxcheck_ctx *ctx, const char *address, struct heard *heard);

static mxcheck_status check_blocking(mxcheck_ctx *ctx, const char *address, struct heard *heard)
{
    mxcheck_result *result = NULL;
    mxcheck_status status = mxcheck_check_rcpt(ctx, address, &result);
    assert_int_equal(status == MXCHECK_OK, result != NULL);
    if (result != NULL)
        hear(0, result, heard);
    mxcheck_result_unref(result);
    return status;
}

/* As one of three recipients, of whom another has the same domain. */
static mxcheck_status check_batch(mxcheck_ctx *ctx, const char *address, struct heard *heard)
{
    const char *const addresses[] = {"u@ok-mx.mx.example", address, address};
    mxcheck_result *results[3] = {NULL, NULL, NULL};
    mxcheck_status status = mxcheck_check_rcpts(ctx, addresses, 3, results);
    for (int i = 0; i < 3; i++)
        assert_int_equal(status == MXCHECK_OK, results[i] != NULL);
    if (status == MXCHECK_OK) {
        hear(0, results[1], heard);
        assert_int_equal(mxcheck_result_reason(results[2]), heard->reason);
    }
    for (int i = 0; i < 3; i++)
        mxcheck_result_unref(results[i]);
    return status;
}

static mxcheck_status check_async(mxcheck_ctx *ctx, const char *address, struct heard *heard)
{
    mxcheck_id id = 0;
    mxcheck_status status = mxcheck_check_rcpt_async(ctx, address, hear, heard, &id);
    assert_int_equal(status == MXCHECK_OK, id != 0);
    assert_int_equal(mxcheck_ctx_pending(ctx), status == MXCHECK_OK ? 1 : 0);
    if (status == MXCHECK_OK)
        turn(ctx);
    assert_int_equal(heard->calls, status == MXCHECK_OK ? 1 : 0);
    return status;
}

static void assert_comes_to(check_fn check, mxcheck_ctx *ctx, const struct row *row)
{
    struct heard heard = {0};
    assert_int_equal(check(ctx, row->address, &heard), MXCHECK_OK);
    assert_string_equal(mxcheck_reason_name(heard.reason), mxcheck_reason_name(row->reason));
}

/* With too little memory a check that came to a verdict came to the true one or to a deferral. */
static void assert_is_honest(mxcheck_status status, const struct heard *heard, const struct row *row)
{
    if (status != MXCHECK_OK)
        assert_string_equal(mxcheck_status_name(status), mxcheck_status_name(MXCHECK_ERR_NOMEM));
    else if (heard->verdict != MXCHECK_VERDICT_DEFER)
        assert_string_equal(mxcheck_reason_name(heard->reason), mxcheck_reason_name(row->reason));
}

static mxcheck_config *scarce_config(struct scarce *scarce, const struct setting *settings, const char *cache_size)
{
    mxcheck_config *config = support_config(settings);
    assert_non_null(config);
    assert_int_equal(mxcheck_config_set_memory(config, scarce_malloc, scarce_realloc, scarce_free, scarce), MXCHECK_OK);
    assert_int_equal(mxcheck_config_set(config, "cache-size", cache_size), MXCHECK_OK);
    return config;
}

/* How allocations fail. */
struct trial {
    check_fn check;
    bool is_final;
    bool is_warm; /* the context has checked before */
};

/* A whole life of a context with the n-th allocation failing. Returns whether there was an n-th. */
static bool live_with_failure(const mxcheck_config *config, struct scarce *scarce, long n, const struct trial *trial,
                              const struct row *row)
{
    mxcheck_ctx *ctx = NULL;
    struct heard heard = {0};
    mxcheck_status status = MXCHECK_OK;
    scarce->has_failed = false;
    if (trial->is_warm) {
        assert_int_equal(mxcheck_ctx_new(config, &ctx), MXCHECK_OK);
        assert_comes_to(trial->check, ctx, row);
    }
    scarce->left = n;
    if (!trial->is_warm)
        status = mxcheck_ctx_new(config, &ctx);
    assert_int_equal(status == MXCHECK_OK, ctx != NULL);
    if (ctx != NULL)
        status = trial->check(ctx, row->address, &heard);
    assert_is_honest(status, &heard, row);
    scarce->left = -1;
    if (ctx != NULL)
        assert_comes_to(trial->check, ctx, row);
    mxcheck_ctx_free(ctx);
    assert_int_equal(scarce->live, 0);
    return scarce->has_failed;
}

/* The lowest descriptor that is free. */
static int free_descriptor(void)
{
    int descriptor = dup(STDERR_FILENO);
    close(descriptor);
    /* cppcheck-suppress deallocret; the number is what is asked for */
    return descriptor;
}

static void fail_each(const struct trial *trial, const struct row *row, const char *cache_size)
{
    struct scarce scarce = {-1, trial->is_final, false, 0};
    mxcheck_config *config = scarce_config(&scarce, row->settings, cache_size);
    int descriptor = free_descriptor();
    long n = 0;
    while (n < ALLOCATIONS_MAX && live_with_failure(config, &scarce, n, trial, row))
        n++;
    assert_in_range(n, 1, ALLOCATIONS_MAX - 1);
    assert_int_equal(free_descriptor(), descriptor);
    mxcheck_config_free(config);
}

static void fail_each_of_all(const struct trial *trial)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fail_each(trial, &rows[i], "0");
        fail_each(trial, &rows[i], "64K");
    }
}

static void test_blocking_checks_survive_an_allocation_that_fails(void **state)
{
    (void)state;
    fail_each_of_all(&(struct trial){check_blocking, false, false});
    fail_each_of_all(&(struct trial){check_blocking, false, true});
}

static void test_blocking_checks_survive_memory_that_stays_away(void **state)
{
    (void)state;
    fail_each_of_all(&(struct trial){check_blocking, true, false});
    fail_each_of_all(&(struct trial){check_blocking, true, true});
}

static void test_batches_survive_an_allocation_that_fails(void **state)
{
    (void)state;
    fail_each_of_all(&(struct trial){check_batch, false, false});
    fail_each_of_all(&(struct trial){check_batch, true, true});
}

static void test_asynchronous_checks_survive_an_allocation_that_fails(void **state)
{
    (void)state;
    fail_each_of_all(&(struct trial){check_async, false, false});
    fail_each_of_all(&(struct trial){check_async, false, true});
}

static void test_asynchronous_checks_survive_memory_that_stays_away(void **state)
{
    (void)state;
    fail_each_of_all(&(struct trial){check_async, true, false});
    fail_each_of_all(&(struct trial){check_async, true, true});
}

/* Three checks, two of them of one domain, and one of these two is cancelled under way. */
static void test_checks_side_by_side_survive_an_allocation_that_fails(void **state)
{
    static const char *const addresses[] = {"a@implicit-aaaa.mx.example", "b@implicit-aaaa.mx.example",
                                            "c@ok-mx.mx.example"};
    struct scarce scarce = {-1, false, true, 0};
    mxcheck_config *config = scarce_config(&scarce, NULL, "64K");
    (void)state;
    for (long n = 0; scarce.has_failed; n++) {
        struct heard heard[3] = {{0}};
        mxcheck_status status[3];
        mxcheck_id id[3];
        mxcheck_ctx *ctx;
        assert_int_equal(mxcheck_ctx_new(config, &ctx), MXCHECK_OK);
        scarce.has_failed = false;
        scarce.left = n;
        for (size_t i = 0; i < 3; i++)
            status[i] = mxcheck_check_rcpt_async(ctx, addresses[i], hear, &heard[i], &id[i]);
        if (status[0] == MXCHECK_OK)
            assert_int_equal(mxcheck_cancel(ctx, id[0]), MXCHECK_OK);
        turn(ctx);
        scarce.left = -1;
        assert_int_equal(heard[0].calls, 0);
        for (size_t i = 1; i < 3; i++) {
            const struct row row = {addresses[i], i == 1 ? MXCHECK_REASON_IMPLICIT_AAAA : MXCHECK_REASON_MX, NULL};
            assert_int_equal(heard[i].calls, status[i] == MXCHECK_OK);
            assert_is_honest(status[i], &heard[i], &row);
            assert_comes_to(check_async, ctx, &row);
        }
        mxcheck_ctx_free(ctx);
        assert_int_equal(scarce.live, 0);
    }
    mxcheck_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocking_checks_survive_an_allocation_that_fails),
        cmocka_unit_test(test_blocking_checks_survive_memory_that_stays_away),
        cmocka_unit_test(test_batches_survive_an_allocation_that_fails),
        cmocka_unit_test(test_asynchronous_checks_survive_an_allocation_that_fails),
        cmocka_unit_test(test_asynchronous_checks_survive_memory_that_stays_away),
        cmocka_unit_test(test_checks_side_by_side_survive_an_allocation_that_fails),
    };
    support_upstream();
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
