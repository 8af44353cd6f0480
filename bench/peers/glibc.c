/* SPDX-License-Identifier: BSD-2-Clause */
/* glibc.c: the C library's resolver, which blocks. */
#define _DEFAULT_SOURCE /* struct __res_state */
#include "peer.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>

const unsigned peer_in_flight_max = 1;

struct peer {
    struct __res_state state;
    peer_done done;
    void *user;
};

struct peer *peer_open(const struct peer_job *job)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    if (peer == NULL || res_ninit(&peer->state) != 0)
        exit(1);
    struct sockaddr_in *server = &peer->state.nsaddr_list[0];
    memset(server, 0, sizeof(*server));
    server->sin_family = AF_INET;
    server->sin_port = htons((in_port_t)job->port);
    inet_pton(AF_INET, job->address, &server->sin_addr);
    peer->state.nscount = 1;
    peer->done = job->done;
    peer->user = job->user;
    return peer;
}

void peer_ask(struct peer *peer, const char *name)
{
    unsigned char message[4096];
    ns_msg parsed;
    int size = res_nquery(&peer->state, name, ns_c_in, ns_t_mx, message, sizeof(message));
    int is_good = size > 0 && ns_initparse(message, size, &parsed) == 0 && ns_msg_count(parsed, ns_s_an) > 0;
    peer->done(peer->user, is_good);
}

void peer_turn(struct peer *peer)
{
    (void)peer;
}

void peer_close(struct peer *peer)
{
    res_nclose(&peer->state);
    free(peer);
}
