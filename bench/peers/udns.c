/* SPDX-License-Identifier: BSD-2-Clause */
/* udns.c: udns, one socket. */
#include "peer.h"

#include <udns.h>

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

/* More overflow the one socket, whose room is the system's default. */
const unsigned peer_in_flight_max = 200;

struct peer {
    struct dns_ctx *ctx;
    peer_done done;
    void *user;
};

static void make_default(void)
{
    dns_init(NULL, 0);
}

struct peer *peer_open(const struct peer_job *job)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct peer *peer = calloc(1, sizeof(*peer));
    pthread_once(&once, make_default);
    if (peer == NULL || (peer->ctx = dns_new(NULL)) == NULL || dns_add_serv(peer->ctx, NULL) < 0 ||
        dns_add_serv(peer->ctx, job->address) < 0 || dns_set_opt(peer->ctx, DNS_OPT_PORT, (int)job->port) < 0 ||
        dns_open(peer->ctx) < 0)
        exit(1);
    peer->done = job->done;
    peer->user = job->user;
    return peer;
}

static void on_answer(struct dns_ctx *ctx, struct dns_rr_mx *records, void *user)
{
    struct peer *peer = user;
    int is_good = records != NULL && records->dnsmx_nrr > 0;
    (void)ctx;
    free(records);
    peer->done(peer->user, is_good);
}

void peer_ask(struct peer *peer, const char *name)
{
    if (dns_submit_mx(peer->ctx, name, DNS_NOSRCH, on_answer, peer) == NULL)
        exit(1);
    dns_timeouts(peer->ctx, -1, 0);
}

void peer_turn(struct peer *peer)
{
    struct pollfd polled = {.fd = dns_sock(peer->ctx), .events = POLLIN};
    int wait_s = dns_timeouts(peer->ctx, -1, 0);
    if (poll(&polled, 1, wait_s < 0 ? -1 : wait_s * 1000) > 0)
        dns_ioevent(peer->ctx, 0);
}

void peer_close(struct peer *peer)
{
    dns_free(peer->ctx);
    free(peer);
}
