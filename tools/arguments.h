/* SPDX-License-Identifier: BSD-2-Clause */
/* arguments.h: the command line, understood. */
#ifndef MXCHECK_TOOLS_ARGUMENTS_H
#define MXCHECK_TOOLS_ARGUMENTS_H

#include <mxcheck/mxcheck.h>

#include <stdbool.h>
#include <stddef.h>

enum verb { VERB_NONE, VERB_RCPT, VERB_SENDER, VERB_EXPLAIN, VERB_OPTIONS, VERB_VERSION, VERB_HELP };

/* Strings are lent by argv. */
struct arguments {
    enum verb verb;
    mxcheck_config *config;
    const char **addresses;
    size_t address_count;
    const char **files;
    size_t file_count;
    const char *id;
    bool is_json;
    bool is_quiet;
    int log_level; /* a mxcheck_log_level */
};

/* Understand the command line; clear it whatever comes of it.
 * @returns 0, or the exit status after having said what is wrong. */
int arguments_parse(int argc, char **argv, struct arguments *arguments);

void arguments_clear(struct arguments *arguments);

#endif
