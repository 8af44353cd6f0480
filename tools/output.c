/* SPDX-License-Identifier: BSD-2-Clause */
/* output.c: a result on standard output. */
#include "output.h"

#include "escape.h"

#include <stdio.h>
#include <stdlib.h>

#define ADDRESS_SHOWN_MAX 512
#define REPLY_SIZE 512

typedef size_t (*writer)(const mxcheck_result *result, char *buffer, size_t size);

/* A text may be longer the second time, as numbers of seconds pass, so it is asked for until it fits. */
static char *write_whole(writer write, const mxcheck_result *result)
{
    char *buffer = NULL;
    size_t size = 0;
    size_t length;

    while ((length = write(result, buffer, size)) >= size) {
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

static mxcheck_status print_whole(writer write, const mxcheck_result *result, const char *start, const char *end)
{
    char *text = write_whole(write, result);
    if (text == NULL)
        return MXCHECK_ERR_NOMEM;
    fputs(start, stdout);
    fputs(text, stdout);
    fputs(end, stdout);
    free(text);
    return MXCHECK_OK;
}

static void print_line(const mxcheck_result *result, const char *id)
{
    char reply[REPLY_SIZE];

    mxcheck_result_reply(result, id, reply, sizeof(reply));
    escape_put(stdout, mxcheck_result_address(result), ADDRESS_SHOWN_MAX);
    printf("\t%s\t%s\t%s\n", mxcheck_verdict_name(mxcheck_result_verdict(result)),
           mxcheck_reason_name(mxcheck_result_reason(result)), reply);
}

mxcheck_status output_result(const struct arguments *arguments, const mxcheck_result *result, bool is_first)
{
    mxcheck_status status = MXCHECK_OK;

    if (arguments->is_quiet)
        return status;
    if (arguments->is_json)
        status = print_whole(mxcheck_result_json, result, "", "\n");
    else if (arguments->verb == VERB_EXPLAIN)
        status = print_whole(mxcheck_result_explain, result, is_first ? "" : "\n", "");
    else
        print_line(result, arguments->id);
    fflush(stdout);
    return status;
}
