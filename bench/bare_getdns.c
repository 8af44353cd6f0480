/* SPDX-License-Identifier: BSD-2-Clause */
/* bare_getdns.c: the peer: getdns by itself on the same event loop, asking the same MX questions, so many in flight. It
 * retransmits nothing, checks nothing, and reads nothing out of the answer but that there is one.
 *
 *     bare_getdns 127.0.0.1:PORT CHECKS IN_FLIGHT */
#include "measure.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dns/loop.h"

#include <getdns/getdns_extra.h>

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

enum { MX = 15 };

struct run {
    getdns_eventloop eventloop; /* first */
    getdns_eventloop_vmt vmt;
    struct loop *loop;
    getdns_context *context;
    unsigned checks;
    unsigned started;
    unsigned ended;
    unsigned failed;
    unsigned in_flight;
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
    struct run *run = (struct run *)(void *)eventloop;
    struct event *event = calloc(1, sizeof(*event));
    if (event == NULL)
        return GETDNS_RETURN_MEMORY_ERROR;
    event->getdns = getdns;
    event->watch.ready = on_ready;
    event->watch.user = event;
    event->timer.fire = on_timer;
    event->timer.user = event;
    if (fd >= 0)
        loop_watch_set(run->loop, &event->watch, fd, getdns->read_cb != NULL, getdns->write_cb != NULL);
    if (timeout_ms < UINT32_MAX)
        loop_timer_set(run->loop, &event->timer, clock_now_us() + timeout_ms * 1000);
    getdns->ev = event;
    return GETDNS_RETURN_GOOD;
}

static getdns_return_t clear(getdns_eventloop *eventloop, getdns_eventloop_event *getdns)
{
    struct run *run = (struct run *)(void *)eventloop;
    struct event *event = getdns->ev;
    if (event == NULL)
        return GETDNS_RETURN_GOOD;
    loop_watch_clear(run->loop, &event->watch);
    loop_timer_clear(run->loop, &event->timer);
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
    struct run *run = user;
    uint32_t count = 0;
    (void)context;
    (void)id;
    if (kind != GETDNS_CALLBACK_COMPLETE ||
        getdns_dict_get_int(response, "/replies_tree/0/header/ancount", &count) != GETDNS_RETURN_GOOD || count == 0)
        run->failed++;
    run->ended++;
    getdns_dict_destroy(response);
}

static void start(struct run *run)
{
    char name[64];
    while (run->started < run->checks && run->started - run->ended < run->in_flight) {
        getdns_transaction_t id;
        snprintf(name, sizeof(name), "d%u.bench.example.", run->started++);
        if (getdns_general(run->context, name, MX, NULL, run, &id, on_response) != GETDNS_RETURN_GOOD)
            exit(1);
    }
}

static void make_context(struct run *run, char *upstream)
{
    getdns_transport_list_t udp = GETDNS_TRANSPORT_UDP;
    getdns_dict *dict = getdns_dict_create();
    getdns_list *list = getdns_list_create();
    uint8_t octets[4];
    getdns_bindata address = {4, octets};
    char *port = strchr(upstream, ':');
    *port++ = '\0';
    inet_pton(AF_INET, upstream, octets);
    run->vmt = (getdns_eventloop_vmt){do_nothing, schedule, clear, do_nothing, run_nothing};
    run->eventloop.vmt = &run->vmt;
    if (getdns_context_create(&run->context, 0) != GETDNS_RETURN_GOOD ||
        getdns_dict_util_set_string(dict, "address_type", "IPv4") != GETDNS_RETURN_GOOD ||
        getdns_dict_set_bindata(dict, "address_data", &address) != GETDNS_RETURN_GOOD ||
        getdns_dict_set_int(dict, "port", (uint32_t)atoi(port)) != GETDNS_RETURN_GOOD ||
        getdns_list_set_dict(list, 0, dict) != GETDNS_RETURN_GOOD ||
        getdns_context_set_resolution_type(run->context, GETDNS_RESOLUTION_STUB) != GETDNS_RETURN_GOOD ||
        getdns_context_set_dns_transport_list(run->context, 1, &udp) != GETDNS_RETURN_GOOD ||
        getdns_context_set_upstream_recursive_servers(run->context, list) != GETDNS_RETURN_GOOD ||
        getdns_context_set_timeout(run->context, 8000) != GETDNS_RETURN_GOOD ||
        getdns_context_set_eventloop(run->context, &run->eventloop) != GETDNS_RETURN_GOOD)
        exit(1);
    getdns_dict_destroy(dict);
    getdns_list_destroy(list);
}

int main(int argc, char **argv)
{
    mxcheck_status status;
    if (argc != 4)
        return 64;
    struct run run = {.checks = (unsigned)atoi(argv[2]), .in_flight = (unsigned)atoi(argv[3])};
    run.loop = loop_new(&memory_libc, &status);
    if (run.loop == NULL)
        return 1;
    make_context(&run, argv[1]);
    struct measure before = measure_now();
    for (start(&run); run.ended < run.checks; start(&run))
        loop_turn(run.loop, clock_now_us() + 1000000);
    measure_print(before, run.checks, run.failed, 0);
    getdns_context_destroy(run.context);
    loop_free(run.loop);
    return 0;
}
