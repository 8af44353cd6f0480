/* SPDX-License-Identifier: BSD-2-Clause */
/* transport.h: one upstream, asked through getdns contexts on our loop, which read nothing that has not been
 * walked; but from TLS, whose server has proved who it is. */
#ifndef MXCHECK_DNS_GETDNS_TRANSPORT_H
#define MXCHECK_DNS_GETDNS_TRANSPORT_H

#include "dns/getdns/freelist.h"
#include "dns/loop.h"
#include "dns/upstreams.h"

#include <getdns/getdns_extra.h>

struct transport;
struct transport_attempt;
struct call;

/* getdns contexts of one transport at a time: the current one, and those that get no more questions. A context holds
 * one connection at most. */
#define TRANSPORT_CHANNELS_MAX 17

/* How an attempt ended. */
enum transport_end {
    TRANSPORT_ANSWERED,
    TRANSPORT_MALFORMED,  /* an answer came whose structure lies */
    TRANSPORT_UNREACHABLE /* the network or the system refused, or a stream ended before the answer */
};

/* Of an attempt that needs a connection of its own and finds all places taken. One that has brought nothing for so long
 * makes room for others. */
#define TRANSPORT_BUSY_US 20000
#define TRANSPORT_OWN_US 300000

/* What became of a question to send. */
enum transport_sending {
    TRANSPORT_SENT,
    TRANSPORT_NO_DESCRIPTOR,
    TRANSPORT_BUSY, /* no place for another channel: ask again in TRANSPORT_BUSY_US */
    TRANSPORT_NO_MEMORY,
    TRANSPORT_NO_ROUTE /* the system refuses to connect */
};

/* A getdns context, and the connection that it may have. */
struct transport_channel {
    getdns_context *context; /* NULL: a free place */
    size_t running;          /* attempts under way */
    unsigned asked;          /* questions in all */
    unsigned answered;
    uint64_t opened_us;
    bool has_edns;   /* the next question gets an OPT record */
    bool is_retired; /* gets no more questions, and is closed when none is under way */
    bool is_own;     /* is retired because it is for one question */
    bool is_stuck;   /* getdns keeps a question for ever, and would crash if it were cancelled */
};

/* One question sent to one upstream. Lives in its owner's memory until it has ended. */
struct transport_attempt {
    struct transport *transport;
    struct transport_attempt *next; /* running at this transport */
    struct transport_attempt **link;
    const char *name; /* as it is sent, without final dot; lent while running */
    uint16_t type;
    bool keeps_case; /* a datagram must bring the name back in its letter case */
    bool has_opt;    /* the question has an OPT record */
    bool needs_own;  /* over a stream: it has waited behind others, and goes over a connection of its own */
    bool is_running;
    bool is_connected; /* its datagram socket is `socket` */
    int socket;
    struct transport_channel *channel; /* that has the question */
    struct call *call;                 /* what getdns knows of it */
    getdns_transaction_t id;
    /* Called once unless transport_cancel ended it: message[size] is the answer, walked whole, or NULL, and `failure`
     * says what happened. May come from inside getdns: it must not cancel, ask or free, only remember. */
    void (*ended)(struct transport_attempt *attempt, enum transport_end end, const uint8_t *message, size_t size,
                  const char *failure);
    /* A datagram came that is sound and right but for its letter case, or whose id getdns could not check. The attempt
     * goes on. From the loop's turn: it may ask elsewhere. */
    void (*doubted)(struct transport_attempt *attempt, const uint8_t *message, size_t size);
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

struct transport {
    getdns_eventloop eventloop; /* first: getdns hands it back to us */
    getdns_eventloop_vmt vmt;
    struct transport_share *share;
    struct upstream upstream;
    struct transport_channel channels[TRANSPORT_CHANNELS_MAX];
    struct transport_channel *current;  /* gets the next question; NULL: none yet */
    struct transport_attempt *attempts; /* running, in the order of sending */
    struct transport_attempt **attempts_end;
    struct loop_timer reaper;             /* closes retired channels from the loop's turn */
    struct transport_attempt *scheduling; /* whose descriptors getdns is scheduling now */
    bool has_scheduled;                   /* getdns has put the question at hand on the loop */
    int highest_fd;                       /* that was seen */
    size_t running;                       /* attempts under way here */
    unsigned short_streams;               /* in a row that ended after one answer with more questions under way */
    uint64_t single_until_us;             /* until then each question has a connection of its own */
};

void transport_init(struct transport *transport, struct transport_share *share, const struct upstream *upstream);

/* From outside getdns' callbacks, with no attempt running. */
void transport_clear(struct transport *transport);

/* Is it a connection that carries several questions? */
bool transport_is_stream(const struct transport *transport);

/* Send. timeout_us is when getdns itself gives up, should nobody else. Unless it returns TRANSPORT_SENT, `ended` is not
 * called. `ended` may be called before this returns. */
enum transport_sending transport_ask(struct transport *transport, struct transport_attempt *attempt,
                                     uint64_t timeout_us);

/* Silent; does nothing when the attempt has ended. From outside getdns' callbacks. */
void transport_cancel(struct transport_attempt *attempt);

/* The attempt is answered over its channel. */
void transport_note_answer(const struct transport_attempt *attempt);

/* The attempt has waited too long: the next question of any asker goes over another connection, and this one is closed
 * when nothing is under way on it. Does nothing where there are no connections, or where that has been done. */
void transport_leave_stream(struct transport_attempt *attempt);

#endif
