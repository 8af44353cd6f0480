/* SPDX-License-Identifier: BSD-2-Clause */
/* input.c: addresses from a file, one a line. */
#include "input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How much is left of a regular file from where it stands, 0 for any other. */
static uint64_t measure(FILE *stream)
{
    struct stat status;
    off_t at = ftello(stream);

    if (at < 0 || fstat(fileno(stream), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= at)
        return 0;
    return (uint64_t)(status.st_size - at);
}

int input_open(struct input *input, const char *path)
{
    bool is_standard = strcmp(path, "-") == 0;

    memset(input, 0, sizeof(*input));
    input->name = is_standard ? "standard input" : path;
    input->line = malloc(INPUT_LINE_MAX + 1);
    if (input->line == NULL)
        return -1;
    input->stream = is_standard ? stdin : fopen(path, "r");
    if (input->stream == NULL)
        return -1;
    input->bytes_total = measure(input->stream);
    return 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static const char *trim(char *line, size_t length)
{
    while (length > 0 && is_space(line[length - 1]))
        length--;
    line[length] = '\0';
    while (is_space(*line))
        line++;
    return line;
}

/* Read up to the line end. What is past the buffer is passed over, so that memory stays bounded and the next line is
 * one again. */
static enum input_kind read_line(struct input *input, size_t *length)
{
    size_t count = 0;
    bool has_nul = false;
    int c;

    errno = 0;
    while ((c = getc_unlocked(input->stream)) != EOF && c != '\n') {
        if (count < INPUT_LINE_MAX)
            input->line[count] = (char)c;
        has_nul = has_nul || c == '\0';
        count++;
    }
    if (ferror(input->stream))
        return INPUT_FAILED;
    if (c == EOF && count == 0)
        return INPUT_END;
    input->number++;
    input->bytes_read += count + (c == EOF ? 0 : 1);
    *length = count < INPUT_LINE_MAX ? count : INPUT_LINE_MAX;
    if (count > INPUT_LINE_MAX)
        return INPUT_TOO_LONG;
    return has_nul ? INPUT_HAS_NUL : INPUT_ADDRESS;
}

/* A byte-order mark at the head of a file is no part of its first line. */
static char *skip_mark(const struct input *input, size_t *length)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t size = sizeof(mark) - 1;
    if (input->number != 1 || *length < size || memcmp(input->line, mark, size) != 0)
        return input->line;
    *length -= size;
    return input->line + size;
}

enum input_kind input_next(struct input *input, const char **address)
{
    const char *line;
    size_t length;

    do {
        enum input_kind kind = read_line(input, &length);
        if (kind != INPUT_ADDRESS)
            return kind;
        char *begin = skip_mark(input, &length);
        line = trim(begin, length);
    } while (*line == '\0' || *line == '#');
    *address = line;
    return INPUT_ADDRESS;
}

bool input_is_terminal(const struct input *input)
{
    return isatty(fileno(input->stream));
}

void input_close(struct input *input)
{
    if (input->stream != NULL && input->stream != stdin)
        fclose(input->stream);
    free(input->line);
}
