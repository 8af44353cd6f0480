/* SPDX-License-Identifier: BSD-2-Clause */
/* async_checks.c: distinct domains through the asynchronous API, so many in flight.
 *
 *     async_checks UPSTREAMS CHECKS IN_FLIGHT [NAME=VALUE]... */
#include "measure.h"

#include <mxcheck/mxcheck.h>

#include <poll.h>
#include <string.h>

struct run {
    mxcheck_ctx *ctx;
    unsigned checks;
    unsigned started;
    unsigned failed; /* whatever is not accepted */
    unsigned in_flight;
    double *times_ms; /* how long each took */
    unsigned ended;
    long resident_at_tenth_kib; /* after a tenth of the checks: what comes later is growth */
};

static void on_verdict(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    struct run *run = user_data;
    (void)id;
    run->failed += mxcheck_result_verdict(result) != MXCHECK_VERDICT_ACCEPT;
    run->times_ms[run->ended++] = mxcheck_result_elapsed_us(result) / 1000.0;
    if (run->ended == run->checks / 10)
        run->resident_at_tenth_kib = measure_resident_kib();
}

static void start(struct run *run)
{
    char address[64];
    while (run->started < run->checks && run->started - run->ended < run->in_flight) {
        snprintf(address, sizeof(address), "u@d%u.bench.example", run->started);
        if (mxcheck_check_rcpt_async(run->ctx, address, on_verdict, run, NULL) != MXCHECK_OK)
            exit(1);
        run->started++;
    }
}

static mxcheck_ctx *make_ctx(const char *upstreams, unsigned in_flight, char **settings)
{
    char pending[16];
    mxcheck_config *config;
    mxcheck_ctx *ctx;
    snprintf(pending, sizeof(pending), "%u", in_flight);
    if (mxcheck_config_new(&config) != MXCHECK_OK || mxcheck_config_set(config, "upstreams", upstreams) != MXCHECK_OK ||
        mxcheck_config_set(config, "max-pending", pending) != MXCHECK_OK)
        exit(1);
    for (; *settings != NULL; settings++) {
        char *value = strchr(*settings, '=');
        if (value == NULL)
            exit(1);
        *value++ = '\0';
        if (mxcheck_config_set(config, *settings, value) != MXCHECK_OK) {
            fprintf(stderr, "%s\n", mxcheck_config_error(config));
            exit(1);
        }
    }
    if (mxcheck_ctx_new(config, &ctx) != MXCHECK_OK)
        exit(1);
    mxcheck_config_free(config);
    return ctx;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 64;
    struct run run = {.checks = (unsigned)atoi(argv[2]), .in_flight = (unsigned)atoi(argv[3])};
    run.ctx = make_ctx(argv[1], run.in_flight, argv + 4);
    run.times_ms = malloc(run.checks * sizeof(*run.times_ms));
    memset(run.times_ms, 1, run.checks * sizeof(*run.times_ms)); /* resident from the start */
    struct measure before = measure_now();
    struct pollfd watched = {.fd = mxcheck_ctx_fd(run.ctx), .events = POLLIN};
    for (start(&run); run.ended < run.checks; start(&run)) {
        poll(&watched, 1, -1);
        mxcheck_ctx_dispatch(run.ctx);
    }
    long growth_kib = measure_resident_kib() - run.resident_at_tenth_kib;
    double median_ms = measure_median(run.times_ms, run.checks);
    printf("growth_kib=%ld slowest_ms=%.3f ", growth_kib, run.times_ms[run.checks - 1]);
    measure_print(before, run.checks, run.failed, median_ms);
    mxcheck_ctx_free(run.ctx);
    free(run.times_ms);
    return 0;
}
