/* SPDX-License-Identifier: BSD-2-Clause */
/* form.c: a percent sign without two digits stands for itself. */
#include "form.h"

#include <string.h>

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

static void decode(const char *p, const char *end, struct buffer *value)
{
    buffer_room(value, (size_t)(end - p));
    for (; p < end; p++) {
        char octet = *p == '+' ? ' ' : *p;
        if (*p == '%' && end - p > 2 && digit(p[1]) >= 0 && digit(p[2]) >= 0) {
            octet = (char)(digit(p[1]) * 16 + digit(p[2]));
            p += 2;
        }
        buffer_put(value, &octet, 1);
    }
}

bool form_find(const struct buffer *form, const char *name, struct buffer *value)
{
    size_t size = strlen(name);
    const char *p = form->octets == NULL ? "" : form->octets;
    const char *end = p + form->length;
    while (p < end) {
        const char *stop = memchr(p, '&', (size_t)(end - p));
        if (stop == NULL)
            stop = end;
        if ((size_t)(stop - p) > size && memcmp(p, name, size) == 0 && p[size] == '=') {
            decode(p + size + 1, stop, value);
            return true;
        }
        p = stop + 1;
    }
    return false;
}
