/* SPDX-License-Identifier: BSD-2-Clause */
/* wire.h: checks a whole DNS message before anything else parses it (RFC 1035 section 4). Pure, bounded, fuzzed. */
#ifndef MXCHECK_MESSAGE_WIRE_H
#define MXCHECK_MESSAGE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire_verdict {
    WIRE_ANSWER,  /* an answer to our question, whole and sound */
    WIRE_FOREIGN, /* likewise, with an additional record of a type whose rdata was not walked */
    WIRE_REFUSAL, /* an error without a question, whole and sound: some servers answer so what they do not understand */
    WIRE_STRANGER, /* not an answer to our question (short, no QR, other question): ignore it, the true one may follow
                    */
    WIRE_MALFORMED /* from our upstream to our question, but its structure lies, or its sections hold what cannot stand
                      there: a failure of that upstream */
};

/* Walk message[size]. The question must be `name` (presentation form, absolute, no escapes but \DDD), compared with
 * letter case when `exact_case`, `type`, class IN; the id is `id`, or not looked at when id < 0. */
enum wire_verdict wire_walk(const uint8_t *message, size_t size, int id, const char *name, uint16_t type,
                            int exact_case);

/* Does message[size] begin with a query for `name`, in this letter case, `type` and class IN, with no record but an OPT
 * record? What follows the question is not looked at. */
bool wire_is_query(const uint8_t *message, size_t size, const char *name, uint16_t type);

#endif
