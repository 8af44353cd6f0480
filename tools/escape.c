/* SPDX-License-Identifier: BSD-2-Clause */
/* escape.c: text from outside, made safe for a terminal. */
#define _XOPEN_SOURCE 700 /* wcwidth */
#include "escape.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

/* How many bytes make one character that may be shown, 0 when the first byte may not; *columns: its width. A character
 * without a width of its own could hide others or turn their direction. */
static size_t measure(const char *text, size_t count, int *columns)
{
    wchar_t character;
    mbstate_t state;

    memset(&state, 0, sizeof(state));
    size_t length = mbrtowc(&character, text, count, &state);
    if (length == 0 || length > count || !iswprint((wint_t)character))
        return 0;
    *columns = wcwidth(character);
    return *columns > 0 ? length : 0;
}

/* Put the first character, or its first byte as \xHH. Returns the bytes that this was. */
static size_t put_first(FILE *stream, const char *text, size_t count, bool keeps_backslash, size_t *columns)
{
    int width = 0;
    size_t shown = *text == '\\' && !keeps_backslash ? 0 : measure(text, count, &width);
    if (shown == 0) {
        *columns += (size_t)fprintf(stream, "\\x%02x", (unsigned)(unsigned char)*text);
        return 1;
    }
    fwrite(text, 1, shown, stream);
    *columns += (size_t)width;
    return shown;
}

size_t escape_put(FILE *stream, const char *text, size_t limit)
{
    size_t length = strlen(text);
    size_t end = length < limit ? length : limit;
    size_t columns = 0;

    for (size_t at = 0; at < end;)
        at += put_first(stream, text + at, end - at, false, &columns);
    if (end < length)
        columns += (size_t)fprintf(stream, "...[%zu bytes]", length);
    return columns;
}

void escape_put_sentence(FILE *stream, const char *sentence)
{
    size_t length = strlen(sentence);
    size_t columns = 0;

    for (size_t at = 0; at < length;)
        at += put_first(stream, sentence + at, length - at, true, &columns);
}

/* Read the \xHH at the head of `text` that stand for bytes above ASCII, as many as one character may have. */
static size_t decode(const char *text, char bytes[MB_LEN_MAX])
{
    static const char digits[] = "0123456789abcdef";
    size_t count = 0;

    for (; count < MB_LEN_MAX && text[0] == '\\' && text[1] == 'x'; text += 4) {
        const char *high = text[2] == '\0' ? NULL : strchr(digits, text[2]);
        const char *low = high == NULL || text[3] == '\0' ? NULL : strchr(digits, text[3]);
        if (low == NULL || high - digits < 8)
            break;
        bytes[count++] = (char)((high - digits) << 4 | (low - digits));
    }
    return count;
}

void escape_put_unicode(FILE *stream, const char *text)
{
    char bytes[MB_LEN_MAX];

    while (*text != '\0') {
        int columns;
        size_t count = decode(text, bytes);
        size_t shown = count == 0 ? 0 : measure(bytes, count, &columns);
        if (shown > 0)
            fwrite(bytes, 1, shown, stream);
        else
            fputc(*text, stream);
        text += shown > 0 ? 4 * shown : 1;
    }
}
