/* SPDX-License-Identifier: BSD-2-Clause */
/* buffer.c: text from outside is taken apart into code points, and only those that can be seen get through. */
#include "buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE_FIRST = 1024 };

typedef void put_seen(struct buffer *buffer, const char *octets, size_t length);

char *buffer_room(struct buffer *buffer, size_t size)
{
    size_t needed = buffer->length + size + 1;
    size_t wanted = buffer->size == 0 ? SIZE_FIRST : buffer->size;
    if (buffer->has_failed || needed <= size) {
        buffer->has_failed = true;
        return NULL;
    }
    while (wanted < needed)
        wanted *= 2;
    if (wanted > buffer->size) {
        char *octets = realloc(buffer->octets, wanted);
        if (octets == NULL) {
            buffer->has_failed = true;
            return NULL;
        }
        buffer->octets = octets;
        buffer->size = wanted;
    }
    return buffer->octets + buffer->length;
}

void buffer_put(struct buffer *buffer, const char *octets, size_t length)
{
    char *room = buffer_room(buffer, length);
    if (room == NULL)
        return;
    if (octets != NULL)
        memcpy(room, octets, length);
    buffer->length += length;
    buffer->octets[buffer->length] = '\0';
}

void buffer_puts(struct buffer *buffer, const char *text)
{
    buffer_put(buffer, text, strlen(text));
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *room = length < 0 ? NULL : buffer_room(buffer, (size_t)length);
    if (room == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(room, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->length += (size_t)length;
}

/* The length of one code point of UTF-8 (RFC 3629), 0 for octets that are none. */
static size_t decode(const unsigned char *p, const unsigned char *end, uint32_t *code)
{
    size_t length = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;
    if (length == 0 || (size_t)(end - p) < length)
        return 0;
    *code = length == 1 ? *p : *p & (0xffU >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0U) != 0x80)
            return 0;
        *code = *code << 6 | (p[i] & 0x3fU);
    }
    bool is_overlong = (length == 3 && *code < 0x800) || (length == 4 && *code < 0x10000);
    return is_overlong || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000) ? 0 : length;
}

/* Controls, and what takes no room, is blank or turns the direction: as visible() of page/script.js has it. */
static bool is_seen(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } unseen[] = {{0, 0x1f},          {0x7f, 0xa0},       {0xad, 0xad},       {0x34f, 0x34f},     {0x600, 0x605},
                  {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},     {0x8e2, 0x8e2},
                  {0x115f, 0x1160},   {0x1680, 0x1680},   {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x2000, 0x200f},
                  {0x2028, 0x202f},   {0x205f, 0x206f},   {0x3000, 0x3000},   {0x3164, 0x3164},   {0xe000, 0xf8ff},
                  {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},   {0xfffe, 0xffff},
                  {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
                  {0xe0000, 0xe0fff}, {0xf0000, 0x10ffff}};
    for (size_t i = 0; i < sizeof(unseen) / sizeof(*unseen); i++) {
        if (code >= unseen[i].first && code <= unseen[i].last)
            return false;
    }
    return true;
}

static void show(struct buffer *buffer, const char *octets, size_t length, put_seen *put)
{
    const unsigned char *p = (const unsigned char *)octets;
    const unsigned char *end = p + length;
    while (p < end) {
        uint32_t code = 0;
        char words[16];
        size_t used = decode(p, end, &code);
        if (used == 0)
            put(buffer, words, (size_t)snprintf(words, sizeof(words), "\\x%02x", *p));
        else if (is_seen(code))
            put(buffer, (const char *)p, used);
        else
            put(buffer, words, (size_t)snprintf(words, sizeof(words), "\\u{%x}", (unsigned)code));
        p += used == 0 ? 1 : used;
    }
}

static void put_html(struct buffer *buffer, const char *octets, size_t length)
{
    switch (octets[0]) {
    case '&':
        buffer_puts(buffer, "&amp;");
        break;
    case '<':
        buffer_puts(buffer, "&lt;");
        break;
    case '>':
        buffer_puts(buffer, "&gt;");
        break;
    case '"':
        buffer_puts(buffer, "&quot;");
        break;
    case '\'':
        buffer_puts(buffer, "&#39;");
        break;
    default:
        buffer_put(buffer, octets, length);
        break;
    }
}

void buffer_put_html(struct buffer *buffer, const char *octets, size_t length)
{
    show(buffer, octets, length, put_html);
}

void buffer_puts_html(struct buffer *buffer, const char *text)
{
    buffer_put_html(buffer, text, strlen(text));
}

static void put_csv(struct buffer *buffer, const char *octets, size_t length)
{
    if (octets[0] == '"')
        buffer_puts(buffer, "\"");
    buffer_put(buffer, octets, length);
}

/* Does it begin with a sign that begins a formula, or its full-width form? */
static bool is_formula(const char *octets, size_t length)
{
    static const char *const signs[] = {"=",           "+", "-", "@", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
                                        "\xef\xbc\xa0"};
    for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
        size_t size = strlen(signs[i]);
        if (length >= size && memcmp(octets, signs[i], size) == 0)
            return true;
    }
    return false;
}

void buffer_put_csv(struct buffer *buffer, const char *octets, size_t length)
{
    buffer_puts(buffer, is_formula(octets, length) ? "\"'" : "\"");
    show(buffer, octets, length, put_csv);
    buffer_puts(buffer, "\"");
}

void buffer_put_query(struct buffer *buffer, const char *octets, size_t length)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~@";
    for (size_t i = 0; i < length; i++) {
        if (octets[i] != '\0' && strchr(plain, octets[i]) != NULL)
            buffer_put(buffer, &octets[i], 1);
        else
            buffer_printf(buffer, "%%%02X", (unsigned)(unsigned char)octets[i]);
    }
}

void buffer_clear(struct buffer *buffer)
{
    free(buffer->octets);
    *buffer = (struct buffer){NULL, 0, 0, false};
}
