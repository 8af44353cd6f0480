/* SPDX-License-Identifier: BSD-2-Clause */
/* protocol.h: the lines of smtpd-filters(7): what smtpd says, and what a filter answers. */
#ifndef MXCHECK_OPENSMTPD_PROTOCOL_H
#define MXCHECK_OPENSMTPD_PROTOCOL_H

#include "span.h"

#include <stdint.h>

enum protocol_kind {
    PROTOCOL_CONFIG, /* config|KEY|VALUE */
    PROTOCOL_READY,  /* config|ready */
    PROTOCOL_REPORT, /* report|VERSION|TIME|smtp-in|EVENT|SESSION|parameters */
    PROTOCOL_FILTER  /* filter|VERSION|TIME|smtp-in|PHASE|SESSION|TOKEN|parameters */
};

enum { PROTOCOL_ID_DIGITS = 16, PROTOCOL_ANSWER_MAX = 640, PROTOCOL_ADDRESS_MAX = 64 };

/* To whom an answer goes. Both are kept as they were written. */
struct protocol_ticket {
    char session[PROTOCOL_ID_DIGITS + 1];
    char token[PROTOCOL_ID_DIGITS + 1];
    bool is_token_first; /* before version 0.5 */
};

struct protocol_message {
    enum protocol_kind kind;
    unsigned int version; /* 0.7 is 7, 1.2 is 1002 */
    struct span event;    /* or phase */
    struct protocol_ticket ticket;
    uint64_t session;
    struct span parameters;
};

/* Returns whether the line is one of these. Spans point into it. */
bool protocol_read(struct span line, struct protocol_message *message);

/* Whether a report of link-auth says that the client has logged in. */
bool protocol_is_login(const struct protocol_message *report);

/* Write the client's address of a report of link-connect: 192.0.2.1 or 2001:db8::1. Nothing where there is none. */
void protocol_client(const struct protocol_message *report, char address[PROTOCOL_ADDRESS_MAX]);

/* Write the line of an answer: `reply` to refuse the command with, or NULL to let it pass. Returns its length. */
size_t protocol_answer(const struct protocol_ticket *ticket, const char *reply, char line[PROTOCOL_ANSWER_MAX]);

#endif
