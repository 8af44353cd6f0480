/* SPDX-License-Identifier: BSD-2-Clause */
/* duration.c: numbers, durations, sizes and shares as options write them. */
#include "options/duration.h"

#include "base/text.h"

#include <string.h>

struct unit {
    const char *word;
    uint64_t factor;
};

static const struct unit durations[] = {{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}, {NULL, 0}};
static const struct unit sizes[] = {{"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {NULL, 0}};

/* Read the digits that `text` begins with; `rest` is what follows them. */
static const char *read_digits(const char *text, uint64_t *number, const char **rest)
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
    *number = value;
    *rest = p;
    return NULL;
}

/* A number below 2^32 times a unit below 2^32 is below 2^64. */
static const char *read_with_unit(const char *text, const struct unit *units, const char *fault_of_unit,
                                  uint64_t *product)
{
    const char *rest;
    uint64_t value;
    const char *fault = read_digits(text, &value, &rest);

    if (fault != NULL)
        return fault;
    for (const struct unit *unit = units; unit->word != NULL; unit++) {
        if (strcmp(rest, unit->word) == 0) {
            *product = value * unit->factor;
            return NULL;
        }
    }
    return fault_of_unit;
}

const char *duration_parse_number(const char *text, uint64_t *number)
{
    static const struct unit none[] = {{"", 1}, {NULL, 0}};
    return read_with_unit(text, none, "it is not a whole number", number);
}

const char *duration_parse(const char *text, uint64_t *milliseconds)
{
    const char *rest;
    uint64_t value;
    const char *fault = read_digits(text, &value, &rest);

    if (fault == NULL && *rest == '\0' && value == 0) {
        *milliseconds = 0;
        return NULL;
    }
    if (fault == NULL && *rest == '\0')
        return "the unit is missing (ms, s, m or h)";
    return read_with_unit(text, durations, "the unit is not ms, s, m or h", milliseconds);
}

const char *duration_parse_share(const char *text, uint64_t *percent)
{
    static const struct unit percents[] = {{"%", 1}, {NULL, 0}};
    return read_with_unit(text, percents, "it does not end with %", percent);
}

const char *duration_parse_size(const char *text, uint64_t *octets)
{
    return read_with_unit(text, sizes, "the unit is not K, M or G", octets);
}
