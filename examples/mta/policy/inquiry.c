/* SPDX-License-Identifier: BSD-2-Clause */
/* inquiry.c: at MAIL the sender is checked, at RCPT the recipient and, since Postfix asks for senders then, the sender.
 */
#include "inquiry.h"

#include "../common/report.h"
#include "mailbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

static bool is_state(const struct inquiry *inquiry, const char *state)
{
    return strcmp(attribute_text(&inquiry->request.protocol_state), state) == 0;
}

static bool is_under_way(const struct inquiry *inquiry)
{
    return inquiry->sender_id != 0 || inquiry->rcpt_id != 0;
}

static void on_result(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    struct inquiry *inquiry = user_data;
    bool is_sender = id == inquiry->sender_id;
    *(is_sender ? &inquiry->sender : &inquiry->rcpt) = mxcheck_result_ref(result);
    *(is_sender ? &inquiry->sender_id : &inquiry->rcpt_id) = 0;
    shadow_compare(inquiry->shadow, result, inquiry->id);
    if (!is_under_way(inquiry))
        inquiry->on_end(inquiry, inquiry->user_data);
}

static void check(struct inquiry *inquiry, mxcheck_role role, const struct attribute *address, mxcheck_id *id)
{
    bool is_authenticated = attribute_text(&inquiry->request.sasl_username)[0] != '\0';
    if (settings_exempt(inquiry->settings, role, attribute_text(&inquiry->request.client_address), is_authenticated))
        return;
    size_t length;
    char *mailbox = mailbox_quote(address, &length);
    mxcheck_status status =
        mailbox == NULL ? MXCHECK_ERR_NOMEM
                        : mxcheck_check_async(inquiry->ctx, role, mailbox, length, 0, 0, on_result, inquiry, id);
    free(mailbox);
    if (status == MXCHECK_OK)
        return;
    report(LOG_ERR, "%s: no check of the %s: %s", inquiry->id, mxcheck_role_name(role), mxcheck_status_text(status));
    inquiry->has_failed = true;
}

/* The queue id; before there is one the instance, and before that, at MAIL, an id of our own. What cannot be printed
 * becomes '?', in the log as in the replies. */
static void name_transaction(struct inquiry *inquiry)
{
    const char *queue_id = attribute_text(&inquiry->request.queue_id);
    const char *given = queue_id[0] != '\0' ? queue_id : attribute_text(&inquiry->request.instance);
    if (given[0] == '\0')
        transaction_name(inquiry->id);
    else
        snprintf(inquiry->id, sizeof(inquiry->id), "%s", given);
    for (char *letter = inquiry->id; *letter != '\0'; letter++) {
        if (*letter < ' ' || *letter > '~')
            *letter = '?';
    }
}

bool inquiry_begin(struct inquiry *inquiry, mxcheck_ctx *ctx, struct shadow *shadow)
{
    name_transaction(inquiry);
    bool is_rcpt = is_state(inquiry, "RCPT");
    inquiry->ctx = ctx;
    inquiry->shadow = shadow;
    if (is_rcpt && inquiry->request.recipient.value == NULL) {
        report(LOG_WARNING, "%s: a request of the state RCPT without a recipient", inquiry->id);
        inquiry->has_failed = true;
    } else if (is_rcpt || is_state(inquiry, "MAIL")) {
        check(inquiry, MXCHECK_ROLE_SENDER, &inquiry->request.sender, &inquiry->sender_id);
        if (is_rcpt)
            check(inquiry, MXCHECK_ROLE_RCPT, &inquiry->request.recipient, &inquiry->rcpt_id);
    }
    return !is_under_way(inquiry);
}

void inquiry_clear(struct inquiry *inquiry)
{
    if (inquiry->sender_id != 0)
        mxcheck_cancel(inquiry->ctx, inquiry->sender_id);
    if (inquiry->rcpt_id != 0)
        mxcheck_cancel(inquiry->ctx, inquiry->rcpt_id);
    mxcheck_result_unref(inquiry->sender);
    mxcheck_result_unref(inquiry->rcpt);
    request_clear(&inquiry->request);
}

/* That of the two which the client has to hear of, NULL for none: the sender's comes first, as in the dialogue. */
static const mxcheck_result *worse(const struct inquiry *inquiry)
{
    const mxcheck_result *found = NULL;
    const mxcheck_result *both[] = {inquiry->sender, inquiry->rcpt};
    for (size_t i = 0; i < 2; i++) {
        mxcheck_verdict verdict = mxcheck_result_verdict(both[i]);
        if (verdict == MXCHECK_VERDICT_REJECT && mxcheck_result_verdict(found) != MXCHECK_VERDICT_REJECT)
            found = both[i];
        else if (verdict == MXCHECK_VERDICT_DEFER && found == NULL)
            found = both[i];
    }
    return found;
}

static void write_action(const struct inquiry *inquiry, const mxcheck_result *result, char action[ACTION_SIZE])
{
    char reply[512];
    mxcheck_result_reply(result, inquiry->id, reply, sizeof(reply));
    bool is_deferred = mxcheck_result_verdict(result) == MXCHECK_VERDICT_DEFER;
    if (is_deferred && inquiry->defers_if_permit)
        snprintf(action, ACTION_SIZE, "action=DEFER_IF_PERMIT %s", reply + strlen("451 "));
    else
        snprintf(action, ACTION_SIZE, "action=%s", reply);
}

static void log_result(const struct inquiry *inquiry, const mxcheck_result *result)
{
    if (result != NULL)
        report_result(result, inquiry->id, attribute_text(&inquiry->request.client_address),
                      inquiry->settings->is_dry_run);
}

void inquiry_action(const struct inquiry *inquiry, char action[ACTION_SIZE])
{
    const mxcheck_result *result = worse(inquiry);
    log_result(inquiry, inquiry->sender);
    log_result(inquiry, inquiry->rcpt);
    if (inquiry->settings->is_dry_run)
        snprintf(action, ACTION_SIZE, "action=DUNNO");
    else if (result != NULL && (!inquiry->has_failed || mxcheck_result_verdict(result) == MXCHECK_VERDICT_REJECT))
        write_action(inquiry, result, action);
    else
        snprintf(action, ACTION_SIZE,
                 inquiry->has_failed ? "action=451 4.3.0 cannot check the address now" : "action=DUNNO");
}
