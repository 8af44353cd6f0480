/* SPDX-License-Identifier: BSD-2-Clause */
/* placeholder.c: the placeholders by name. */
#include "options/placeholder.h"

#include <string.h>

static const char *const names[PLACEHOLDERS] = {
    [PLACEHOLDER_HINT] = "{hint}", [PLACEHOLDER_ADDRESS] = "{address}", [PLACEHOLDER_DOMAIN] = "{domain}",
    [PLACEHOLDER_ID] = "{id}",     [PLACEHOLDER_REASON] = "{reason}",   [PLACEHOLDER_DETAIL] = "{detail}",
    [PLACEHOLDER_HOST] = "{host}", [PLACEHOLDER_ZONE] = "{zone}",       [PLACEHOLDER_FAULT] = "{fault}",
    [PLACEHOLDER_RULE] = "{rule}",
};

bool placeholder_is_for_replies(enum placeholder place)
{
    return place == PLACEHOLDER_ID || place == PLACEHOLDER_DOMAIN || place == PLACEHOLDER_ADDRESS ||
           place == PLACEHOLDER_REASON || place == PLACEHOLDER_HINT;
}

enum placeholder placeholder_match(const char *line, size_t *length)
{
    for (int i = 0; i < PLACEHOLDERS; i++) {
        *length = strlen(names[i]);
        if (strncmp(line, names[i], *length) == 0)
            return (enum placeholder)i;
    }
    *length = 0;
    return PLACEHOLDERS;
}
