/* SPDX-License-Identifier: BSD-2-Clause */
/* extended_errors.c: looks up the rows of extended_errors.def. */
#include "words/extended_errors.h"

#include <stddef.h>

const char *extended_errors_name(int code)
{
    static const char *const names[] = {
#define ROW(code, name) [code] = (name),
#include "words/extended_errors.def"
#undef ROW
    };
    return code >= 0 && (size_t)code < sizeof(names) / sizeof(names[0]) ? names[code] : "";
}

bool extended_errors_is_policy(int code)
{
    return code >= 15 && code <= 18;
}
