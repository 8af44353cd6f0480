/* SPDX-License-Identifier: BSD-2-Clause */
/* extended_errors.h: names of Extended DNS Errors (RFC 8914). */
#ifndef MXCHECK_WORDS_EXTENDED_ERRORS_H
#define MXCHECK_WORDS_EXTENDED_ERRORS_H

#include <stdbool.h>

/* Static; "" for a code that has none. */
const char *extended_errors_name(int code);

/* Does the resolver say by this code that it keeps the answer back by a policy (RFC 8914 sections 4.16 to 4.19)? */
bool extended_errors_is_policy(int code);

#endif
