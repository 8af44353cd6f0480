/* SPDX-License-Identifier: BSD-2-Clause */
/* transaction.h: one mail transaction: a reverse-path, forward-paths, a message (RFC 5321 section 3.3). */
#ifndef SMTP_TRANSACTION_H
#define SMTP_TRANSACTION_H

#include "content.h"
#include "identifier.h"
#include "maildir.h"

#include <stdbool.h>

#define RECIPIENTS_MAX 1000 /* at least 100, RFC 5321 section 4.5.3.1.8 */

/* Zero it before first use. */
struct transaction {
    char id[IDENTIFIER_LENGTH + 1]; /* "" while there is none */
    char *reverse_path;             /* NULL until MAIL is accepted */
    char *forward_path;             /* the first recipient */
    unsigned recipients;
    bool is_utf8; /* MAIL had SMTPUTF8 */
    struct content content;
    struct maildir_message message;
};

/* Who brought it, for the Received line (RFC 5321 section 4.4). */
struct transaction_origin {
    const char *host; /* ours */
    const char *helo;
    const char *peer;     /* IP address */
    const char *protocol; /* "ESMTP" */
};

/* MAIL or RCPT was accepted. Return 0, or -1 when memory ran out. */
int transaction_set_sender(struct transaction *transaction, const char *address);
int transaction_add_recipient(struct transaction *transaction, const char *address);

/* Begin to write the message: trace lines first. Returns 0, or -1. */
int transaction_begin_message(struct transaction *transaction, const char *folder,
                              const struct transaction_origin *origin);

/* Forget everything, an unfinished message, too. */
void transaction_clear(struct transaction *transaction);

#endif
