/* SPDX-License-Identifier: BSD-2-Clause */
/* gate.h: reads the sockets in getdns' place: of datagrams getdns sees none, and of a TCP connection only its end.
 * getdns' parser reads past its buffers on malformed messages, accepts the answer to any question, and costs more than
 * the query itself. */
#ifndef MXCHECK_DNS_GETDNS_GATE_H
#define MXCHECK_DNS_GETDNS_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest message and its length field (RFC 1035 section 4.2.2). */
#define GATE_BUFFER_SIZE 65537

enum gate {
    GATE_OPEN,    /* getdns may read */
    GATE_TAKEN,   /* the answer is in the buffer, whole and sound */
    GATE_SHUT,    /* nothing to read (any more) */
    GATE_DOUBTED, /* an answer is in the buffer that is right but for its letter case, or whose id nobody has checked */
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
    int id;          /* of the query; -1: only getdns knows it */
    bool keeps_case; /* the answer must repeat the letter case of the name */
    bool has_opt;    /* without an OPT record getdns has room for GATE_DATAGRAM_PLAIN octets */
};

/* Take the next datagram; *size: its octets. Where only getdns knows the id of the query, an answer that it can read is
 * left for it: GATE_OPEN. */
enum gate gate_datagram(int fd, uint8_t buffer[GATE_BUFFER_SIZE], const struct gate_question *question, size_t *size);

/* Take the next whole message of a connection: GATE_TAKEN, with its *size octets after the first two of the buffer.
 * GATE_SHUT: wait for more. GATE_OPEN: only the end of the connection is left for getdns to read. */
enum gate gate_stream(int fd, uint8_t buffer[GATE_BUFFER_SIZE], size_t *size);

#endif
