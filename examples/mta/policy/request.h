/* SPDX-License-Identifier: BSD-2-Clause */
/* request.h: a request of Postfix's policy delegation protocol (SMTPD_POLICY_README): lines NAME=VALUE and an empty
 * one. */
#ifndef POLICY_REQUEST_H
#define POLICY_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

struct attribute {
    char *value; /* with a NUL behind it, which is not counted; NULL: it was not given */
    size_t length;
};

struct request {
    struct attribute request, protocol_state, sender, recipient, client_address, sasl_username, queue_id, instance;
    size_t lines;
};

enum request_state {
    REQUEST_MORE,  /* it goes on */
    REQUEST_WHOLE, /* that was the empty line */
    REQUEST_BAD    /* no NAME=VALUE, or no memory */
};

/* Take a line without its end. Attributes that nobody asked for are ignored; of one that comes twice the first counts.
 */
enum request_state request_take(struct request *request, const char *line, size_t length);
void request_clear(struct request *request);

/* The value of an attribute as a string, "" where it was not given. */
const char *attribute_text(const struct attribute *attribute);

#endif
