/* SPDX-License-Identifier: BSD-2-Clause */
/* json.c: is a text one JSON value (RFC 8259), and all of it ASCII? */
#include "check.h"

#include <string.h>

#define DEPTH_MAX 16

static bool skip_value(const char **at, unsigned depth);

static bool skip_char(const char **at, char c)
{
    bool is_there = **at == c;
    *at += is_there;
    return is_there;
}

/* Four hexadecimal digits. */
static bool skip_code(const char **at, unsigned *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, (*at)++) {
        const char *digit = **at == '\0' ? NULL : strchr("0123456789abcdef", **at);
        if (digit == NULL)
            return false;
        *code = *code * 16 + (unsigned)(digit - "0123456789abcdef");
    }
    return true;
}

/* What follows a backslash; a surrogate never stands alone. */
static bool skip_escape(const char **at)
{
    unsigned code;
    unsigned low;
    if (**at != 'u')
        return **at != '\0' && strchr("\"\\/bfnrt", *(*at)++) != NULL;
    ++*at;
    if (!skip_code(at, &code) || (code >= 0xdc00 && code < 0xe000))
        return false;
    if (code < 0xd800 || code >= 0xe000)
        return true;
    return skip_char(at, '\\') && skip_char(at, 'u') && skip_code(at, &low) && low >= 0xdc00 && low < 0xe000;
}

static bool skip_string(const char **at)
{
    if (!skip_char(at, '"'))
        return false;
    while (**at != '"') {
        if (**at < 0x20 || **at >= 0x7f)
            return false;
        if (*(*at)++ == '\\' && !skip_escape(at))
            return false;
    }
    return skip_char(at, '"');
}

/* Whole numbers are all there are. */
static bool skip_number(const char **at)
{
    skip_char(at, '-');
    size_t digits = strspn(*at, "0123456789");
    bool is_number = digits == 1 || (digits > 1 && **at != '0');
    *at += digits;
    return is_number;
}

static bool skip_word(const char **at, const char *word)
{
    bool is_there = strncmp(*at, word, strlen(word)) == 0;
    *at += is_there ? strlen(word) : 0;
    return is_there;
}

/* What stands between braces or brackets. */
static bool skip_members(const char **at, char end, unsigned depth)
{
    if (skip_char(at, end))
        return true;
    do {
        if (end == '}' && !(skip_string(at) && skip_char(at, ':')))
            return false;
        if (!skip_value(at, depth))
            return false;
    } while (skip_char(at, ','));
    return skip_char(at, end);
}

static bool skip_value(const char **at, unsigned depth)
{
    if (depth == DEPTH_MAX)
        return false;
    if (**at == '"')
        return skip_string(at);
    if (skip_char(at, '{'))
        return skip_members(at, '}', depth + 1);
    if (skip_char(at, '['))
        return skip_members(at, ']', depth + 1);
    return skip_word(at, "true") || skip_word(at, "false") || skip_word(at, "null") || skip_number(at);
}

bool check_is_json(const char *text)
{
    return skip_value(&text, 0) && *text == '\0';
}
