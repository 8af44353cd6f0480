/* SPDX-License-Identifier: BSD-2-Clause */
/* placeholder.h: the placeholders such as {domain} that texts of replies, hints and rules may hold. Pure. */
#ifndef MXCHECK_OPTIONS_PLACEHOLDER_H
#define MXCHECK_OPTIONS_PLACEHOLDER_H

#include <stdbool.h>
#include <stddef.h>

/* In this order they are cut when the line is too long: what DNS says before the name that was asked about. */
enum placeholder {
    PLACEHOLDER_HINT,
    PLACEHOLDER_ADDRESS,
    PLACEHOLDER_DETAIL,
    PLACEHOLDER_HOST,
    PLACEHOLDER_ZONE,
    PLACEHOLDER_DOMAIN,
    PLACEHOLDER_ID,
    PLACEHOLDER_REASON,
    PLACEHOLDER_FAULT,
    PLACEHOLDER_RULE,
    PLACEHOLDERS
};

/* May it stand in a reply? */
bool placeholder_is_for_replies(enum placeholder place);

/* The placeholder that `line` begins with, PLACEHOLDERS when it is none. *length: its length with its braces. */
enum placeholder placeholder_match(const char *line, size_t *length);

#endif
