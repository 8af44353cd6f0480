/* SPDX-License-Identifier: BSD-2-Clause */
/* input.h: addresses from a file, one a line. */
#ifndef MXCHECK_TOOLS_INPUT_H
#define MXCHECK_TOOLS_INPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The longest line that is read as an address, without its line end. */
#define INPUT_LINE_MAX 1048576

enum input_kind {
    INPUT_ADDRESS,
    INPUT_HAS_NUL,  /* a line that holds a NUL byte, which no string can */
    INPUT_TOO_LONG, /* a line longer than INPUT_LINE_MAX */
    INPUT_END,
    INPUT_FAILED /* errno says why */
};

struct input {
    FILE *stream;
    const char *name;     /* for messages */
    char *line;           /* of INPUT_LINE_MAX + 1 bytes */
    unsigned long number; /* of the line last read, from 1 */
    uint64_t bytes_read;
    uint64_t bytes_total; /* 0 when unknown */
};

/* Open a file; "-" is standard input. @returns 0, or -1 with errno. Close it whatever comes of it. */
int input_open(struct input *input, const char *path);

/* Read the next line that is neither blank nor a comment, without the white space around it. *address is lent until
 * the next read, and written for INPUT_ADDRESS alone. */
enum input_kind input_next(struct input *input, const char **address);

/* @returns whether a person types the lines. */
bool input_is_terminal(const struct input *input);

void input_close(struct input *input);

#endif
