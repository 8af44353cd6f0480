/* SPDX-License-Identifier: BSD-2-Clause */
/* mailbox.h: the addresses of the policy protocol, as SMTP writes them. */
#ifndef POLICY_MAILBOX_H
#define POLICY_MAILBOX_H

#include "request.h"

/* Postfix hands local parts over without their quotes (`a b@example.com`). Write the address with them, where it needs
 * any (RFC 5321 section 4.1.2). Gives it in memory that is to be freed, and *length; NULL: memory ran out. */
char *mailbox_quote(const struct attribute *address, size_t *length);

#endif
