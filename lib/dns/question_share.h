/* SPDX-License-Identifier: BSD-2-Clause */
/* question_share.h: what the questions of one resolver share. */
#ifndef MXCHECK_DNS_QUESTION_SHARE_H
#define MXCHECK_DNS_QUESTION_SHARE_H

#include "base/memory.h"
#include "dns/health.h"
#include "dns/resolver.h"
#include "dns/send_queue.h"
#include "dns/transport.h"
#include "message/letter_case.h"

struct question;

struct question_share {
    struct resolver *resolver; /* whose loop and tally these are */
    const struct memory *memory;
    const struct log *log;
    struct question *questions; /* all that are under way */
    struct send_queue queue;
    uint64_t retry_after_us;
    bool is_case_random;
    bool asks_ad;
    struct letter_case letter_case;
    struct upstreams upstreams; /* in the order of preference */
    struct health health[UPSTREAMS_MAX];
    struct transports *transports;
};

#endif
