/* SPDX-License-Identifier: BSD-2-Clause */
/* reply_text.h: what a whole reply that an option sets must be. Pure. */
#ifndef MXCHECK_OPTIONS_REPLY_TEXT_H
#define MXCHECK_OPTIONS_REPLY_TEXT_H

#include <mxcheck/mxcheck.h>

/* RFC 5321 section 4.5.3.1.5: 512 octets with CRLF. */
#define REPLY_LINE_MAX 510

/* The first digit of the codes that carry a verdict (RFC 5321 section 4.2.1, RFC 3463 section 2). */
char reply_class(mxcheck_verdict verdict);

/* Is `line` fit to replace the reply of this reason and role? Returns NULL, or a static sentence on what is wrong. */
const char *reply_text_fault(const char *line, mxcheck_reason reason);

#endif
