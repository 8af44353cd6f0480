/* SPDX-License-Identifier: BSD-2-Clause */
/* run.c: every address of the command line and of the files, checked. */
#include "run.h"

#include "input.h"
#include "message.h"
#include "output.h"
#include "progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

struct run {
    const struct arguments *arguments;
    struct terminal terminal;
    mxcheck_ctx *ctx;
    bool has_shown;
    bool has_rejected;
    bool has_deferred;
    int write_error;       /* errno of output that was not taken, 0 when all was */
    int failure;           /* exit status of input that was not checked, 0 when all was */
    mxcheck_status status; /* what ended the run, MXCHECK_OK when nothing did */
};

static void count(struct run *run, mxcheck_verdict verdict)
{
    switch (verdict) {
    case MXCHECK_VERDICT_ACCEPT:
        break;
    case MXCHECK_VERDICT_DEFER:
        run->has_deferred = true;
        break;
    case MXCHECK_VERDICT_REJECT:
        run->has_rejected = true;
        break;
    }
}

/* A bare domain stands for its postmaster. */
static mxcheck_status check_domain(mxcheck_ctx *ctx, const char *domain, mxcheck_result **result)
{
    static const char local_part[] = "postmaster@";
    size_t size = strlen(domain) + 1;
    char *address = malloc(sizeof(local_part) - 1 + size);
    if (address == NULL)
        return MXCHECK_ERR_NOMEM;
    memcpy(address, local_part, sizeof(local_part) - 1);
    memcpy(address + sizeof(local_part) - 1, domain, size);
    mxcheck_status status = mxcheck_check_rcpt(ctx, address, result);
    free(address);
    return status;
}

static mxcheck_status check(const struct run *run, const char *address, mxcheck_result **result)
{
    if (run->arguments->verb == VERB_SENDER)
        return mxcheck_check_sender(run->ctx, address, result);
    if (run->arguments->verb == VERB_EXPLAIN && strchr(address, '@') == NULL && *address != '<')
        return check_domain(run->ctx, address, result);
    return mxcheck_check_rcpt(run->ctx, address, result);
}

/* Check one address and tell. @returns whether to go on. */
static bool take_address(struct run *run, const char *address)
{
    mxcheck_result *result;

    run->status = check(run, address, &result);
    if (run->status != MXCHECK_OK)
        return false;
    count(run, mxcheck_result_verdict(result));
    run->status = output_result(run->arguments, &run->terminal, result, !run->has_shown);
    run->has_shown = true;
    if (ferror(stdout))
        run->write_error = errno != 0 ? errno : EIO;
    mxcheck_result_unref(result);
    return run->status == MXCHECK_OK && run->write_error == 0;
}

/* The file cannot be read to its end; others may. */
static bool miss_file(struct run *run, const struct input *input)
{
    message_say("cannot read %s: %s", input->name, strerror(errno));
    run->failure = EX_NOINPUT;
    return true;
}

static void skip_line(struct run *run, const struct input *input, struct progress *progress, const char *why)
{
    progress_erase(progress);
    message_say("%s, line %lu: the line %s and is not checked", input->name, input->number, why);
    run->failure = EX_DATAERR;
}

/* @returns whether to go on with the next file. */
static bool read_addresses(struct run *run, struct input *input, struct progress *progress)
{
    const char *address;

    for (;;) {
        switch (input_next(input, &address)) {
        case INPUT_ADDRESS:
            if (!take_address(run, address))
                return false;
            break;
        case INPUT_HAS_NUL:
            skip_line(run, input, progress, "holds a NUL byte");
            break;
        case INPUT_TOO_LONG:
            skip_line(run, input, progress, "is longer than 1 MiB");
            break;
        case INPUT_END:
            return true;
        case INPUT_FAILED:
            progress_erase(progress);
            return miss_file(run, input);
        }
        progress_step(progress, input->bytes_read, input->bytes_total);
    }
}

/* Where results or log lines run over the same screen, or a person types, a bar would be in the way. */
static bool wants_progress(const struct arguments *arguments, const struct input *input)
{
    return arguments->log_level == MXCHECK_LOG_NONE && !input_is_terminal(input) &&
           (arguments->is_quiet || !isatty(STDOUT_FILENO));
}

static bool take_file(struct run *run, const char *path)
{
    struct input input;
    struct progress progress;
    bool goes_on;

    if (input_open(&input, path) != 0) {
        goes_on = miss_file(run, &input);
    } else {
        progress_start(&progress, wants_progress(run->arguments, &input));
        goes_on = read_addresses(run, &input, &progress);
        progress_erase(&progress);
    }
    input_close(&input);
    return goes_on;
}

static void take_all(struct run *run)
{
    const struct arguments *arguments = run->arguments;

    for (size_t i = 0; i < arguments->address_count; i++) {
        if (!take_address(run, arguments->addresses[i]))
            return;
    }
    for (size_t i = 0; i < arguments->file_count; i++) {
        if (!take_file(run, arguments->files[i]))
            return;
    }
}

/* What is worse goes before what is better. */
static int settle(const struct run *run)
{
    if (run->status == MXCHECK_ERR_OPTION)
        return message_usage("%s", mxcheck_config_error(run->arguments->config));
    if (run->status == MXCHECK_ERR_FILE) {
        message_say("%s", mxcheck_config_error(run->arguments->config));
        return EX_NOINPUT;
    }
    if (run->status != MXCHECK_OK) {
        message_say("%s", mxcheck_status_text(run->status));
        return run->status == MXCHECK_ERR_INVALID ? EX_SOFTWARE : EX_OSERR;
    }
    if (run->write_error != 0) {
        message_say("cannot write to standard output: %s", strerror(run->write_error));
        return EX_IOERR;
    }
    if (run->failure != 0)
        return run->failure;
    return run->has_rejected ? 1 : run->has_deferred ? 2 : 0;
}

int run_checks(const struct arguments *arguments)
{
    struct run run = {.arguments = arguments, .terminal = terminal_look()};

    run.status = mxcheck_ctx_new(arguments->config, &run.ctx);
    if (run.status == MXCHECK_OK)
        take_all(&run);
    mxcheck_ctx_free(run.ctx);
    return settle(&run);
}
