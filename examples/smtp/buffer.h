/* SPDX-License-Identifier: BSD-2-Clause */
/* buffer.h: octets between a socket and a session, and lines out of them. */
#ifndef SMTP_BUFFER_H
#define SMTP_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/* Room for the longest line that a client may send: a response of AUTH, RFC 4954 section 4. */
#define BUFFER_SIZE 12290

/* Zero it before first use. */
struct buffer {
    char octets[BUFFER_SIZE];
    size_t size;
    bool is_skipping; /* the rest of a line that was too long */
};

enum buffer_line {
    BUFFER_NO_LINE,
    BUFFER_LINE,
    BUFFER_LINE_TOO_LONG,
    BUFFER_LINE_BROKEN /* an LF or CR alone, or a NUL */
};

/* Whether there is a whole line, or as much as can be. */
enum buffer_line buffer_find_line(const struct buffer *buffer, size_t *length);

/* Take the next line out of the buffer, without its CRLF, into line[BUFFER_SIZE], ended by a NUL. */
enum buffer_line buffer_take_line(struct buffer *buffer, char *line);

/* Take octets off the front. */
void buffer_drop(struct buffer *buffer, size_t size);

#endif
