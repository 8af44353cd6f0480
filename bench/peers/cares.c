/* SPDX-License-Identifier: BSD-2-Clause */
/* cares.c: c-ares, one channel, its sockets in poll. */
#include "peer.h"

#include <sys/select.h> /* which ares.h lacks */

#include <ares.h>
#include <arpa/nameser.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

/* More overflow the one socket, whose room is the system's default. */
const unsigned peer_in_flight_max = 200;

struct peer {
    ares_channel channel;
    peer_done done;
    void *user;
};

struct peer *peer_open(const struct peer_job *job)
{
    struct ares_options options = {.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES, .lookups = (char[]){"b"}};
    struct peer *peer = calloc(1, sizeof(*peer));
    char server[64];
    snprintf(server, sizeof(server), "%s:%u", job->address, job->port);
    if (peer == NULL || ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS ||
        ares_init_options(&peer->channel, &options, ARES_OPT_FLAGS | ARES_OPT_LOOKUPS) != ARES_SUCCESS ||
        ares_set_servers_ports_csv(peer->channel, server) != ARES_SUCCESS)
        exit(1);
    peer->done = job->done;
    peer->user = job->user;
    return peer;
}

static void on_answer(void *user, int status, int timeouts, unsigned char *message, int size)
{
    struct peer *peer = user;
    struct ares_mx_reply *records = NULL;
    int is_good = status == ARES_SUCCESS && ares_parse_mx_reply(message, size, &records) == ARES_SUCCESS;
    (void)timeouts;
    if (records != NULL)
        ares_free_data(records);
    peer->done(peer->user, is_good);
}

void peer_ask(struct peer *peer, const char *name)
{
    ares_query(peer->channel, name, ns_c_in, ns_t_mx, on_answer, peer);
}

void peer_turn(struct peer *peer)
{
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    struct pollfd polled[ARES_GETSOCK_MAXNUM];
    nfds_t count = 0;
    int bits = ares_getsock(peer->channel, sockets, ARES_GETSOCK_MAXNUM);
    for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
        if (ARES_GETSOCK_READABLE(bits, i))
            polled[count++] = (struct pollfd){.fd = sockets[i], .events = POLLIN};
    }
    if (poll(polled, count, 1000) <= 0) {
        ares_process_fd(peer->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        return;
    }
    for (nfds_t i = 0; i < count; i++) {
        if (polled[i].revents != 0)
            ares_process_fd(peer->channel, polled[i].fd, ARES_SOCKET_BAD);
    }
}

void peer_close(struct peer *peer)
{
    ares_destroy(peer->channel);
    free(peer);
}
