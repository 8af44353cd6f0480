/* SPDX-License-Identifier: BSD-2-Clause */
/* transport.h: sends queries to one upstream and receives the answers. dns/getdns implements it; tests replace it by a
 * scripted one. */
#ifndef MXCHECK_DNS_TRANSPORT_H
#define MXCHECK_DNS_TRANSPORT_H

#include "base/memory.h"
#include "dns/loop.h"
#include "dns/upstreams.h"

/* All transports of one resolver: two for each upstream, one as configured and one over TCP. */
struct transports;
struct transport;
struct transport_attempt;

/* How an attempt ended. */
enum transport_end {
    TRANSPORT_ANSWERED,
    TRANSPORT_MALFORMED,  /* the answer was malformed */
    TRANSPORT_UNREACHABLE /* the network or the system refused, or a stream ended before the answer */
};

/* How long to wait after TRANSPORT_BUSY. */
#define TRANSPORT_BUSY_US 20000

/* The result of transport_ask. */
enum transport_sending {
    TRANSPORT_SENT,
    TRANSPORT_NO_DESCRIPTOR,
    TRANSPORT_BUSY, /* no place for another connection: ask again in TRANSPORT_BUSY_US */
    TRANSPORT_NO_MEMORY,
    TRANSPORT_NO_ROUTE /* the system refuses to connect */
};

/* One query to one upstream, in the memory of its owner until it has ended. */
struct transport_attempt {
    const char *name; /* as it is sent, without final dot; lent while running */
    uint16_t type;
    bool keeps_case; /* a datagram must repeat the letter case of the name */
    bool has_opt;    /* the question has an OPT record */
    bool needs_own;  /* over a connection of its own, because it has waited behind others */
    bool is_running;
    /* Called once unless transport_cancel ended it: message[size] is the answer, walked whole, or NULL, and `failure`
     * says what happened. It must not cancel, ask or free, only remember. */
    void (*ended)(struct transport_attempt *attempt, enum transport_end end, const uint8_t *message, size_t size,
                  const char *failure);
    /* A datagram came that is right except for its letter case, or whose id was not checked. The attempt continues.
     * From the loop's turn: the callback may send to another upstream. */
    void (*doubted)(struct transport_attempt *attempt, const uint8_t *message, size_t size);
    /* A truncated datagram came; the attempt has ended. From the loop's turn. */
    void (*truncated)(struct transport_attempt *attempt);

    /* These belong to the transport while the attempt is running. */
    struct transport *transport;
    struct transport_attempt *next;
    struct transport_attempt **link;
    struct channel *channel; /* that has the question */
    struct call *call;       /* what getdns knows of it */
    uint64_t id;             /* by which getdns knows it */
    bool is_connected;       /* its datagram socket is `socket` */
    int socket;
    const uint8_t *query; /* as getdns sends it; NULL: not found */
    int query_id;         /* of the message; -1: unknown */
};

/* With asks_ad questions have the AD bit set (RFC 6840 section 5.7). `memory` and `loop` must outlive them. Opens
 * nothing. Returns NULL when memory ran out. */
struct transports *transports_new(const struct memory *memory, struct loop *loop, const struct upstreams *upstreams,
                                  bool asks_ad);

/* From outside its callbacks, with no attempt running. NULL is fine. */
void transports_free(struct transports *transports);

/* The transport of upstream `index`, below the count of those given. */
struct transport *transports_get(struct transports *transports, size_t index, bool is_over_tcp);

/* Attempts in progress. */
size_t transports_running(const struct transports *transports);

/* Is it a connection that carries several questions? */
bool transport_is_stream(const struct transport *transport);

/* Send a query. The transport gives up after timeout_us. `ended` is called only if this returns TRANSPORT_SENT; it may
 * be called before this returns. */
enum transport_sending transport_ask(struct transport *transport, struct transport_attempt *attempt,
                                     uint64_t timeout_us);

/* Cancel: `ended` is not called. Does nothing when the attempt has ended. Not from inside `ended`. */
void transport_cancel(struct transport_attempt *attempt);

/* The attempt has waited too long: send further queries over another connection, and close this one when no attempt is
 * in progress on it. Does nothing over UDP, or when that has been done. */
void transport_leave_stream(struct transport_attempt *attempt);

#endif
