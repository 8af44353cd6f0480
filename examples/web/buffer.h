/* SPDX-License-Identifier: BSD-2-Clause */
/* buffer.h: a text that grows, and what is done to text from outside before it stands in HTML or CSV. */
#ifndef WEB_BUFFER_H
#define WEB_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/* All zero: empty. When memory runs out it fails, and stays so. */
struct buffer {
    char *octets; /* with a NUL behind them; NULL while nothing was put */
    size_t length;
    size_t size;
    bool has_failed;
};

void buffer_put(struct buffer *buffer, const char *octets, size_t length);
void buffer_puts(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Give room for `size` octets and a NUL behind the text, to be filled in; buffer_put(buffer, NULL, n) then counts n of
 * them. NULL: memory ran out. */
char *buffer_room(struct buffer *buffer, size_t size);

/* Text from outside, as content of an element or of a quoted attribute. What is no UTF-8, and what cannot be seen or
 * changes what is seen (controls, marks of direction), is shown as \x80 or \u{202e}. */
void buffer_put_html(struct buffer *buffer, const char *octets, size_t length);
void buffer_puts_html(struct buffer *buffer, const char *text);

/* A quoted cell of CSV (RFC 4180), shown in the same way. One that a spreadsheet would take for a formula gets an
 * apostrophe in front. */
void buffer_put_csv(struct buffer *buffer, const char *octets, size_t length);

/* A value of a query string. */
void buffer_put_query(struct buffer *buffer, const char *octets, size_t length);

void buffer_clear(struct buffer *buffer);

#endif
