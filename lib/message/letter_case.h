/* SPDX-License-Identifier: BSD-2-Clause */
/* letter_case.h: writes names in a letter case that an attacker cannot guess; an answer must repeat it ("0x20"). */
#ifndef MXCHECK_MESSAGE_LETTER_CASE_H
#define MXCHECK_MESSAGE_LETTER_CASE_H

#include "base/siphash.h"

/* Where letter case is drawn from. */
struct letter_case {
    struct siphash_key key;
    uint64_t count;
};

void letter_case_init(struct letter_case *letter_case);

/* Write lower-case `name` into cased[strlen(name) + 1]. */
void letter_case_draw(struct letter_case *letter_case, const char *name, char *cased);

#endif
