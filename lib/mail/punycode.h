/* SPDX-License-Identifier: BSD-2-Clause */
/* punycode.h: code points in letters, digits and hyphens (RFC 3492). Pure. */
#ifndef MXCHECK_MAIL_PUNYCODE_H
#define MXCHECK_MAIL_PUNYCODE_H

#include "base/text.h"

/* More code points than that never fit a label of 63 octets. */
#define PUNYCODE_MAX_POINTS 63

/* Put valid UTF-8 of at most PUNYCODE_MAX_POINTS code points in Punycode, without the prefix "xn--". Returns false, and
 * puts nothing, when there are more. */
bool punycode_put(struct text *out, const char *utf8);

#endif
