/* SPDX-License-Identifier: BSD-2-Clause */
/* explain.h: a judgement as a story for a person, as one hint, and as JSON. Pure. */
#ifndef MXCHECK_JUDGE_EXPLAIN_H
#define MXCHECK_JUDGE_EXPLAIN_H

#include "judge/judgement.h"

/* One sentence, printable ASCII: what the person who gets the reply can do. Returns the length, as snprintf does. */
size_t explain_hint(const struct judgement *judgement, char *buffer, size_t size);

/* Lines for a person, each ended by LF, printable ASCII. */
size_t explain_write(const struct options *options, const struct judgement *judgement, char *buffer, size_t size);

/* One JSON object, ASCII, no line ends. */
size_t explain_json(const struct options *options, const struct judgement *judgement, char *buffer, size_t size);

#endif
