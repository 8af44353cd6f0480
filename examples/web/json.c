/* SPDX-License-Identifier: BSD-2-Clause */
/* json.c: walks over JSON without a tree. The text comes from the library, is ASCII, and has no space between tokens.
 */
#include "json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Behind the quotation mark that ends the string. */
static const char *skip_string(const char *p)
{
    for (p++; *p != '"' && *p != '\0'; p++) {
        if (*p == '\\' && p[1] != '\0')
            p++;
    }
    return *p == '"' ? p + 1 : p;
}

/* Behind the value. */
static const char *skip(const char *p)
{
    unsigned depth = 0;
    do {
        if (*p == '"') {
            p = skip_string(p);
            continue;
        }
        if (*p == '{' || *p == '[')
            depth++;
        if (*p == '}' || *p == ']') {
            if (depth == 0)
                return p;
            depth--;
        }
        if (*p != '\0')
            p++;
    } while (*p != '\0' && (depth > 0 || (*p != ',' && *p != '}' && *p != ']')));
    return p;
}

const char *json_member(const char *object, const char *key)
{
    size_t length = strlen(key);
    if (object == NULL || *object != '{')
        return NULL;
    for (const char *p = object + 1; *p == '"';) {
        const char *value = skip_string(p);
        bool is_key = (size_t)(value - p) == length + 2 && memcmp(p + 1, key, length) == 0;
        if (*value != ':')
            return NULL;
        if (is_key)
            return value + 1;
        p = skip(value + 1);
        if (*p == ',')
            p++;
    }
    return NULL;
}

const char *json_first(const char *array)
{
    return array == NULL || *array != '[' || array[1] == ']' || array[1] == '\0' ? NULL : array + 1;
}

const char *json_next(const char *item)
{
    const char *end = item == NULL ? "" : skip(item);
    return *end == ',' ? end + 1 : NULL;
}

/* Four hexadecimal digits; 0xfffd for others. */
static uint32_t read_unit(const char *p)
{
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = p[i] == '\0' ? NULL : strchr(digits, p[i] >= 'A' && p[i] <= 'F' ? p[i] + 32 : p[i]);
        if (digit == NULL)
            return 0xfffd;
        unit = unit << 4 | (uint32_t)(digit - digits);
    }
    return unit;
}

/* Read the escape at `*p`, a backslash; `*p` is behind it then. */
static uint32_t read_escape(const char **p)
{
    static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    char letter = (*p)[1];
    const char *found = letter == '\0' ? NULL : strchr(letters, letter);
    if (letter != 'u') {
        *p += letter == '\0' ? 1 : 2;
        return found == NULL ? (unsigned char)letter : (unsigned char)meanings[found - letters];
    }
    uint32_t unit = read_unit(*p + 2);
    size_t length = strnlen(*p, 6);
    *p += length;
    if (unit >= 0xd800 && unit < 0xdc00 && (*p)[0] == '\\' && (*p)[1] == 'u') {
        uint32_t low = read_unit(*p + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            *p += 6;
            return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    return unit >= 0xd800 && unit < 0xe000 ? 0xfffd : unit;
}

static size_t encode(uint32_t code, char octets[4])
{
    if (code < 0x80) {
        octets[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        octets[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    octets[0] = (char)((0xf00U >> length & 0xf0U) | code);
    return length;
}

const char *json_text(const char *value, char *buffer, size_t size)
{
    size_t length = 0;
    const char *p = value == NULL || *value != '"' ? "" : value + 1;
    while (*p != '"' && *p != '\0') {
        char octets[4];
        uint32_t code = *p == '\\' ? read_escape(&p) : (unsigned char)*p++;
        size_t used = encode(code == 0 ? 0xfffd : code, octets);
        if (length + used >= size)
            break;
        memcpy(buffer + length, octets, used);
        length += used;
    }
    buffer[length] = '\0';
    return buffer;
}

bool json_is(const char *value, const char *text)
{
    size_t length = strlen(text);
    return value != NULL && *value == '"' && strncmp(value + 1, text, length) == 0 && value[length + 1] == '"';
}

unsigned long json_number(const char *value)
{
    return value == NULL ? 0 : strtoul(value, NULL, 10);
}
