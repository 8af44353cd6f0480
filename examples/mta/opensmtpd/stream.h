/* SPDX-License-Identifier: BSD-2-Clause */
/* stream.h: lines from a descriptor, and answers to one, each in a buffer that does not grow. */
#ifndef MXCHECK_OPENSMTPD_STREAM_H
#define MXCHECK_OPENSMTPD_STREAM_H

#include "protocol.h"

enum { INPUT_SIZE = 65536, INPUT_LINE_MAX = 8192, OUTPUT_ANSWERS_MAX = 8192 };

struct input {
    char octets[INPUT_SIZE];
    size_t start;
    size_t end;
    bool is_skipping; /* to the end of a line of which the beginning was given out */
    bool has_ended;
};

struct output {
    char octets[OUTPUT_ANSWERS_MAX * PROTOCOL_ANSWER_MAX]; /* pages that are not needed are not there */
    size_t start;
    size_t end;
    size_t promised; /* answers that will come */
    bool is_broken;
};

/* Read what there is, once the descriptor is readable. */
void input_fill(struct input *input, int fd);

/* Give the next line, valid until the next call. is_cut: it is only the beginning of a line longer than INPUT_LINE_MAX.
 * False: more must be read first. */
bool input_take_line(struct input *input, struct span *line, bool *is_cut);

/* Whether one more line can be served: there is room for its answer beside all those that are promised. */
bool output_has_room(const struct output *output);

/* Text of at most PROTOCOL_ANSWER_MAX octets, for which there is room. */
void output_put(struct output *output, const char *text, size_t length);

/* Write what the descriptor takes. It must not block. */
void output_flush(struct output *output, int fd);

static inline bool output_is_empty(const struct output *output)
{
    return output->start == output->end;
}

#endif
