/* SPDX-License-Identifier: BSD-2-Clause */
/* events.c: runs getdns' sockets and timers on the loop, and keeps from getdns what it must not read. */
#include "dns/getdns/events.h"

#include "base/clock.h"
#include "base/sigpipe.h"
#include "dns/getdns/channels.h"
#include "dns/getdns/gate.h"
#include "dns/getdns/inside.h"
#include "dns/getdns/query.h"
#include "message/message.h"
#include "message/wire.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* After so many calls without a message a TLS session counts as empty. */
#define TLS_IDLE_CALLS 3

/* What getdns has scheduled: a descriptor, a timer, or both. */
struct event {
    struct loop_watch watch;
    struct loop_timer timer;
    struct transport *transport;
    struct transport_attempt *attempt; /* whose datagram socket this is; NULL for a stream */
    getdns_eventloop_event *getdns;
};

/* End an attempt that getdns still has. From the loop's turn. */
static void abort_attempt(struct transport_attempt *attempt, enum transport_end end, const char *failure)
{
    transport_cancel(attempt);
    attempt->ended(attempt, end, NULL, 0, failure);
}

static const char *socket_failure(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return "connection refused";
    case EHOSTUNREACH:
    case ENETUNREACH:
        return "unreachable";
    default:
        return "network error";
    }
}

static void read_datagram(struct event *event)
{
    struct transport_attempt *attempt = event->attempt;
    const uint8_t *buffer = event->transport->share->buffer;
    const struct gate_question question = {attempt->name, attempt->type, attempt->query_id, attempt->keeps_case,
                                           attempt->has_opt};
    size_t size;
    switch (gate_datagram(event->watch.fd, event->transport->share->buffer, &question, &size)) {
    case GATE_TAKEN:
        transport_cancel(attempt);
        attempt->ended(attempt, TRANSPORT_ANSWERED, buffer, size, NULL);
        break;
    case GATE_OPEN:
        event->getdns->read_cb(event->getdns->userarg);
        break;
    case GATE_SHUT:
        break;
    case GATE_DOUBTED:
        attempt->doubted(attempt, buffer, size);
        break;
    case GATE_TRUNCATED:
        transport_cancel(attempt);
        attempt->truncated(attempt);
        break;
    case GATE_MALFORMED:
        abort_attempt(attempt, TRANSPORT_MALFORMED, "malformed answer");
        break;
    case GATE_FAILED:
        abort_attempt(attempt, TRANSPORT_UNREACHABLE, socket_failure(errno));
        break;
    }
}

/* What comes over TLS reaches getdns' parser unwalked, for nobody but getdns holds the plain text. It comes from none
 * but the server that has proved its name: getdns reads nothing before the certificate has been verified. That server
 * must be one that builds its answers itself, as every recursive resolver does.
 *
 * One record of TLS may hold several messages, of which a call takes one; the socket does not tell of the others. The
 * event at hand may be gone after any call, what getdns knows of it stays. */
static void read_tls(const struct transport *transport, getdns_eventloop_event *getdns)
{
    for (int idle_calls = 0; idle_calls < TLS_IDLE_CALLS && getdns->ev != NULL && getdns->read_cb != NULL;) {
        size_t before = transport->running;
        getdns->read_cb(getdns->userarg);
        idle_calls = transport->running < before ? 0 : idle_calls + 1;
    }
}

/* Give a message to the attempt whose answer it is, oldest first, as most servers answer in order. A message for no
 * attempt is dropped. */
static void take_message(const struct transport *transport, const uint8_t *message, size_t size)
{
    for (struct transport_attempt *attempt = transport->attempts; attempt != NULL; attempt = attempt->next) {
        enum wire_verdict verdict = wire_walk(message, size, -1, attempt->name, attempt->type, false);
        if (verdict == WIRE_STRANGER)
            continue;
        channels_note_answer(attempt);
        if (verdict == WIRE_MALFORMED) {
            abort_attempt(attempt, TRANSPORT_MALFORMED, "malformed answer");
            return;
        }
        transport_cancel(attempt);
        attempt->ended(attempt, TRANSPORT_ANSWERED, message, size, NULL);
        return;
    }
}

/* Only getdns knows the id of the query. Over TCP the sequence numbers protect as well. */
static void read_tcp(struct event *event)
{
    getdns_eventloop_event *getdns = event->getdns;
    uint8_t *buffer = event->transport->share->buffer;
    size_t size;
    switch (gate_stream(event->watch.fd, buffer, &size)) {
    case GATE_TAKEN:
        take_message(event->transport, buffer + 2, size);
        break;
    case GATE_OPEN:
        getdns->read_cb(getdns->userarg);
        break;
    case GATE_SHUT:
    case GATE_DOUBTED:
    case GATE_TRUNCATED:
    case GATE_MALFORMED:
    case GATE_FAILED:
        break;
    }
}

/* getdns writes to connections without MSG_NOSIGNAL. */
static void serve_stream(struct event *event, bool readable)
{
    getdns_eventloop_event *getdns = event->getdns;
    struct sigpipe sigpipe;
    sigpipe_hold(&sigpipe);
    inside_getdns_enter();
    if (readable && getdns->read_cb != NULL && transport_is_tls(event->transport))
        read_tls(event->transport, getdns);
    else if (readable && getdns->read_cb != NULL && transport_is_recursion(event->transport))
        getdns->read_cb(getdns->userarg); /* libunbound reads its own sockets, and reads with care */
    else if (readable && getdns->read_cb != NULL)
        read_tcp(event);
    else if (getdns->write_cb != NULL)
        getdns->write_cb(getdns->userarg);
    inside_getdns_leave();
    sigpipe_release(&sigpipe);
}

/* getdns clears this event before it sends, and does not wait to write again. It draws the id just before it sends. */
static void write_datagram(void *user)
{
    struct event *event = user;
    struct transport *transport = event->transport;
    struct transport_attempt *attempt = event->attempt;
    transport->scheduling = attempt;
    inside_getdns_enter();
    event->getdns->write_cb(event->getdns->userarg);
    inside_getdns_leave();
    transport->scheduling = NULL;
    if (attempt->is_running && attempt->query != NULL)
        attempt->query_id = message_u16(attempt->query);
}

static void on_ready(void *user, bool readable, bool writable)
{
    struct event *event = user;
    (void)writable;
    if (event->attempt == NULL)
        serve_stream(event, readable);
    else if (readable)
        read_datagram(event);
}

/* A timer closes idle connections, and closing TLS writes. */
static void on_timer(void *user)
{
    struct event *event = user;
    getdns_eventloop_event *getdns = event->getdns;
    struct sigpipe sigpipe;
    if (getdns->timeout_cb == NULL)
        return;
    sigpipe_hold(&sigpipe);
    inside_getdns_enter();
    getdns->timeout_cb(getdns->userarg);
    inside_getdns_leave();
    sigpipe_release(&sigpipe);
}

static socklen_t write_address(const struct upstream *upstream, struct sockaddr_storage *storage)
{
    memset(storage, 0, sizeof(*storage));
    if (upstream->family == AF_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)(void *)storage;
        in->sin_family = AF_INET;
        in->sin_port = htons(upstream->port);
        memcpy(&in->sin_addr, upstream->address, 4);
        return sizeof(*in);
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)storage;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(upstream->port);
    in6->sin6_scope_id = upstream->scope[0] == '\0' ? 0 : if_nametoindex(upstream->scope);
    memcpy(&in6->sin6_addr, upstream->address, 16);
    return sizeof(*in6);
}

/* The query lies in the block that getdns has just taken for the request, the largest of all: see query_find. NULL:
 * not there. */
static const uint8_t *find_query(struct transport *transport, const struct transport_attempt *attempt)
{
    size_t size;
    const uint8_t *block = freelist_largest(transport->share->freelist, &size);
    if (block == NULL || !query_find(block, size, attempt->name, attempt->type, &transport->query_place))
        return NULL;
    return block + transport->query_place;
}

/* getdns schedules a datagram socket before its first send. Connect it to the upstream then, so that the kernel drops
 * datagrams of others and reports a closed port. Returns the attempt that the socket belongs to; NULL for a connection.
 * */
static struct transport_attempt *adopt_socket(struct transport *transport, int fd)
{
    struct transport_attempt *attempt = transport->scheduling;
    struct sockaddr_storage address;
    if (attempt == NULL || fd < 0 || transport->upstream.transport != UPSTREAM_UDP)
        return NULL;
    if (attempt->is_connected)
        return fd == attempt->socket ? attempt : NULL;
    socklen_t size = write_address(&transport->upstream, &address);
    attempt->is_connected = connect(fd, (struct sockaddr *)&address, size) == 0;
    attempt->socket = fd;
    attempt->query = find_query(transport, attempt);
    return attempt;
}

static getdns_return_t clear(getdns_eventloop *eventloop, getdns_eventloop_event *getdns)
{
    struct transport *transport = (struct transport *)(void *)eventloop;
    struct event *event = getdns->ev;
    if (event == NULL)
        return GETDNS_RETURN_GOOD;
    loop_watch_clear(transport->share->loop, &event->watch);
    loop_timer_clear(transport->share->loop, &event->timer);
    freelist_free(transport->share->freelist, event);
    getdns->ev = NULL;
    return GETDNS_RETURN_GOOD;
}

/* A new socket accepts a datagram at once, so there is no need to wait for it. The question has its own timer and
 * cancels, so getdns' timer is not needed. */
static int watch_datagram(struct event *event, int fd)
{
    struct loop *loop = event->transport->share->loop;
    if (event->getdns->read_cb != NULL)
        return loop_watch_set_until_closed(loop, &event->watch, fd);
    event->timer.fire = write_datagram;
    return loop_timer_set(loop, &event->timer, 0);
}

static int watch_stream(struct event *event, int fd, uint64_t timeout_ms)
{
    struct loop *loop = event->transport->share->loop;
    /* A query that getdns has kept, and that was given up: ignore it. */
    if (event->transport->upstream.transport == UPSTREAM_UDP)
        return 0;
    const getdns_eventloop_event *getdns = event->getdns;
    if (fd >= 0 && loop_watch_set(loop, &event->watch, fd, getdns->read_cb != NULL, getdns->write_cb != NULL) != 0)
        return -1;
    event->timer.fire = on_timer;
    return timeout_ms < UINT32_MAX ? loop_timer_set(loop, &event->timer, clock_now_us() + timeout_ms * 1000) : 0;
}

static getdns_return_t schedule(getdns_eventloop *eventloop, int fd, uint64_t timeout_ms,
                                getdns_eventloop_event *getdns)
{
    struct transport *transport = (struct transport *)(void *)eventloop;
    struct event *event = freelist_malloc(transport->share->freelist, sizeof(*event));
    if (event == NULL)
        return GETDNS_RETURN_MEMORY_ERROR;
    memset(event, 0, sizeof(*event));
    event->transport = transport;
    event->getdns = getdns;
    event->attempt = adopt_socket(transport, fd);
    transport->has_scheduled = true;
    if (fd > transport->highest_fd)
        transport->highest_fd = fd;
    event->watch.ready = on_ready;
    event->watch.user = event;
    event->timer.user = event;
    getdns->ev = event;
    if ((event->attempt != NULL ? watch_datagram(event, fd) : watch_stream(event, fd, timeout_ms)) == 0)
        return GETDNS_RETURN_GOOD;
    clear(eventloop, getdns);
    return GETDNS_RETURN_GENERIC_ERROR;
}

static void do_nothing(getdns_eventloop *eventloop)
{
    (void)eventloop;
}

/* Only getdns' synchronous calls run a loop; the library never uses them. */
static void run_nothing(getdns_eventloop *eventloop, int blocking)
{
    (void)eventloop;
    (void)blocking;
}

void events_init(struct transport *transport)
{
    transport->vmt = (getdns_eventloop_vmt){do_nothing, schedule, clear, do_nothing, run_nothing};
    transport->eventloop.vmt = &transport->vmt;
}
