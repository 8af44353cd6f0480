/* SPDX-License-Identifier: BSD-2-Clause */
/* gate.h: decides what getdns may read from a socket: only datagrams that have been walked whole, and of a TCP
 * connection only its end. getdns' parser reads past its buffers on malformed messages, and getdns accepts the answer
 * to any question. */
#ifndef MXCHECK_DNS_GETDNS_GATE_H
#define MXCHECK_DNS_GETDNS_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest message and its length field (RFC 1035 section 4.2.2). */
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

/* The largest datagram that getdns has room for, as the queries announce: the largest answer that crosses any path
 * without fragmentation (DNS Flag Day 2020). */
#define GATE_DATAGRAM_MAX 1232
#define GATE_DATAGRAM_PLAIN 512 /* without EDNS, RFC 1035 section 4.2.1 */

/* The question that a datagram must answer. */
struct gate_question {
    const char *name; /* as it was sent */
    uint16_t type;
    bool keeps_case; /* the answer must repeat the letter case of the name */
    bool has_opt;    /* without an OPT record getdns has room for GATE_DATAGRAM_PLAIN octets */
};

/* Look at the next datagram and leave it for getdns, which alone knows the id of the query. Remove it when it does not
 * answer this question, or when getdns must not read it. *size: its octets. */
enum gate gate_datagram(int fd, uint8_t buffer[GATE_BUFFER_SIZE], const struct gate_question *question, size_t *size);

/* Take the next whole message of a connection: GATE_TAKEN, with its *size octets after the first two of the buffer.
 * GATE_SHUT: wait for more. GATE_OPEN: only the end of the connection is left for getdns to read. */
enum gate gate_stream(int fd, uint8_t buffer[GATE_BUFFER_SIZE], size_t *size);

#endif
