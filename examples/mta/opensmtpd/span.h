/* SPDX-License-Identifier: BSD-2-Clause */
/* span.h: a piece of a line: it may hold any octet, and has no NUL behind it. */
#ifndef MXCHECK_OPENSMTPD_SPAN_H
#define MXCHECK_OPENSMTPD_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
    const char *at;
    size_t length;
};

static inline bool span_is(struct span span, const char *word)
{
    return span.length == strlen(word) && memcmp(span.at, word, span.length) == 0;
}

#endif
