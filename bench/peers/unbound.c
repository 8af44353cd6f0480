/* SPDX-License-Identifier: BSD-2-Clause */
/* unbound.c: libunbound as a forwarder with its own cache, by its event interface on libevent. */
#include "peer.h"

#include <event2/event.h>
#include <unbound-event.h>
#include <unbound.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

const unsigned peer_in_flight_max = 1000;

struct peer {
    struct event_base *base;
    struct ub_ctx *ctx;
    peer_done done;
    void *user;
};

static void set(struct ub_ctx *ctx, const char *option, const char *value)
{
    if (ub_ctx_set_option(ctx, option, value) != 0)
        exit(1);
}

/* The first context of a process sets up a log that takes no lock for it (NLnetLabs/unbound#1492). */
static void make_first_context(void)
{
    ub_ctx_delete(ub_ctx_create());
}

struct peer *peer_open(const struct peer_job *job)
{
    static pthread_once_t first = PTHREAD_ONCE_INIT;
    pthread_once(&first, make_first_context);
    struct peer *peer = calloc(1, sizeof(*peer));
    char forward[64];
    if (peer == NULL)
        exit(1);
    peer->base = event_base_new();
    peer->ctx = peer->base == NULL ? NULL : ub_ctx_create_event(peer->base);
    if (peer->ctx == NULL)
        exit(1);
    snprintf(forward, sizeof(forward), "%s@%u", job->address, job->port);
    set(peer->ctx, "do-not-query-localhost:", "no");
    set(peer->ctx, "module-config:", "iterator");
    set(peer->ctx, "outgoing-range:", "4096");
    set(peer->ctx, "num-queries-per-thread:", "2048");
    set(peer->ctx, "msg-cache-size:", "64m");
    set(peer->ctx, "rrset-cache-size:", "128m");
    if (ub_ctx_set_fwd(peer->ctx, forward) != 0)
        exit(1);
    peer->done = job->done;
    peer->user = job->user;
    return peer;
}

static void on_answer(void *user, int rcode, void *packet, int size, int security, char *why, int was_limited)
{
    struct peer *peer = user;
    const unsigned char *message = packet;
    (void)security;
    (void)why;
    (void)was_limited;
    peer->done(peer->user, rcode == 0 && size > 12 && (message[6] << 8 | message[7]) > 0);
}

void peer_ask(struct peer *peer, const char *name)
{
    int id;
    if (ub_resolve_event(peer->ctx, name, 15, 1, peer, on_answer, &id) != 0)
        exit(1);
}

void peer_turn(struct peer *peer)
{
    event_base_loop(peer->base, EVLOOP_ONCE);
}

void peer_close(struct peer *peer)
{
    ub_ctx_delete(peer->ctx);
    event_base_free(peer->base);
    free(peer);
}
