/* SPDX-License-Identifier: BSD-2-Clause */
/* idna.h: U-labels, which people write, and A-labels, which DNS holds (RFC 5890 section 2.3.2.1). */
#ifndef MXCHECK_MAIL_IDNA_H
#define MXCHECK_MAIL_IDNA_H

#include "base/text.h"

/* 253 code points of four octets: more cannot fit a name, and libidn2 is spared it. */
#define IDNA_INPUT_MAX_OCTETS 1012

enum idna_status { IDNA_NOMEM = -1, IDNA_OK = 0, IDNA_BAD = 1 };

/* Put the ASCII form of a label of at most IDNA_INPUT_MAX_OCTETS, not all of them ASCII: of IDNA2008, or, where that
 * refuses it, of UTS 46 (nontransitional), which also takes symbols, and joiners and directions in any order. On
 * IDNA_BAD nothing is put, and *fault is a static sentence. */
enum idna_status idna_put_ascii(struct text *out, const char *label, size_t length, const char **fault);

/* Is this a label "xn--..." that IDNA2008 does not allow, or that does not even decode? */
bool idna_is_disallowed(const char *label, size_t length);

/* Put the U-label of an A-label. Only one that leads back to the very same A-label by IDNA2008 is shown, so that what
 * a person sees holds no controls and no bidirectional overrides (RFC 5891 section 5.4). False when there is none. */
bool idna_put_unicode(struct text *out, const char *label, size_t length);

#endif
