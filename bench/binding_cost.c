/* SPDX-License-Identifier: BSD-2-Clause */
/* binding_cost.c: what a check costs in C, for the table of the bindings; each of them has the same program.
 *
 *     binding_cost UPSTREAM COUNT     prints "hit_ns=… cold_us=…": CPU of a blocking check, known or not */
#include <mxcheck/mxcheck.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { HITS_EACH = 20 };

/* Give up, if there is no result; else make sure that it says what is expected. */
static void expect_accepted(mxcheck_ctx *ctx, const char *address)
{
    mxcheck_result *result;
    if (mxcheck_check_rcpt(ctx, address, &result) != MXCHECK_OK ||
        mxcheck_result_verdict(result) != MXCHECK_VERDICT_ACCEPT) {
        fprintf(stderr, "%s is not accepted\n", address);
        exit(1);
    }
    mxcheck_result_unref(result);
}

static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 64;
    int count = atoi(argv[2]);
    mxcheck_config *config;
    mxcheck_ctx *ctx;
    if (mxcheck_config_new(&config) != MXCHECK_OK || mxcheck_config_set(config, "upstreams", argv[1]) != MXCHECK_OK ||
        mxcheck_ctx_new(config, &ctx) != MXCHECK_OK)
        return 1;
    expect_accepted(ctx, "u@warm.example");
    double started = seconds();
    for (int i = 0; i < count; i++) {
        char address[64];
        snprintf(address, sizeof address, "u@d%d.example", i);
        expect_accepted(ctx, address);
    }
    double cold = seconds() - started;
    started = seconds();
    for (int i = 0; i < count * HITS_EACH; i++)
        expect_accepted(ctx, "u@warm.example");
    double hit = seconds() - started;
    printf("hit_ns=%.0f cold_us=%.1f\n", hit * 1e9 / (count * HITS_EACH), cold * 1e6 / count);
    mxcheck_ctx_free(ctx);
    mxcheck_config_free(config);
    return 0;
}
