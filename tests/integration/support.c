/* SPDX-License-Identifier: BSD-2-Clause */
/* support.c: contexts over the servers of tests/support. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

const char *support_upstream(void)
{
    const char *upstream = getenv("MXCHECK_TEST_UPSTREAM");
    if (upstream == NULL) {
        fputs("run this by tests/support/dnsservers.py --run\n", stderr);
        exit(1);
    }
    return upstream;
}

mxcheck_config *support_config(const struct setting *settings)
{
    mxcheck_config *config;
    if (mxcheck_config_new(&config) != MXCHECK_OK)
        return NULL;
    mxcheck_config_set(config, "upstreams", support_upstream());
    mxcheck_config_set(config, "timeout", "4s");
    for (; settings != NULL && settings->name != NULL; settings++) {
        if (mxcheck_config_set(config, settings->name, settings->value) != MXCHECK_OK) {
            fprintf(stderr, "%s\n", mxcheck_config_error(config));
            mxcheck_config_free(config);
            return NULL;
        }
    }
    return config;
}

mxcheck_ctx *support_ctx(const struct setting *settings)
{
    mxcheck_config *config = support_config(settings);
    mxcheck_ctx *ctx = NULL;
    if (config != NULL && mxcheck_ctx_new(config, &ctx) != MXCHECK_OK)
        ctx = NULL;
    mxcheck_config_free(config);
    return ctx;
}

mxcheck_result *support_check(mxcheck_ctx *ctx, mxcheck_role role, const char *address)
{
    mxcheck_result *result = NULL;
    mxcheck_status status = role == MXCHECK_ROLE_SENDER ? mxcheck_check_sender(ctx, address, &result)
                                                        : mxcheck_check_rcpt(ctx, address, &result);
    assert_string_equal(mxcheck_status_name(status), mxcheck_status_name(MXCHECK_OK));
    assert_non_null(result);
    return result;
}

void support_expect(mxcheck_ctx *ctx, mxcheck_role role, const char *address, int reason)
{
    mxcheck_result *result = support_check(ctx, role, address);
    assert_string_equal(mxcheck_reason_name(mxcheck_result_reason(result)), mxcheck_reason_name(reason));
    mxcheck_result_unref(result);
}

int64_t support_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
