/* SPDX-License-Identifier: BSD-2-Clause */
/* explain.h: a judgement as an explanation for a person, and as JSON. Pure. */
#ifndef MXCHECK_WORDS_EXPLAIN_H
#define MXCHECK_WORDS_EXPLAIN_H

#include "judge/judgement.h"

/* Lines for a person, each ended by LF, printable ASCII; the reply in them has this id of the transaction (or NULL). */
size_t explain_write(const struct options *options, const struct judgement *judgement, const char *id, char *buffer,
                     size_t size);

/* One JSON object, ASCII, no line ends. */
size_t explain_json(const struct options *options, const struct judgement *judgement, const char *id, char *buffer,
                    size_t size);

#endif
