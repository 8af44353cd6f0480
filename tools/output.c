/* SPDX-License-Identifier: BSD-2-Clause */
/* output.c: a result on standard output. */
#include "output.h"

#include "escape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_SHOWN_MAX 512
#define REPLY_SIZE 512

/* On a terminal; what is wider moves the rest of its line. */
enum { ADDRESS_WIDTH = 32, VERDICT_WIDTH = 8, REASON_WIDTH = 18 };

typedef size_t (*writer)(const mxcheck_result *result, const char *id, char *buffer, size_t size);

/* A text may be longer the second time, as numbers of seconds pass, so it is asked for until it fits. */
static char *write_whole(writer write, const mxcheck_result *result, const char *id)
{
    char *buffer = NULL;
    size_t size = 0;
    size_t length;

    while ((length = write(result, id, buffer, size)) >= size) {
        char *larger = realloc(buffer, length + 1);
        if (larger == NULL) {
            free(buffer);
            return NULL;
        }
        buffer = larger;
        size = length + 1;
    }
    return buffer;
}

static mxcheck_status print_json(const mxcheck_result *result, const char *id)
{
    char *text = write_whole(mxcheck_result_json, result, id);
    if (text == NULL)
        return MXCHECK_ERR_NOMEM;
    puts(text);
    free(text);
    return MXCHECK_OK;
}

/* SGR of ECMA-48: green, yellow, red. */
static const char *colour_of(mxcheck_verdict verdict)
{
    switch (verdict) {
    case MXCHECK_VERDICT_ACCEPT:
        return "\x1b[32m";
    case MXCHECK_VERDICT_DEFER:
        return "\x1b[33m";
    case MXCHECK_VERDICT_REJECT:
        return "\x1b[31m";
    }
    return "";
}

static const char *colour(const struct terminal *terminal, const mxcheck_result *result)
{
    return terminal->has_colours ? colour_of(mxcheck_result_verdict(result)) : "";
}

static const char *plain(const struct terminal *terminal)
{
    return terminal->has_colours ? "\x1b[0m" : "";
}

static void put_story(const struct terminal *terminal, const char *text)
{
    if (terminal->has_unicode)
        escape_put_unicode(stdout, text);
    else
        fputs(text, stdout);
}

/* The line of the verdict is coloured. */
static mxcheck_status print_story(const struct terminal *terminal, const mxcheck_result *result, const char *id)
{
    static const char mark[] = "\nVerdict: ";
    char *text = write_whole(mxcheck_result_explain, result, id);
    if (text == NULL)
        return MXCHECK_ERR_NOMEM;
    char *verdict = strstr(text, mark);
    if (verdict == NULL) {
        put_story(terminal, text);
    } else {
        char *rest = verdict + 1 + strcspn(verdict + 1, "\n");
        *verdict = '\0';
        put_story(terminal, text);
        printf("\n%s%.*s%s", colour(terminal, result), (int)(rest - verdict - 1), verdict + 1, plain(terminal));
        put_story(terminal, rest);
    }
    free(text);
    return MXCHECK_OK;
}

/* Go on at a column; one space at least. */
static void pad(size_t columns, size_t width)
{
    printf("%*s", columns < width ? (int)(width - columns) : 1, "");
}

static void print_columns(const struct terminal *terminal, const mxcheck_result *result, const char *reply)
{
    const char *verdict = mxcheck_verdict_name(mxcheck_result_verdict(result));
    const char *reason = mxcheck_reason_name(mxcheck_result_reason(result));

    pad(escape_put(stdout, mxcheck_result_address(result), ADDRESS_SHOWN_MAX), ADDRESS_WIDTH);
    printf("%s%s%s", colour(terminal, result), verdict, plain(terminal));
    pad(strlen(verdict), VERDICT_WIDTH);
    fputs(reason, stdout);
    pad(strlen(reason), REASON_WIDTH);
    puts(reply);
}

static void print_line(const struct terminal *terminal, const mxcheck_result *result, const char *id)
{
    char reply[REPLY_SIZE];

    mxcheck_result_reply(result, id, reply, sizeof(reply));
    if (terminal->has_columns) {
        print_columns(terminal, result, reply);
        return;
    }
    escape_put(stdout, mxcheck_result_address(result), ADDRESS_SHOWN_MAX);
    printf("\t%s\t%s\t%s\n", mxcheck_verdict_name(mxcheck_result_verdict(result)),
           mxcheck_reason_name(mxcheck_result_reason(result)), reply);
}

mxcheck_status output_result(const struct arguments *arguments, const struct terminal *terminal,
                             const mxcheck_result *result, bool is_first)
{
    mxcheck_status status = MXCHECK_OK;

    if (arguments->is_quiet)
        return status;
    if (arguments->is_json) {
        status = print_json(result, arguments->id);
    } else if (arguments->verb == VERB_EXPLAIN) {
        fputs(is_first ? "" : "\n", stdout);
        status = print_story(terminal, result, arguments->id);
    } else {
        print_line(terminal, result, arguments->id);
    }
    fflush(stdout);
    return status;
}
