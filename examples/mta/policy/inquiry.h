/* SPDX-License-Identifier: BSD-2-Clause */
/* inquiry.h: a request that is being answered: which checks it takes, and the action that comes of them. */
#ifndef POLICY_INQUIRY_H
#define POLICY_INQUIRY_H

#include "../common/settings.h"
#include "../common/transaction.h"
#include "request.h"
#include "shadow.h"

#include <mxcheck/mxcheck.h>
#include <stdbool.h>
#include <stddef.h>

enum { ACTION_SIZE = 640 };

struct inquiry {
    const struct settings *settings;
    bool defers_if_permit; /* DEFER_IF_PERMIT in the place of a reply with 4XX */
    struct request request;
    char id[TRANSACTION_SIZE]; /* in the replies and in the log */
    mxcheck_ctx *ctx;
    struct shadow *shadow;         /* or NULL */
    mxcheck_id sender_id, rcpt_id; /* of the checks under way, otherwise 0 */
    bool has_failed;               /* a check could not be made: that is no verdict */
    mxcheck_result *sender, *rcpt;
    void (*on_end)(struct inquiry *inquiry, void *user_data);
    void *user_data;
};

/* Start the checks of inquiry->request. True: none of them is under way, and that is all; otherwise on_end is called.
 */
bool inquiry_begin(struct inquiry *inquiry, mxcheck_ctx *ctx, struct shadow *shadow);

/* Cancel what is under way, and free what the inquiry holds. */
void inquiry_clear(struct inquiry *inquiry);

/* The answer to the request, "action=…" without line ends, and a line for each verdict in the log. */
void inquiry_action(const struct inquiry *inquiry, char action[ACTION_SIZE]);

#endif
