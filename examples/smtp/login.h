/* SPDX-License-Identifier: BSD-2-Clause */
/* login.h: the exchange of AUTH PLAIN and AUTH LOGIN (RFC 4954). */
#ifndef SMTP_LOGIN_H
#define SMTP_LOGIN_H

#include <stdbool.h>

enum login_step { LOGIN_IDLE, LOGIN_PLAIN, LOGIN_USER, LOGIN_PASSWORD };

/* Zero it before first use. */
struct login {
    enum login_step step; /* not LOGIN_IDLE: the next line belongs to the exchange */
    bool is_done;         /* the client has proved who it is */
    unsigned failures;
    char user[400]; /* in base64 */
};

/* Take the arguments of AUTH, changing them. Returns the reply. */
const char *login_begin(struct login *login, const char *credentials, char *arguments);

/* Take a line of the exchange. Returns the reply. */
const char *login_continue(struct login *login, const char *credentials, const char *line);

#endif
