/* SPDX-License-Identifier: BSD-2-Clause */
/* content.h: the octets after DATA, up to the line that is a dot alone (RFC 5321 sections 4.1.1.4 and 4.5.2). */
#ifndef SMTP_CONTENT_H
#define SMTP_CONTENT_H

#include <stddef.h>
#include <stdio.h>

enum content_state {
    CONTENT_LINE_BEGIN,
    CONTENT_TEXT,
    CONTENT_CR,
    CONTENT_DOT,    /* at the begin of a line */
    CONTENT_DOT_CR, /* the same, and a CR */
    CONTENT_ENDED,
    CONTENT_BROKEN /* a CR or an LF alone: where a line ends is in doubt, and smuggling begins (CVE-2023-51764) */
};

/* Zero it before a message. */
struct content {
    enum content_state state;
    size_t size;         /* octets of the message so far, as they came but for dots put in front of dots */
    unsigned long lines; /* that came whole */
};

/* Write what belongs to the message, with LF for CRLF; nothing past `most` octets, so that the size tells afterwards
 * that it was too large. Returns how many octets were used: all of them, unless it has ended or is broken. */
size_t content_take(struct content *content, const char *octets, size_t size, FILE *file, size_t most);

#endif
