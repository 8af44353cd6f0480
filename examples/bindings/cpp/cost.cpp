/* SPDX-License-Identifier: BSD-2-Clause */
/* cost.cpp: prints "hit_ns=… cold_us=…", the CPU of a blocking check of a domain that is known, or not.
 *
 *     cost UPSTREAM COUNT */
#include "mxcheck.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

static constexpr int hits_each = 20;

static void expect_accepted(mxcheck::context &ctx, const std::string &address)
{
    if (!ctx.check_rcpt(address).value().is_accepted()) {
        std::fprintf(stderr, "%s is not accepted\n", address.c_str());
        std::exit(1);
    }
}

static double seconds()
{
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 64;
    const int count = std::atoi(argv[2]);
    mxcheck::config config;
    if (config.set("upstreams", argv[1]))
        return 1;
    auto ctx = mxcheck::context::make(config).value();
    expect_accepted(ctx, "u@warm.example");
    double started = seconds();
    for (int i = 0; i < count; i++)
        expect_accepted(ctx, "u@d" + std::to_string(i) + ".example");
    double cold = seconds() - started;
    started = seconds();
    for (int i = 0; i < count * hits_each; i++)
        expect_accepted(ctx, "u@warm.example");
    double hit = seconds() - started;
    std::printf("hit_ns=%.0f cold_us=%.1f\n", hit * 1e9 / (count * hits_each), cold * 1e6 / count);
}
