/* SPDX-License-Identifier: BSD-2-Clause */
/* adns.c: adns, one socket. It asks port 53 and no other. */
#include "peer.h"

#include <adns.h>

#include <stdio.h>
#include <stdlib.h>

/* More overflow the one socket, whose room is the system's default. */
const unsigned peer_in_flight_max = 200;

struct peer {
    adns_state state;
    peer_done done;
    void *user;
};

struct peer *peer_open(const struct peer_job *job)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    char configuration[64];
    snprintf(configuration, sizeof(configuration), "nameserver %s\n", job->address);
    if (peer == NULL || job->port != 53 ||
        adns_init_strcfg(&peer->state, adns_if_noenv | adns_if_noerrprint | adns_if_noautosys, NULL, configuration) !=
            0)
        exit(1);
    peer->done = job->done;
    peer->user = job->user;
    return peer;
}

void peer_ask(struct peer *peer, const char *name)
{
    adns_query query;
    if (adns_submit(peer->state, name, adns_r_mx_raw, 0, NULL, &query) != 0)
        exit(1);
}

void peer_turn(struct peer *peer)
{
    adns_query query = NULL;
    adns_answer *answer;
    int failure = adns_wait_poll(peer->state, &query, &answer, NULL);
    if (failure != 0)
        exit(1);
    do {
        int is_good = answer->status == adns_s_ok && answer->nrrs > 0;
        free(answer);
        peer->done(peer->user, is_good);
        query = NULL;
    } while (adns_check(peer->state, &query, &answer, NULL) == 0);
}

void peer_close(struct peer *peer)
{
    adns_finish(peer->state);
    free(peer);
}
