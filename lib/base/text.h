/* SPDX-License-Identifier: BSD-2-Clause */
/* text.h: writes text into a buffer of any size, and counts its whole length, as snprintf does. */
#ifndef MXCHECK_BASE_TEXT_H
#define MXCHECK_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A buffer that is being written. `length` counts all octets, also those that did not fit; the buffer is always
 * NUL-terminated. */
struct text {
    char *buffer;
    size_t size;
    size_t length;
};

/* Start writing into buffer[size]; buffer may be NULL when size is 0. */
void text_init(struct text *text, char *buffer, size_t size);

/* Put bytes as they are. */
void text_put(struct text *text, const char *bytes, size_t count);
void text_puts(struct text *text, const char *string);

/* Put formatted text; one call may put at most 255 bytes, the rest is cut. */
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Put a string from outside: every byte outside printable ASCII, and the backslash, becomes \xHH. */
void text_put_escaped(struct text *text, const char *string);

/* Put a name in presentation form (RFC 1035 section 5.1), whose backslashes are escapes already. */
void text_put_name(struct text *text, const char *name);

/* Put a JSON string with its quotes (RFC 8259 section 7), in ASCII: valid UTF-8 becomes \uXXXX, other bytes U+FFFD. */
void text_put_json(struct text *text, const char *string);

/* Likewise text that may hold NULs, and has one behind it. */
void text_put_json_octets(struct text *text, const char *octets, size_t size);

/* ASCII alone, whatever the locale. */
static inline bool text_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool text_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline char text_to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_equal_nocase(const char *a, const char *b);

#endif
