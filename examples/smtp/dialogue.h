/* SPDX-License-Identifier: BSD-2-Clause */
/* dialogue.h: the inside of a session, which its rooms share: session (octets and lines), dialogue (what is said to a
 * command) and envelope (MAIL and RCPT, which wait for checks). */
#ifndef SMTP_DIALOGUE_H
#define SMTP_DIALOGUE_H

#include "buffer.h"
#include "login.h"
#include "session.h"
#include "transaction.h"

enum {
    OUTPUT_SIZE = 8192,
    REPLY_MAX = 1024, /* of all lines to one command */
    STEPS_MAX = 32,   /* commands under way: one MAIL or RCPT, and RCPTs that were pipelined behind it */
    ERRORS_MAX = 20,  /* commands that make no sense */
    LOGINS_MAX = 3
};

/* A command whose reply has its turn when those before it have been given. */
struct step {
    struct session_question question; /* first */
    char *address;                    /* NULL: nothing was asked, `reply` is ready */
    bool is_utf8;
    bool is_answered;
    mxcheck_result *result; /* NULL: the check could not be made */
    char reply[REPLY_MAX / 4];
};

struct session {
    const struct session_settings *settings;
    char peer[64];
    char helo[256]; /* "" before HELO and EHLO */
    bool is_extended;
    bool is_in_content;
    bool is_ended;
    unsigned errors;
    unsigned long lines; /* that came whole */
    struct login login;
    struct transaction transaction;
    struct step steps[STEPS_MAX]; /* a ring */
    size_t first_step;
    size_t step_count;
    struct buffer input;
    char output[OUTPUT_SIZE];
    size_t output_size;
};

/* Put a reply, without its last CRLF, behind those that are waiting to be sent. There must be room. */
void dialogue_reply(struct session *session, const char *line);

/* The same, to a command that is none, or that stands where it may not; too many of them end the session. */
void dialogue_complain(struct session *session, const char *line);

/* The last reply. */
void dialogue_end(struct session *session, const char *line);

bool dialogue_has_room(const struct session *session);

/* Take a line of the client. Returns what it makes us ask, NULL for nothing. */
struct session_question *dialogue_take_line(struct session *session, enum buffer_line kind, char *line);

/* Take what there is of the message after DATA. Returns false when more is needed. */
bool dialogue_take_content(struct session *session);

/* MAIL and RCPT; return what is to be asked, NULL when they are refused without asking. */
struct session_question *envelope_take_mail(struct session *session, char *arguments);
struct session_question *envelope_take_rcpt(struct session *session, char *arguments);

/* Reply to those whose turn has come. */
void envelope_settle(struct session *session);

/* Forget all steps. */
void envelope_clear(struct session *session);

#endif
