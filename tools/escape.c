/* SPDX-License-Identifier: BSD-2-Clause */
/* escape.c: text from outside, made safe for a terminal. */
#define _XOPEN_SOURCE 700 /* wcwidth */
#include "escape.h"

#include <string.h>
#include <wchar.h>
#include <wctype.h>

/* How many bytes make one character that may be shown, 0 when the first byte may not. A character without a width of
 * its own could hide others or turn their direction. */
static size_t measure(const char *text, size_t count)
{
    wchar_t character;
    mbstate_t state;

    memset(&state, 0, sizeof(state));
    size_t length = mbrtowc(&character, text, count, &state);
    if (length == 0 || length > count || *text == '\\')
        return 0;
    return iswprint((wint_t)character) && wcwidth(character) > 0 ? length : 0;
}

void escape_put(FILE *stream, const char *text, size_t limit)
{
    size_t length = strlen(text);
    size_t end = length < limit ? length : limit;

    for (size_t at = 0; at < end;) {
        size_t shown = measure(text + at, end - at);
        if (shown > 0)
            fwrite(text + at, 1, shown, stream);
        else
            fprintf(stream, "\\x%02x", (unsigned)(unsigned char)text[at]);
        at += shown > 0 ? shown : 1;
    }
    if (end < length)
        fprintf(stream, "...[%zu bytes]", length);
}
