/* SPDX-License-Identifier: BSD-2-Clause */
/* loop-poll.c: many checks at once on poll(2), for a program with a loop of its own.
 *
 *     cc -o loop-poll loop-poll.c $(pkg-config --cflags --libs mxcheck)
 *     ./loop-poll -o timeout=3s bob@example.com alice@example.org
 *     ./loop-poll < addresses
 *
 * Prints `ADDRESS<TAB>reply` as each verdict comes. Ends with 0 when every address was accepted, with 1 when one was
 * rejected, with 2 when none was but one was deferred, and with 64 or more when it could not do its work. */
#include <mxcheck/mxcheck.h>

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { MOST_AT_ONCE = 500 }; /* below the option max-pending, so that none is deferred as overloaded */

struct run {
    mxcheck_ctx *ctx;
    char **arguments; /* the addresses that are left; from standard input when is_input */
    bool is_input;
    char *line;
    size_t line_size;
    bool has_rejected;
    bool has_deferred;
};

static void die(int status, const char *what)
{
    fprintf(stderr, "loop-poll: %s\n", what);
    exit(status);
}

/* Addresses are bytes from anywhere: a terminal gets printable ASCII alone. */
static void print_address(const char *address)
{
    for (; *address != '\0'; address++)
        printf(isprint((unsigned char)*address) ? "%c" : "\\x%02x", (unsigned char)*address);
}

/* Comes from mxcheck_ctx_dispatch(), once for each check. The result is lent. */
static void on_verdict(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    struct run *run = user_data;
    char reply[512];

    (void)id; /* for mxcheck_cancel(), had we kept it */
    run->has_rejected |= mxcheck_result_verdict(result) == MXCHECK_VERDICT_REJECT;
    run->has_deferred |= mxcheck_result_verdict(result) == MXCHECK_VERDICT_DEFER;
    mxcheck_result_reply(result, NULL, reply, sizeof(reply));
    print_address(mxcheck_result_address(result));
    printf("\t%s\n", reply);
    fflush(stdout);
}

/* The next address, NULL when there is none. Waits for standard input: a server would watch that in its loop, too. */
static const char *next_address(struct run *run)
{
    if (!run->is_input)
        return *run->arguments == NULL ? NULL : *run->arguments++;
    if (getline(&run->line, &run->line_size, stdin) < 0)
        return NULL;
    run->line[strcspn(run->line, "\r\n")] = '\0';
    return run->line;
}

static void start_checks(struct run *run)
{
    const char *address;

    while (mxcheck_ctx_pending(run->ctx) < MOST_AT_ONCE && (address = next_address(run)) != NULL) {
        mxcheck_status status = mxcheck_check_rcpt_async(run->ctx, address, on_verdict, run, NULL);
        if (status != MXCHECK_OK)
            die(EX_OSERR, mxcheck_status_text(status));
    }
}

/* Turn until every check has called back. */
static void watch(struct run *run)
{
    struct pollfd watched = {.fd = mxcheck_ctx_fd(run->ctx), .events = POLLIN};

    while (mxcheck_ctx_pending(run->ctx) > 0) {
        if (poll(&watched, 1, -1) < 0 && errno != EINTR)
            die(EX_OSERR, "poll failed");
        mxcheck_ctx_dispatch(run->ctx);
        start_checks(run);
    }
}

/* Options of the library, each as -o NAME=VALUE, then addresses. */
static void read_arguments(int argc, char **argv, mxcheck_config *config, struct run *run)
{
    int flag;

    while ((flag = getopt(argc, argv, "o:")) != -1) {
        char *value = flag == 'o' ? strchr(optarg, '=') : NULL;
        if (value == NULL)
            die(EX_USAGE, "usage: loop-poll [-o NAME=VALUE]... [ADDRESS]...");
        *value++ = '\0';
        if (mxcheck_config_set(config, optarg, value) != MXCHECK_OK)
            die(EX_USAGE, mxcheck_config_error(config));
    }
    run->arguments = argv + optind;
    run->is_input = optind == argc;
}

int main(int argc, char **argv)
{
    struct run run = {0};
    mxcheck_config *config;

    if (mxcheck_config_new(&config) != MXCHECK_OK)
        die(EX_OSERR, "no memory");
    read_arguments(argc, argv, config, &run);
    if (mxcheck_ctx_new(config, &run.ctx) != MXCHECK_OK)
        die(EX_OSERR, "no memory");
    mxcheck_config_free(config);

    start_checks(&run);
    watch(&run);
    mxcheck_ctx_free(run.ctx);
    free(run.line);
    return run.has_rejected ? 1 : run.has_deferred ? 2 : 0;
}
