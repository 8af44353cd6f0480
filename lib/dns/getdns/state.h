/* SPDX-License-Identifier: BSD-2-Clause */
/* state.h: what is known of one upstream's contexts, connections and attempts while they last. For the rooms of this
 * folder: transport.c, their life; channels.c, connections; attempts.c, questions; events.c, the loop. */
#ifndef MXCHECK_DNS_GETDNS_STATE_H
#define MXCHECK_DNS_GETDNS_STATE_H

#include "dns/getdns/freelist.h"
#include "dns/transport.h"

#include <getdns/getdns_extra.h>

/* getdns contexts of one transport at a time: the current one, and those that get no more questions. */
#define CHANNELS_MAX 17

/* A getdns context, and the one connection that it may have. */
struct channel {
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

/* What all transports of a resolver share. */
struct transport_share {
    struct loop *loop;
    struct freelist *freelist;
    uint8_t *buffer; /* GATE_BUFFER_SIZE octets to peek into */
    size_t running;  /* attempts under way */
    bool asks_ad;
    uint64_t descriptor_limit; /* of the process, as it was last looked at; 0: unknown */
    uint64_t next_limit_look_us;
};

struct transport {
    getdns_eventloop eventloop; /* first: getdns hands it back to us */
    getdns_eventloop_vmt vmt;
    struct transport_share *share;
    struct upstream upstream;
    struct channel channels[CHANNELS_MAX];
    struct channel *current;            /* gets the next question; NULL: none yet */
    struct transport_attempt *attempts; /* running, in the order of sending */
    struct transport_attempt **attempts_end;
    struct loop_timer close_timer;        /* closes retired channels from the loop's turn */
    struct transport_attempt *scheduling; /* whose descriptors getdns is scheduling now */
    bool has_scheduled;                   /* getdns has put the question at hand on the loop */
    const char *tls_fault;                /* of the newest channel: why there is no session; NULL: unknown; static */
    int highest_fd;                       /* that was seen */
    size_t query_place;                   /* where in getdns' block the last query was */
    size_t running;                       /* attempts under way here */
    unsigned short_streams;               /* in a row that ended after one answer with more questions under way */
    uint64_t single_until_us;             /* until then each question has a connection of its own */
};

static inline bool transport_is_tls(const struct transport *transport)
{
    return transport->upstream.transport == UPSTREAM_TLS;
}

static inline bool transport_is_recursion(const struct transport *transport)
{
    return transport->upstream.transport == UPSTREAM_RECURSION;
}

#endif
