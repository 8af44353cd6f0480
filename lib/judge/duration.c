/* SPDX-License-Identifier: BSD-2-Clause */
/* duration.c: numbers and durations as options write them. */
#include "judge/duration.h"

#include "base/text.h"

#include <string.h>

static const struct {
    const char *word;
    uint32_t milliseconds;
} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}};

/* Read the digits that `text` begins with; `rest` is what follows them. */
static const char *read_digits(const char *text, uint32_t *number, const char **rest)
{
    uint64_t value = 0;
    const char *p = text;

    for (; text_is_digit(*p); p++) {
        value = value * 10 + (uint64_t)(*p - '0');
        if (value > UINT32_MAX)
            return "the number is too large";
    }
    if (p == text)
        return "a number is missing";
    *number = (uint32_t)value;
    *rest = p;
    return NULL;
}

const char *duration_parse_number(const char *text, uint32_t *number)
{
    const char *rest;
    uint32_t value;
    const char *fault = read_digits(text, &value, &rest);

    if (fault != NULL)
        return fault;
    if (*rest != '\0')
        return "it is not a whole number";
    *number = value;
    return NULL;
}

const char *duration_parse(const char *text, uint32_t *milliseconds)
{
    const char *unit;
    uint32_t value;
    const char *fault = read_digits(text, &value, &unit);

    if (fault != NULL)
        return fault;
    if (*unit == '\0' && value != 0)
        return "the unit is missing (ms, s, m or h)";
    for (size_t i = 0; *unit != '\0' && i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(unit, units[i].word) != 0)
            continue;
        if (value > UINT32_MAX / units[i].milliseconds)
            return "the duration is too long";
        *milliseconds = value * units[i].milliseconds;
        return NULL;
    }
    if (*unit != '\0')
        return "the unit is not ms, s, m or h";
    *milliseconds = 0;
    return NULL;
}
