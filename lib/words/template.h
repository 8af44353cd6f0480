/* SPDX-License-Identifier: BSD-2-Clause */
/* template.h: fills placeholders such as {domain} into a line of at most so many octets. Pure. */
#ifndef MXCHECK_WORDS_TEMPLATE_H
#define MXCHECK_WORDS_TEMPLATE_H

#include "options/placeholder.h"

/* The value of each placeholder; NULL or "" removes the placeholder and one space beside it. */
struct template_values {
    const char *value[PLACEHOLDERS];
};

/* Write the filled line into out[limit + 1], at most `limit` octets, all printable ASCII: other bytes of a value become
 * '?'. Returns its length. */
size_t template_fill(const char *line, const struct template_values *values, char *out, size_t limit);

#endif
