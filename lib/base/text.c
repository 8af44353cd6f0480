/* SPDX-License-Identifier: BSD-2-Clause */
/* text.c: bounded text, escaped where it comes from outside. */
#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void text_init(struct text *text, char *buffer, size_t size)
{
    text->buffer = buffer;
    text->size = buffer == NULL ? 0 : size;
    text->length = 0;
    if (text->size > 0)
        buffer[0] = '\0';
}

void text_put(struct text *text, const char *bytes, size_t count)
{
    if (text->length + 1 < text->size) {
        size_t room = text->size - 1 - text->length;
        size_t fits = count < room ? count : room;
        memcpy(text->buffer + text->length, bytes, fits);
        text->buffer[text->length + fits] = '\0';
    }
    text->length += count;
}

void text_puts(struct text *text, const char *string)
{
    text_put(text, string, strlen(string));
}

void text_printf(struct text *text, const char *format, ...)
{
    char piece[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(piece, sizeof(piece), format, arguments);
    va_end(arguments);
    if (length > 0)
        text_put(text, piece, (size_t)length < sizeof(piece) ? (size_t)length : sizeof(piece) - 1);
}

/* `stop` is escaped as well; 0: nothing else is. */
static void put_escaped(struct text *text, const char *string, char stop)
{
    for (const char *p = string; *p != '\0';) {
        const char *begin = p;
        while (*p >= 0x20 && *p < 0x7f && *p != stop)
            p++;
        text_put(text, begin, (size_t)(p - begin));
        if (*p != '\0')
            text_printf(text, "\\x%02x", (unsigned)(unsigned char)*p++);
    }
}

void text_put_escaped(struct text *text, const char *string)
{
    put_escaped(text, string, '\\');
}

void text_put_name(struct text *text, const char *name)
{
    put_escaped(text, name, '\0');
}

/* Decode one UTF-8 sequence (RFC 3629 section 4). Returns its length, 0 when it is none. */
static size_t decode_utf8(const unsigned char *p, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = p[0] < 0x80 ? 1 : p[0] >= 0xf5 ? 0 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 0;
    if (length == 0)
        return 0;
    uint32_t value = length == 1 ? p[0] : p[0] & (0xffU >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3fU);
    }
    if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff) || (length > 1 && value < least[length]))
        return 0;
    *code = value;
    return length;
}

static void put_json_code(struct text *text, uint32_t code)
{
    if (code >= 0x10000) {
        text_printf(text, "\\u%04x\\u%04x", (unsigned)(0xd800 + ((code - 0x10000) >> 10)),
                    (unsigned)(0xdc00 + ((code - 0x10000) & 0x3ff)));
    } else if (code >= 0x20 && code < 0x7f && code != '"' && code != '\\') {
        char c = (char)code;
        text_put(text, &c, 1);
    } else {
        text_printf(text, "\\u%04x", (unsigned)code);
    }
}

void text_put_json(struct text *text, const char *string)
{
    text_put_json_octets(text, string, strlen(string));
}

void text_put_json_octets(struct text *text, const char *octets, size_t size)
{
    const unsigned char *p = (const unsigned char *)octets;
    const unsigned char *end = p + size;
    text_puts(text, "\"");
    while (p < end) {
        uint32_t code;
        size_t length = decode_utf8(p, &code);
        put_json_code(text, length == 0 ? 0xfffd : code);
        p += length == 0 ? 1 : length;
    }
    text_puts(text, "\"");
}

bool text_equal_nocase(const char *a, const char *b)
{
    while (*a != '\0' && text_to_lower(*a) == text_to_lower(*b)) {
        a++;
        b++;
    }
    return text_to_lower(*a) == text_to_lower(*b);
}
