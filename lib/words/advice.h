/* SPDX-License-Identifier: BSD-2-Clause */
/* advice.h: one sentence that says what the person who gets a reply can do. Pure. */
#ifndef MXCHECK_WORDS_ADVICE_H
#define MXCHECK_WORDS_ADVICE_H

#include "base/text.h"
#include "judge/judgement.h"

/* The longest sentence, for a second line of an SMTP reply. */
#define ADVICE_MAX 200

/* Printable ASCII. Returns the length, as snprintf does. */
size_t advice_write(const struct options *options, const struct judgement *judgement, char *buffer, size_t size);

/* "SERVFAIL, EDE 22 No Reachable Authority": what went wrong with a question, without what a server says in words of
 * its own. */
void advice_put_error(struct text *text, const struct facts *facts, const struct facts_answer *answer);

/* The answer that failed in the way that decided, of the domain or of one of its hosts; NULL when there is none. */
const struct facts_answer *advice_find_failure(const struct options *options, const struct judgement *judgement);

#endif
