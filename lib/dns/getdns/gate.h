/* SPDX-License-Identifier: BSD-2-Clause */
/* gate.h: what getdns may read from a socket: no datagram that has not been walked whole, and nothing from a stream but
 * its end. Its parser reads past its heap on messages whose structure lies, and it believes an answer to any question.
 */
#ifndef MXCHECK_DNS_GETDNS_GATE_H
#define MXCHECK_DNS_GETDNS_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest message with its length in front (RFC 1035 section 4.2.2). */
#define GATE_BUFFER_SIZE 65537

enum gate {
    GATE_OPEN,      /* read */
    GATE_TAKEN,     /* an answer that getdns could not read was taken away: it is in the buffer, whole and sound */
    GATE_SHUT,      /* nothing to read (any more) */
    GATE_DOUBTED,   /* an answer was taken away that is right but for its letter case, or whose id nobody has checked */
    GATE_TRUNCATED, /* an answer that was cut short was thrown away */
    GATE_MALFORMED, /* a message was thrown away whose structure lies */
    GATE_FAILED     /* the socket has an error: errno */
};

/* The largest datagram that getdns has room for: what our questions say that we take. The largest answer that crosses
 * any path unfragmented (DNS Flag Day 2020). */
#define GATE_DATAGRAM_MAX 1232
#define GATE_DATAGRAM_PLAIN 512 /* without EDNS, RFC 1035 section 4.2.1 */

/* What a datagram must be the answer to. */
struct gate_question {
    const char *name; /* as it was sent */
    uint16_t type;
    bool keeps_case; /* the name must come back in its letter case */
    bool has_opt;    /* without an OPT record getdns has room for GATE_DATAGRAM_PLAIN octets alone */
};

/* Look at the next datagram without taking it; take it away if it is not the answer to this question, or not one for
 * getdns, which alone knows the id that it sent. *size: octets of the datagram. */
enum gate gate_datagram(int fd, uint8_t buffer[GATE_BUFFER_SIZE], const struct gate_question *question, size_t *size);

/* Take the next message of a stream that is there whole: GATE_TAKEN, with *size octets of it behind the first two of
 * the buffer; GATE_SHUT: wait for more; GATE_OPEN: getdns will meet the end of the stream, and nothing before it. */
enum gate gate_stream(int fd, uint8_t buffer[GATE_BUFFER_SIZE], size_t *size);

#endif
