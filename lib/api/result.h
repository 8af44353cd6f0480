/* SPDX-License-Identifier: BSD-2-Clause */
/* result.h: the inside of a result. */
#ifndef MXCHECK_API_RESULT_H
#define MXCHECK_API_RESULT_H

#include "engine/settings.h"
#include "judge/judgement.h"

struct mxcheck_result {
    unsigned references;       /* atomic */
    struct settings *settings; /* a share: replies follow its options */
    struct address parsed;
    struct judgement judgement;
    uint64_t finished_us;
    int smtp_code;
    char enhanced_code[12];
    char hint[256];
    char address[]; /* as given */
};

/* Gives a result for an address that is not judged yet; NULL when memory ran out. */
mxcheck_result *result_new(struct settings *settings, const char *address);

/* The judgement is complete, and `facts` (or NULL) given to the result: what the getters lend is made now. */
void result_finish(mxcheck_result *result, uint64_t started_us);

#endif
