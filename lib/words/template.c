/* SPDX-License-Identifier: BSD-2-Clause */
/* template.c: fills placeholders such as {domain} into a line of at most so many octets. */
#include "words/template.h"

#include "base/text.h"

#include <string.h>

static bool is_printable(char c)
{
    return c >= 0x20 && c < 0x7f;
}

static void put_printable(struct text *text, const char *value, size_t count)
{
    for (size_t i = 0; i < count;) {
        size_t begin = i;
        while (i < count && is_printable(value[i]))
            i++;
        text_put(text, value + begin, i - begin);
        for (; i < count && !is_printable(value[i]); i++)
            text_put(text, "?", 1);
    }
}

/* Skip an empty placeholder of `length` octets, and one space beside it. */
static const char *skip_empty(struct text *text, const char *line, const char *start, size_t length)
{
    if (line[length] == ' ')
        return line + length + 1;
    if (line > start && line[-1] == ' ' && text->length > 0) {
        text->length--;
        if (text->length < text->size)
            text->buffer[text->length] = '\0';
    }
    return line + length;
}

static size_t fill(const char *start, const struct template_values *values, const size_t *keep, struct text *text)
{
    const char *line = start;
    while (*line != '\0') {
        size_t length = strcspn(line + 1, "{") + 1; /* up to the next place */
        enum placeholder place = *line == '{' ? placeholder_match(line, &length) : PLACEHOLDERS;
        if (place == PLACEHOLDERS) {
            length = length == 0 ? 1 : length;
            put_printable(text, line, length);
            line += length;
        } else if (keep[place] == 0) {
            line = skip_empty(text, line, start, length);
        } else {
            put_printable(text, values->value[place], keep[place]);
            line += length;
        }
    }
    return text->length;
}

size_t template_fill(const char *line, const struct template_values *values, char *out, size_t limit)
{
    size_t keep[PLACEHOLDERS];
    struct text text;

    for (int i = 0; i < PLACEHOLDERS; i++)
        keep[i] = values->value[i] == NULL ? 0 : strlen(values->value[i]);
    for (int i = 0; i < PLACEHOLDERS; i++) {
        text_init(&text, NULL, 0);
        size_t length = fill(line, values, keep, &text);
        if (length <= limit)
            break;
        /* Keep one octet, so that the space beside the placeholder stays. */
        size_t excess = length - limit;
        if (keep[i] > 0)
            keep[i] = keep[i] > excess ? keep[i] - excess : 1;
    }
    text_init(&text, out, limit + 1);
    fill(line, values, keep, &text);
    return text.length < limit ? text.length : limit;
}
