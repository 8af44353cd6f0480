/* SPDX-License-Identifier: BSD-2-Clause */
/* transport.h: how a question reaches one upstream, and what comes back. dns/getdns is what stands behind it; tests put
 * a scripted one in its place. */
#ifndef MXCHECK_DNS_TRANSPORT_H
#define MXCHECK_DNS_TRANSPORT_H

#include "dns/loop.h"
#include "dns/upstreams.h"

/* All transports of one resolver: two for each upstream, as it is given and over TCP. */
struct transports;
struct transport;
struct transport_attempt;

/* How an attempt ended. */
enum transport_end {
    TRANSPORT_ANSWERED,
    TRANSPORT_MALFORMED,  /* an answer came whose structure lies */
    TRANSPORT_UNREACHABLE /* the network or the system refused, or a stream ended before the answer */
};

/* How long an attempt that is TRANSPORT_BUSY is put off. */
#define TRANSPORT_BUSY_US 20000

/* What became of a question to send. */
enum transport_sending {
    TRANSPORT_SENT,
    TRANSPORT_NO_DESCRIPTOR,
    TRANSPORT_BUSY, /* no place for another connection: ask again in TRANSPORT_BUSY_US */
    TRANSPORT_NO_MEMORY,
    TRANSPORT_NO_ROUTE /* the system refuses to connect */
};

/* One question sent to one upstream. Lives in its owner's memory until it has ended. */
struct transport_attempt {
    const char *name; /* as it is sent, without final dot; lent while running */
    uint16_t type;
    bool keeps_case; /* a datagram must bring the name back in its letter case */
    bool has_opt;    /* the question has an OPT record */
    bool needs_own;  /* over a stream: it has waited behind others, and goes over a connection of its own */
    bool is_running;
    /* Called once unless transport_cancel ended it: message[size] is the answer, walked whole, or NULL, and `failure`
     * says what happened. It must not cancel, ask or free, only remember. */
    void (*ended)(struct transport_attempt *attempt, enum transport_end end, const uint8_t *message, size_t size,
                  const char *failure);
    /* A datagram came that is sound and right but for its letter case, or whose id nobody has checked. The attempt
     * goes on. From the loop's turn: it may ask elsewhere. */
    void (*doubted)(struct transport_attempt *attempt, const uint8_t *message, size_t size);
    /* A datagram came that was cut short. The attempt has ended by it. From the loop's turn. */
    void (*truncated)(struct transport_attempt *attempt);

    /* Of the transport, while it is running. */
    struct transport *transport;
    struct transport_attempt *next;
    struct transport_attempt **link;
    struct channel *channel; /* that has the question */
    struct call *call;       /* what getdns knows of it */
    uint64_t id;             /* by which getdns knows it */
    bool is_connected;       /* its datagram socket is `socket` */
    int socket;
};

/* With asks_ad questions have the AD bit set (RFC 6840 section 5.7). `memory` and `loop` must outlive them. Opens
 * nothing. Returns NULL when memory ran out. */
struct transports *transports_new(const mxcheck_memory *memory, struct loop *loop, const struct upstreams *upstreams,
                                  bool asks_ad);

/* From outside its callbacks, with no attempt running. NULL is fine. */
void transports_free(struct transports *transports);

/* The transport of upstream `index`, below the count of those given. */
struct transport *transports_get(struct transports *transports, size_t index, bool is_over_tcp);

/* Attempts under way. */
size_t transports_running(const struct transports *transports);

/* Is it a connection that carries several questions? */
bool transport_is_stream(const struct transport *transport);

/* Send. timeout_us is when the transport itself gives up, should nobody else. Unless it returns TRANSPORT_SENT, `ended`
 * is not called. `ended` may be called before this returns. */
enum transport_sending transport_ask(struct transport *transport, struct transport_attempt *attempt,
                                     uint64_t timeout_us);

/* Silent; does nothing when the attempt has ended. From outside `ended`. */
void transport_cancel(struct transport_attempt *attempt);

/* The attempt has waited too long: the next question of any asker goes over another connection, and this one is closed
 * when nothing is under way on it. Does nothing where there are no connections, or where that has been done. */
void transport_leave_stream(struct transport_attempt *attempt);

#endif
