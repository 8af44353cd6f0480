/* SPDX-License-Identifier: BSD-2-Clause */
/* stream.c: lines from a descriptor, and answers to one. */
#include "stream.h"

#include <errno.h>
#include <unistd.h>

void input_fill(struct input *input, int fd)
{
    memmove(input->octets, input->octets + input->start, input->end - input->start);
    input->end -= input->start;
    input->start = 0;
    if (input->end == sizeof(input->octets))
        return;
    ssize_t size = read(fd, input->octets + input->end, sizeof(input->octets) - input->end);
    if (size > 0)
        input->end += (size_t)size;
    else if (size == 0 || (errno != EAGAIN && errno != EINTR))
        input->has_ended = true;
}

/* False: its end has not come yet. */
static bool skip_line(struct input *input)
{
    char *from = input->octets + input->start;
    char *newline = memchr(from, '\n', input->end - input->start);
    input->is_skipping = newline == NULL;
    input->start = newline == NULL ? input->end : input->start + (size_t)(newline - from) + 1;
    return newline != NULL;
}

bool input_take_line(struct input *input, struct span *line, bool *is_cut)
{
    if (input->is_skipping && !skip_line(input))
        return false;
    size_t held = input->end - input->start;
    *line = (struct span){input->octets + input->start, held};
    const char *newline = memchr(line->at, '\n', held < INPUT_LINE_MAX ? held : INPUT_LINE_MAX);
    if (newline == NULL && held < INPUT_LINE_MAX)
        return false;
    *is_cut = newline == NULL;
    line->length = newline == NULL ? INPUT_LINE_MAX : (size_t)(newline - line->at);
    input->start += line->length + (newline != NULL);
    input->is_skipping = *is_cut;
    return true;
}

bool output_has_room(const struct output *output)
{
    size_t used = output->end - output->start + output->promised * PROTOCOL_ANSWER_MAX;
    return used + PROTOCOL_ANSWER_MAX <= sizeof(output->octets);
}

void output_put(struct output *output, const char *text, size_t length)
{
    if (length > sizeof(output->octets) - output->end) {
        memmove(output->octets, output->octets + output->start, output->end - output->start);
        output->end -= output->start;
        output->start = 0;
    }
    memcpy(output->octets + output->end, text, length);
    output->end += length;
}

void output_flush(struct output *output, int fd)
{
    while (!output_is_empty(output)) {
        ssize_t size = write(fd, output->octets + output->start, output->end - output->start);
        if (size < 0) {
            output->is_broken = errno != EAGAIN && errno != EINTR;
            return;
        }
        output->start += (size_t)size;
    }
    output->start = output->end = 0;
}
