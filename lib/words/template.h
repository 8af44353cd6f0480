/* SPDX-License-Identifier: BSD-2-Clause */
/* template.h: fills placeholders such as {domain} into a line of at most so many octets. Pure. */
#ifndef MXCHECK_WORDS_TEMPLATE_H
#define MXCHECK_WORDS_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

/* In this order they are cut when the line is too long: what DNS says before the name that was asked about. */
enum template_place {
    TEMPLATE_HINT,
    TEMPLATE_ADDRESS,
    TEMPLATE_DETAIL,
    TEMPLATE_HOST,
    TEMPLATE_ZONE,
    TEMPLATE_DOMAIN,
    TEMPLATE_ID,
    TEMPLATE_REASON,
    TEMPLATE_FAULT,
    TEMPLATE_RULE,
    TEMPLATE_PLACES
};

/* What each placeholder stands for; NULL or "" lets the place and one space beside it vanish. */
struct template_values {
    const char *value[TEMPLATE_PLACES];
};

/* May it stand in a reply? */
bool template_is_for_replies(enum template_place place);

/* The placeholder that `line` begins with, TEMPLATE_PLACES when it is none. *length: its length with its braces. */
enum template_place template_match(const char *line, size_t *length);

/* Write the filled line into out[limit + 1], at most `limit` octets, all printable ASCII: other bytes of a value become
 * '?'. Returns its length. */
size_t template_fill(const char *line, const struct template_values *values, char *out, size_t limit);

#endif
