/* SPDX-License-Identifier: BSD-2-Clause */
/* template.c: fills placeholders such as {domain} into a line of at most so many octets. */
#include "words/template.h"

#include "base/text.h"

#include <string.h>

static const char *const names[TEMPLATE_PLACES] = {
    [TEMPLATE_HINT] = "{hint}", [TEMPLATE_ADDRESS] = "{address}", [TEMPLATE_DOMAIN] = "{domain}",
    [TEMPLATE_ID] = "{id}",     [TEMPLATE_REASON] = "{reason}",   [TEMPLATE_DETAIL] = "{detail}",
    [TEMPLATE_HOST] = "{host}", [TEMPLATE_ZONE] = "{zone}",       [TEMPLATE_FAULT] = "{fault}",
    [TEMPLATE_RULE] = "{rule}",
};

bool template_is_for_replies(enum template_place place)
{
    return place == TEMPLATE_ID || place == TEMPLATE_DOMAIN || place == TEMPLATE_ADDRESS || place == TEMPLATE_REASON ||
           place == TEMPLATE_HINT;
}

enum template_place template_match(const char *line, size_t *length)
{
    for (int i = 0; i < TEMPLATE_PLACES; i++) {
        *length = strlen(names[i]);
        if (strncmp(line, names[i], *length) == 0)
            return (enum template_place)i;
    }
    *length = 0;
    return TEMPLATE_PLACES;
}

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

/* Where the line goes on after a place of `length` octets that is empty: one space beside it vanishes. */
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
        enum template_place place = *line == '{' ? template_match(line, &length) : TEMPLATE_PLACES;
        if (place == TEMPLATE_PLACES) {
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
    size_t keep[TEMPLATE_PLACES];
    struct text text;

    for (int i = 0; i < TEMPLATE_PLACES; i++)
        keep[i] = values->value[i] == NULL ? 0 : strlen(values->value[i]);
    for (int i = 0; i < TEMPLATE_PLACES; i++) {
        text_init(&text, NULL, 0);
        size_t length = fill(line, values, keep, &text);
        if (length <= limit)
            break;
        /* An octet stays, so that a place that was cut does not take its space with it. */
        size_t excess = length - limit;
        if (keep[i] > 0)
            keep[i] = keep[i] > excess ? keep[i] - excess : 1;
    }
    text_init(&text, out, limit + 1);
    fill(line, values, keep, &text);
    return text.length < limit ? text.length : limit;
}
