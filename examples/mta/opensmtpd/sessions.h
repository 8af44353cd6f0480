/* SPDX-License-Identifier: BSD-2-Clause */
/* sessions.h: which SMTP sessions are exempt from checks. Others are not kept. */
#ifndef MXCHECK_OPENSMTPD_SESSIONS_H
#define MXCHECK_OPENSMTPD_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than any smtpd has at once. When it does not hear how they end, later ones are checked. */
enum { SESSIONS_MAX = 65536, SESSIONS_ROWS = 1024 };

enum session_mark { SESSION_EXEMPT_CLIENT = 1, SESSION_AUTHENTICATED = 2 };

struct sessions {
    struct session *rows[SESSIONS_ROWS];
    size_t count;
};

/* False: there is no room, or no memory. */
bool sessions_mark(struct sessions *sessions, uint64_t id, enum session_mark mark);
bool sessions_are(const struct sessions *sessions, uint64_t id, enum session_mark mark);
void sessions_forget(struct sessions *sessions, uint64_t id);
void sessions_free(struct sessions *sessions);

#endif
