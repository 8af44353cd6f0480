/* SPDX-License-Identifier: BSD-2-Clause */
/* url.c: cuts a URL at scheme, user, port and path. */
#include "url.h"

#include <string.h>
#include <strings.h>

/* RFC 3986 section 3.1. */
static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char scheme[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";

static void cut_authority(const char *authority, const char **meant, size_t *length)
{
    size_t size = strcspn(authority, "/?#\\");
    const char *host = authority;
    for (const char *p = authority; p < authority + size; p++) {
        if (*p == '@')
            host = p + 1;
    }
    size -= (size_t)(host - authority);
    size_t end = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    *meant = host;
    *length = end < size ? end : size;
}

bool url_find(const char *text, const char **meant, size_t *length)
{
    static const char mailto[] = "mailto:";
    size_t size = strspn(text, scheme);
    if (strncasecmp(text, mailto, sizeof(mailto) - 1) == 0) {
        *meant = text + sizeof(mailto) - 1;
        *length = strcspn(*meant, "?,");
        return *length > 0;
    }
    if (strspn(text, letters) == 0 || strncmp(text + size, "://", 3) != 0)
        return false;
    cut_authority(text + size + 3, meant, length);
    return *length > 0;
}
