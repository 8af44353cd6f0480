/* SPDX-License-Identifier: BSD-2-Clause */
/* getdns.c: getdns by itself with the C library's malloc, on the library's own epoll loop. It retransmits nothing,
 * checks nothing, and reads nothing out of the answer but that there is one. */
#include "peer.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dns/loop.h"

#include <getdns/getdns_extra.h>

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MX = 15 };

const unsigned peer_in_flight_max = 100000;

struct peer {
    getdns_eventloop eventloop; /* first */
    getdns_eventloop_vmt vmt;
    struct loop *loop;
    getdns_context *context;
    peer_done done;
    void *user;
};

struct event {
    struct loop_watch watch;
    struct loop_timer timer;
    getdns_eventloop_event *getdns;
};

static void on_ready(void *user, bool readable, bool writable)
{
    getdns_eventloop_event *getdns = ((struct event *)user)->getdns;
    if (readable && getdns->read_cb != NULL)
        getdns->read_cb(getdns->userarg);
    else if (writable && getdns->write_cb != NULL)
        getdns->write_cb(getdns->userarg);
}

static void on_timer(void *user)
{
    getdns_eventloop_event *getdns = ((struct event *)user)->getdns;
    if (getdns->timeout_cb != NULL)
        getdns->timeout_cb(getdns->userarg);
}

static getdns_return_t schedule(getdns_eventloop *eventloop, int fd, uint64_t timeout_ms,
                                getdns_eventloop_event *getdns)
{
    struct peer *peer = (struct peer *)(void *)eventloop;
    struct event *event = calloc(1, sizeof(*event));
    if (event == NULL)
        return GETDNS_RETURN_MEMORY_ERROR;
    event->getdns = getdns;
    event->watch.ready = on_ready;
    event->watch.user = event;
    event->timer.fire = on_timer;
    event->timer.user = event;
    if (fd >= 0)
        loop_watch_set(peer->loop, &event->watch, fd, getdns->read_cb != NULL, getdns->write_cb != NULL);
    if (timeout_ms < UINT32_MAX)
        loop_timer_set(peer->loop, &event->timer, clock_now_us() + timeout_ms * 1000);
    getdns->ev = event;
    return GETDNS_RETURN_GOOD;
}

static getdns_return_t clear(getdns_eventloop *eventloop, getdns_eventloop_event *getdns)
{
    struct peer *peer = (struct peer *)(void *)eventloop;
    struct event *event = getdns->ev;
    if (event == NULL)
        return GETDNS_RETURN_GOOD;
    loop_watch_clear(peer->loop, &event->watch);
    loop_timer_clear(peer->loop, &event->timer);
    free(event);
    getdns->ev = NULL;
    return GETDNS_RETURN_GOOD;
}

static void do_nothing(getdns_eventloop *eventloop)
{
    (void)eventloop;
}

static void run_nothing(getdns_eventloop *eventloop, int blocking)
{
    (void)eventloop;
    (void)blocking;
}

static void on_response(getdns_context *context, getdns_callback_type_t kind, getdns_dict *response, void *user,
                        getdns_transaction_t id)
{
    struct peer *peer = user;
    uint32_t count = 0;
    (void)context;
    (void)id;
    int is_good = kind == GETDNS_CALLBACK_COMPLETE &&
                  getdns_dict_get_int(response, "/replies_tree/0/header/ancount", &count) == GETDNS_RETURN_GOOD &&
                  count > 0;
    getdns_dict_destroy(response);
    peer->done(peer->user, is_good);
}

void peer_ask(struct peer *peer, const char *name)
{
    getdns_transaction_t id;
    char absolute[80];
    snprintf(absolute, sizeof(absolute), "%s.", name);
    if (getdns_general(peer->context, absolute, MX, NULL, peer, &id, on_response) != GETDNS_RETURN_GOOD)
        exit(1);
}

static void make_context(struct peer *peer, const char *upstream, unsigned port)
{
    getdns_transport_list_t udp = GETDNS_TRANSPORT_UDP;
    getdns_dict *dict = getdns_dict_create();
    getdns_list *list = getdns_list_create();
    uint8_t octets[4];
    getdns_bindata address = {4, octets};
    inet_pton(AF_INET, upstream, octets);
    peer->vmt = (getdns_eventloop_vmt){do_nothing, schedule, clear, do_nothing, run_nothing};
    peer->eventloop.vmt = &peer->vmt;
    if (getdns_context_create(&peer->context, 0) != GETDNS_RETURN_GOOD ||
        getdns_dict_util_set_string(dict, "address_type", "IPv4") != GETDNS_RETURN_GOOD ||
        getdns_dict_set_bindata(dict, "address_data", &address) != GETDNS_RETURN_GOOD ||
        getdns_dict_set_int(dict, "port", port) != GETDNS_RETURN_GOOD ||
        getdns_list_set_dict(list, 0, dict) != GETDNS_RETURN_GOOD ||
        getdns_context_set_resolution_type(peer->context, GETDNS_RESOLUTION_STUB) != GETDNS_RETURN_GOOD ||
        getdns_context_set_dns_transport_list(peer->context, 1, &udp) != GETDNS_RETURN_GOOD ||
        getdns_context_set_upstream_recursive_servers(peer->context, list) != GETDNS_RETURN_GOOD ||
        getdns_context_set_timeout(peer->context, 8000) != GETDNS_RETURN_GOOD ||
        getdns_context_set_eventloop(peer->context, &peer->eventloop) != GETDNS_RETURN_GOOD)
        exit(1);
    getdns_dict_destroy(dict);
    getdns_list_destroy(list);
}

struct peer *peer_open(const struct peer_job *job)
{
    mxcheck_status status;
    struct peer *peer = calloc(1, sizeof(*peer));
    if (peer == NULL || (peer->loop = loop_new(&memory_libc, &status)) == NULL)
        exit(1);
    make_context(peer, job->address, job->port);
    peer->done = job->done;
    peer->user = job->user;
    return peer;
}

void peer_turn(struct peer *peer)
{
    loop_turn(peer->loop, clock_now_us() + 1000000);
}

void peer_close(struct peer *peer)
{
    getdns_context_destroy(peer->context);
    loop_free(peer->loop);
    free(peer);
}
