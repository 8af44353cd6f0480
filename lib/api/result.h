/* SPDX-License-Identifier: BSD-2-Clause */
/* result.h: the inside of a result. */
#ifndef MXCHECK_API_RESULT_H
#define MXCHECK_API_RESULT_H

#include "base/lock.h"
#include "engine/settings.h"
#include "judge/judgement.h"

#include <arpa/inet.h>

/* One block: behind it stand a copy of facts that were remembered, the domain, and the address. */
struct mxcheck_result {
    unsigned references;            /* atomic */
    struct lock lock;               /* of the first who asks for words */
    bool is_worded;                 /* atomic: the two texts below are made */
    struct settings_stripe *stripe; /* a share: replies follow its options */
    struct facts *facts;            /* a share of those that DNS told just now; NULL otherwise */
    struct judgement judgement;
    char enhanced_code[12];
    char hint[256];
    char (*addresses)[INET6_ADDRSTRLEN]; /* atomic: as text, one host after the other; NULL: not asked for yet */
};

/* Give a result with a copy of the address, which may hold any octets, and of the judgement: finished, or open yet.
 * Facts that are remembered are copied; of others the result takes over the share, on success. NULL when memory ran
 * out. */
mxcheck_result *result_new(struct settings *settings, const char *address, size_t length,
                           const struct judgement *judgement);

/* The judgement is final: count it and tell the log. `id` is that of an asynchronous check, 0 otherwise. */
void result_finish(mxcheck_result *result, uint64_t elapsed_us, mxcheck_id id);

#endif
