/* SPDX-License-Identifier: BSD-2-Clause */
/* session.h: the server's side of one SMTP dialogue (RFC 5321), without any input or output of its own.
 *
 *     client ──► session_input ──► session_turn ──► session_output ──► client
 *                                     │   ▲
 *                 SESSION_ASKS: check │   │ session_answer: the result
 *                      this address   ▼   │
 *                                   libmxcheck
 *
 * A server moves octets and asks libmxcheck; it may wait for each result before it goes on (smtp-loop), or collect
 * questions and answer them later in any order (smtp-async): replies go out in the order of the commands. */
#ifndef SMTP_SESSION_H
#define SMTP_SESSION_H

#include <mxcheck/mxcheck.h>

#include <stdbool.h>
#include <stddef.h>

/* What all sessions of a server share. */
struct session_settings {
    const char *host;        /* our name */
    const char *folder;      /* the maildir */
    const char *credentials; /* "USER:PASSWORD"; NULL: AUTH is not offered */
    bool requires_auth;      /* MAIL only after AUTH */
    size_t most_octets;      /* of a message */
};

/* An address whose domain is to be checked. */
struct session_question {
    mxcheck_role role;
    const char *address;
    mxcheck_id check; /* the server's own: to cancel */
    void *user;       /* the server's own: to go on with */
};

enum session_state {
    SESSION_NEEDS_INPUT, /* write the output, then read */
    SESSION_NEEDS_ROOM,  /* write the output, then go on */
    SESSION_ASKS,        /* *question is to be answered, now or later */
    SESSION_WAITS, /* write the output; answers are wanted; more input is welcome as long as there is room for it */
    SESSION_ENDED  /* write the output, then close */
};

struct session;

/* Gives a session that begins with the greeting; NULL when memory ran out. `peer` is the client's IP address. */
struct session *session_new(const struct session_settings *settings, const char *peer);
void session_free(struct session *session);

/* Where octets of the client go: returns how many fit at *place; then say how many came. */
size_t session_input(struct session *session, char **place);
void session_take(struct session *session, size_t size);

/* What is to be written to the client: returns how many octets stand at *octets; then say how many went. */
size_t session_output(struct session *session, const char **octets);
void session_sent(struct session *session, size_t size);

/* Whole lines that the client has said so far, those of messages included. */
unsigned long session_lines(const struct session *session);

/* Go on as far as possible. */
enum session_state session_turn(struct session *session, struct session_question **question);

/* The result of a question's check, lent; NULL: it could not be made. */
void session_answer(struct session *session, struct session_question *question, const mxcheck_result *result);

/* Questions that are not answered yet, one after the other: begin with NULL; NULL after the last. */
struct session_question *session_unanswered(struct session *session, struct session_question *previous);

/* End it with a last reply, such as "421 4.4.2 ...". */
void session_end(struct session *session, const char *reply);

#endif
