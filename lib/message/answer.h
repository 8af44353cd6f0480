/* SPDX-License-Identifier: BSD-2-Clause */
/* answer.h: reads the answer to a question from a DNS message. Pure. */
#ifndef MXCHECK_MESSAGE_ANSWER_H
#define MXCHECK_MESSAGE_ANSWER_H

#include "base/memory.h"
#include "message/dns_answer.h"

/* The most records of one answer; further ones are dropped. A message holds about 5,000 at most. */
#define ANSWER_RECORDS_MAX 1000

/* Larger answers are not compared: they come over TCP. */
#define ANSWER_AGREE_MAX 100

/* An answer with the memory that its records and texts live in. */
struct answer {
    struct dns_answer dns; /* upstream is left to the caller */
    enum dns_type type;
    const struct memory *memory;
    void *block;
};

/* Read a message that wire_walk has found sound, as the answer to name and type. Returns 0, or -1 when memory ran out;
 * release with answer_clear in either case. */
int answer_read(struct answer *answer, const struct memory *memory, const uint8_t *message, size_t size,
                const char *name, enum dns_type type);

void answer_clear(struct answer *answer);

/* Do two answers to one question agree, apart from the order of records and their TTL? */
bool answer_agrees(const struct answer *a, const struct answer *b);

/* "SERVFAIL" and its like (RFC 1035 section 4.1.1, RFC 2136 section 2.2); static, never NULL. */
const char *answer_rcode_name(int rcode);

#endif
