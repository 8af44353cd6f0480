/* SPDX-License-Identifier: BSD-2-Clause */
/* envelope.c: MAIL and RCPT: the two commands whose reply libmxcheck gives. */
#include "command.h"
#include "dialogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct step *add_step(struct session *session)
{
    struct step *step = &session->steps[(session->first_step + session->step_count++) % STEPS_MAX];
    memset(step, 0, sizeof(*step));
    return step;
}

/* A reply that needs no check, but must not overtake those that do. It is no error to count: after a MAIL that was
 * refused, the RCPTs pipelined behind it are refused by the hundred. */
static void reply_in_turn(struct session *session, const char *line)
{
    if (session->step_count == 0)
        dialogue_reply(session, line);
    else
        snprintf(add_step(session)->reply, sizeof(session->steps[0].reply), "%s", line);
}

static void clear_step(struct step *step)
{
    mxcheck_result_unref(step->result);
    free(step->address);
    memset(step, 0, sizeof(*step));
}

/* Logged for the postmaster: the verdict decides, the reason is told. */
static void log_verdict(const struct session *session, const struct step *step)
{
    fprintf(stderr, "%s [%s] %s %s: %s, %s\n", session->transaction.id, session->peer,
            mxcheck_role_name(step->question.role), mxcheck_result_domain(step->result),
            mxcheck_verdict_name(mxcheck_result_verdict(step->result)),
            mxcheck_reason_name(mxcheck_result_reason(step->result)));
}

/* Take the address into the transaction. Returns 0, or -1 when memory ran out. */
static int accept_path(struct session *session, const struct step *step)
{
    if (step->question.role == MXCHECK_ROLE_RCPT)
        return transaction_add_recipient(&session->transaction, step->address);
    session->transaction.is_utf8 = step->is_utf8;
    return transaction_set_sender(&session->transaction, step->address);
}

/* A sender is deferred by 450: Thunderbird tells people that a 451 or 452 to MAIL means too many recipients. */
static int deferral_code(mxcheck_role role)
{
    return role == MXCHECK_ROLE_SENDER ? 450 : 451;
}

/* The documented reply, whatever the verdict: 250, 450 or 550 and their like. */
static void settle_question(struct session *session, const struct step *step)
{
    char line[512];
    int deferral = deferral_code(step->question.role);
    if (step->question.role == MXCHECK_ROLE_RCPT && session->transaction.reverse_path == NULL) {
        dialogue_reply(session, "503 5.5.1 MAIL first");
        return;
    }
    if (step->result == NULL) {
        snprintf(line, sizeof(line), "%d 4.3.0 cannot check that address now, try again later", deferral);
        dialogue_reply(session, line);
        return;
    }
    log_verdict(session, step);
    mxcheck_result_reply(step->result, session->transaction.id, line, sizeof(line));
    if (mxcheck_result_verdict(step->result) == MXCHECK_VERDICT_ACCEPT && accept_path(session, step) != 0)
        snprintf(line, sizeof(line), "%d 4.3.1 out of memory, try again later", deferral);
    dialogue_reply(session, line);
}

/* Reply to the commands whose turn has come. */
void envelope_settle(struct session *session)
{
    while (session->step_count > 0 && dialogue_has_room(session) && !session->is_ended) {
        struct step *step = &session->steps[session->first_step];
        if (step->address == NULL)
            dialogue_reply(session, step->reply);
        else if (step->is_answered)
            settle_question(session, step);
        else
            break;
        clear_step(step);
        session->first_step = (session->first_step + 1) % STEPS_MAX;
        session->step_count--;
    }
}

/* Parameters of MAIL: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), AUTH (RFC 4954 section 5).
 * Returns NULL, or the refusal. */
static const char *take_mail_parameters(const struct session *session, char *parameters, bool *is_utf8)
{
    char *keyword, *value;
    while (command_next_parameter(&parameters, &keyword, &value)) {
        if (!session->is_extended) {
            return "555 5.5.4 parameters need EHLO";
        } else if (strcasecmp(keyword, "SIZE") == 0) {
            if (value == NULL || *value == '\0' || value[strspn(value, "0123456789")] != '\0' || strlen(value) > 20)
                return "501 5.5.4 SIZE takes a number";
            if (strlen(value) > 18 || strtoull(value, NULL, 10) > session->settings->most_octets)
                return "552 5.3.4 message too large";
        } else if (strcasecmp(keyword, "BODY") == 0) {
            if (value == NULL || (strcasecmp(value, "7BIT") != 0 && strcasecmp(value, "8BITMIME") != 0))
                return "501 5.5.4 BODY takes 7BIT or 8BITMIME";
        } else if (strcasecmp(keyword, "SMTPUTF8") == 0) {
            if (value != NULL)
                return "501 5.5.4 SMTPUTF8 takes no value";
            *is_utf8 = true;
        } else if (strcasecmp(keyword, "AUTH") == 0 && session->settings->credentials != NULL) {
            if (value == NULL)
                return "501 5.5.4 AUTH takes a mailbox"; /* which we do not believe, and need not */
        } else {
            return "555 5.5.4 parameter not known";
        }
    }
    return NULL;
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text > 127)
            return false;
    }
    return true;
}

static struct session_question *ask(struct session *session, mxcheck_role role, const char *address, bool is_utf8)
{
    char *copy = strdup(address);
    if (copy == NULL) {
        char line[64];
        snprintf(line, sizeof(line), "%d 4.3.1 out of memory, try again later", deferral_code(role));
        reply_in_turn(session, line);
        return NULL;
    }
    struct step *step = add_step(session);
    step->address = copy;
    step->is_utf8 = is_utf8;
    step->question = (struct session_question){.role = role, .address = copy};
    return &step->question;
}

/* MAIL is answered before anything but RCPT is looked at, so no step is under way here. */
struct session_question *envelope_take_mail(struct session *session, char *arguments)
{
    struct command_path path = {.address = NULL};
    bool is_utf8 = false;
    const char *refusal;
    if (*session->helo == '\0')
        refusal = "503 5.5.1 HELO or EHLO first";
    else if (session->settings->requires_auth && !session->login.is_done)
        refusal = "530 5.7.0 authentication required";
    else if (session->transaction.reverse_path != NULL)
        refusal = "503 5.5.1 there is a sender already";
    else if (!command_parse_path(arguments, "FROM:", &path))
        refusal = "501 5.5.4 syntax: MAIL FROM:<address>";
    else
        refusal = take_mail_parameters(session, path.parameters, &is_utf8);
    if (refusal == NULL && !is_utf8 && !is_ascii(path.address))
        refusal = "553 5.6.7 addresses with such characters need SMTPUTF8";
    if (refusal != NULL) {
        dialogue_complain(session, refusal);
        return NULL;
    }
    transaction_clear(&session->transaction);
    identifier_draw(session->transaction.id);
    return ask(session, MXCHECK_ROLE_SENDER, path.address, is_utf8);
}

/* SMTPUTF8 of a MAIL that is not answered yet counts, too. */
static bool allows_utf8(const struct session *session)
{
    const struct step *first = &session->steps[session->first_step];
    return session->transaction.is_utf8 ||
           (session->step_count > 0 && first->question.role == MXCHECK_ROLE_SENDER && first->is_utf8);
}

struct session_question *envelope_take_rcpt(struct session *session, char *arguments)
{
    struct command_path path;
    const char *refusal = NULL;
    if (session->step_count == 0 && session->transaction.reverse_path == NULL)
        refusal = "503 5.5.1 MAIL first";
    else if (!command_parse_path(arguments, "TO:", &path))
        refusal = "501 5.5.4 syntax: RCPT TO:<address>";
    else if (*path.parameters != '\0')
        refusal = "555 5.5.4 parameter not known";
    else if (!allows_utf8(session) && !is_ascii(path.address))
        refusal = "553 5.6.7 addresses with such characters need SMTPUTF8";
    if (refusal == NULL && session->transaction.recipients + session->step_count >= RECIPIENTS_MAX)
        refusal = "452 4.5.3 too many recipients";
    if (refusal == NULL)
        return ask(session, MXCHECK_ROLE_RCPT, path.address, false);
    reply_in_turn(session, refusal);
    return NULL;
}

void envelope_clear(struct session *session)
{
    for (size_t i = 0; i < STEPS_MAX; i++)
        clear_step(&session->steps[i]);
}
