/* SPDX-License-Identifier: BSD-2-Clause */
/* reply.h: a judgement as one SMTP reply line; every text from one table. Pure. */
#ifndef MXCHECK_WORDS_REPLY_H
#define MXCHECK_WORDS_REPLY_H

#include "base/text.h"
#include "judge/judgement.h"

/* The code and enhanced code that the reply will have; enhanced is at least 12 bytes. */
int reply_code(const struct options *options, const struct judgement *judgement);
void reply_enhanced_code(const struct options *options, const struct judgement *judgement, char *enhanced, size_t size);

/* The line without CRLF; at most 510 octets; printable ASCII. Returns its whole length, as snprintf does. */
size_t reply_write(const struct options *options, const struct judgement *judgement, const char *id, char *buffer,
                   size_t size);

#endif
