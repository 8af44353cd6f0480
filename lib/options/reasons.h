/* SPDX-License-Identifier: BSD-2-Clause */
/* reasons.h: the rows of reasons.def, and the words for verdicts and roles. */
#ifndef MXCHECK_OPTIONS_REASONS_H
#define MXCHECK_OPTIONS_REASONS_H

#include <mxcheck/mxcheck.h>

struct reason {
    mxcheck_reason number;
    const char *word;
    mxcheck_verdict verdict;
    const char *reply[2][2]; /* by enum reply_profile, then sender, rcpt */
    const char *rule;
    const char *hint;
};

size_t reasons_count(void);

/* Row `index`, in the order of the numbers; NULL past the end. */
const struct reason *reasons_at(size_t index);

/* NULL for a number that is none. */
const struct reason *reasons_find(mxcheck_reason number);

/* The verdict of a reason; DEFER for a number that is none. */
mxcheck_verdict reasons_verdict(mxcheck_reason number);

/* Words; "unknown" for a number that is none. */
const char *reasons_word(mxcheck_reason number);
const char *reasons_verdict_word(mxcheck_verdict verdict);
const char *reasons_role_word(mxcheck_role role);
const char *reasons_dnssec_word(int state);

#endif
