/* SPDX-License-Identifier: BSD-2-Clause */
/* transport_getdns.h: one getdns context per upstream, on our loop, which reads nothing that has not been walked; but
 * from TLS, whose server has proved who it is. */
#ifndef MXCHECK_DNS_TRANSPORT_GETDNS_H
#define MXCHECK_DNS_TRANSPORT_GETDNS_H

#include "dns/freelist.h"
#include "dns/loop.h"
#include "dns/upstreams.h"

#include <getdns/getdns_extra.h>

struct transport;
struct call;

/* When descriptors run out under getdns, it keeps the question for ever, and would crash if it were cancelled: its
 * context is put aside then, at most so often. */
#define TRANSPORT_STUCK_MAX 8

/* One question sent to one upstream. Lives in its owner's memory until it has ended. */
struct transport_attempt {
    struct transport *transport;
    const char *name; /* without final dot, in the letter case that a datagram must bring back; lent while running */
    uint16_t type;
    bool is_running;
    bool is_connected; /* its datagram socket is `socket` */
    int socket;
    getdns_context *context; /* that has the question */
    struct call *call;       /* what getdns knows of it */
    getdns_transaction_t id;
    /* Called once unless transport_cancel ended it: message[size] is the answer, walked whole; NULL: `failure` says
     * what happened. May come from inside getdns: it must not cancel, ask or free, only remember. */
    void (*ended)(struct transport_attempt *attempt, const uint8_t *message, size_t size, const char *failure);
    /* A datagram came that is right but for its letter case. It was thrown away; the attempt goes on. From the loop's
     * turn: it may ask elsewhere. */
    void (*doubted)(struct transport_attempt *attempt);
    /* A datagram came that was cut short. The attempt has ended by it. From the loop's turn. */
    void (*truncated)(struct transport_attempt *attempt);
};

/* What all transports of a resolver share. */
struct transport_share {
    struct loop *loop;
    struct freelist *freelist;
    uint8_t *buffer; /* GATE_BUFFER_SIZE octets to peek into */
    size_t running;  /* attempts under way */
    bool asks_ad;    /* questions have the AD bit set (RFC 6840 section 5.7) */
};

/* An upstream with its getdns context. */
struct transport {
    getdns_eventloop eventloop; /* first: getdns hands it back to us */
    getdns_eventloop_vmt vmt;
    struct transport_share *share;
    struct upstream upstream;
    getdns_context *context;                    /* NULL until the first question */
    getdns_context *stuck[TRANSPORT_STUCK_MAX]; /* those before it that hold a question for ever */
    size_t stuck_count;
    struct transport_attempt *current; /* whose descriptors getdns is scheduling now */
    bool has_scheduled;                /* getdns has put the question at hand on the loop */
    int highest_fd;                    /* that was seen */
    size_t running;                    /* attempts under way here */
    bool is_worn;                      /* a connection failed: getdns would leave this server alone */
};

void transport_init(struct transport *transport, struct transport_share *share, const struct upstream *upstream);

/* From outside getdns' callbacks, with no attempt running. */
void transport_clear(struct transport *transport);

/* Send. timeout_us is when getdns itself gives up, should nobody else. Returns 0, or -1 when getdns refuses: then
 * `ended` is not called. `ended` may be called before this returns. */
int transport_ask(struct transport *transport, struct transport_attempt *attempt, uint64_t timeout_us);

/* Silent; does nothing when the attempt has ended. From outside getdns' callbacks. */
void transport_cancel(struct transport_attempt *attempt);

#endif
