/* SPDX-License-Identifier: BSD-2-Clause */
/* shadow-policy.c: a new policy tried beside the one in force, without acting on it. Two contexts with different
 * options share one cache: what DNS said for the one is judged by the other, which asks next to nothing.
 *
 *     cc -o shadow-policy shadow-policy.c $(pkg-config --cflags --libs mxcheck)
 *     ./shadow-policy -o upstreams=127.0.0.1 -t null-mx=accept -t implicit-mx=none < senders
 *
 * Options after -o are for both, options after -t for the trial alone. Each line of standard input is the address of a
 * sender. Prints `ADDRESS<TAB>reply in force` and, where the trial would answer otherwise, a tab and that reply; at the
 * end, on standard error, how many differ and how often each asked. */
#include <mxcheck/mxcheck.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static void die(int status, const char *what)
{
    fprintf(stderr, "shadow-policy: %s\n", what);
    exit(status);
}

static void set_option(mxcheck_config *config, const char *setting)
{
    char *name = strdup(setting);
    char *value = name == NULL ? NULL : strchr(name, '=');
    if (value == NULL)
        die(EX_USAGE, "-o and -t take NAME=VALUE");
    *value++ = '\0';
    if (mxcheck_config_set(config, name, value) != MXCHECK_OK)
        die(EX_USAGE, mxcheck_config_error(config));
    free(name);
}

static mxcheck_ctx *make_context(const mxcheck_config *config)
{
    mxcheck_ctx *ctx;
    mxcheck_status status = mxcheck_ctx_new(config, &ctx);
    if (status != MXCHECK_OK)
        die(EX_OSERR, mxcheck_status_text(status));
    return ctx;
}

/* Addresses are bytes from anywhere: a terminal gets printable ASCII alone. */
static void print_address(const char *address)
{
    for (; *address != '\0'; address++)
        printf(isprint((unsigned char)*address) ? "%c" : "\\x%02x", (unsigned char)*address);
}

static void check(mxcheck_ctx *ctx, const char *address, char *reply, size_t size)
{
    mxcheck_result *result;
    mxcheck_status status = mxcheck_check_sender(ctx, address, &result);
    if (status != MXCHECK_OK)
        die(EX_OSERR, mxcheck_status_text(status));
    mxcheck_result_reply(result, NULL, reply, size);
    mxcheck_result_unref(result);
}

static uint64_t queries_of(mxcheck_ctx *ctx)
{
    mxcheck_stats stats;
    return mxcheck_ctx_stats(ctx, &stats, sizeof(stats)) == MXCHECK_OK ? stats.queries : 0;
}

/* The trial comes second, so that it finds what the policy in force has learned. */
static void compare(mxcheck_ctx *in_force, mxcheck_ctx *trial)
{
    char *address = NULL;
    size_t size = 0;
    ssize_t length;
    unsigned checked = 0, differing = 0;
    while ((length = getline(&address, &size, stdin)) >= 0) {
        char reply[512], other[512];
        if (length > 0 && address[length - 1] == '\n')
            address[length - 1] = '\0';
        check(in_force, address, reply, sizeof(reply));
        check(trial, address, other, sizeof(other));
        print_address(address);
        printf("\t%s", reply);
        if (strcmp(reply, other) != 0)
            printf("\t%s", other);
        puts("");
        checked++;
        differing += strcmp(reply, other) != 0;
    }
    free(address);
    if (ferror(stdin))
        die(EX_IOERR, strerror(errno));
    fprintf(stderr,
            "%u checked, %u differ; %" PRIu64 " questions for the policy in force, %" PRIu64 " more for the trial\n",
            checked, differing, queries_of(in_force), queries_of(trial));
}

int main(int argc, char **argv)
{
    mxcheck_config *in_force, *trial;
    int option;
    if (mxcheck_config_new(&in_force) != MXCHECK_OK || mxcheck_config_new(&trial) != MXCHECK_OK)
        die(EX_OSERR, "out of memory");
    while ((option = getopt(argc, argv, "o:t:")) != -1) {
        if (option == 'o')
            set_option(in_force, optarg);
        if (option == 'o' || option == 't')
            set_option(trial, optarg);
        else
            die(EX_USAGE, "usage: shadow-policy [-o NAME=VALUE]... [-t NAME=VALUE]...");
    }

    mxcheck_ctx *first = make_context(in_force);
    if (mxcheck_config_set_cache(trial, mxcheck_ctx_cache(first)) != MXCHECK_OK)
        die(EX_SOFTWARE, "the cache cannot be shared");
    mxcheck_ctx *second = make_context(trial);
    mxcheck_config_free(in_force);
    mxcheck_config_free(trial);

    compare(first, second);
    mxcheck_ctx_free(first);
    mxcheck_ctx_free(second);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : EX_IOERR;
}
