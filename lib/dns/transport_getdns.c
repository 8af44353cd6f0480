/* SPDX-License-Identifier: BSD-2-Clause */
/* transport_getdns.c: what getdns needs (event loop, memory, settings) and what it must be kept from. */
#include "dns/transport_getdns.h"

#include "base/clock.h"
#include "base/sigpipe.h"
#include "dns/gate.h"
#include "dns/wire.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a TLS connection that nobody uses stays open: a handshake costs more than all questions of a check. */
#define TLS_IDLE_MS 10000

/* The longest name in presentation form, its dot and its NUL. */
#define NAME_SIZE 1026

/* Calls that bring nothing before we believe that a TLS session holds no further message. */
#define TLS_IDLE_CALLS 3

/* What getdns has scheduled: a descriptor, a timer, or both. */
struct event {
    struct loop_watch watch;
    struct loop_timer timer;
    struct transport *transport;
    struct transport_attempt *attempt; /* whose datagram socket this is; NULL for a stream */
    getdns_eventloop_event *getdns;
};

/* What getdns calls back with: it may outlive the attempt. */
struct call {
    struct transport_attempt *attempt; /* NULL: nobody waits any more */
    struct freelist *freelist;
};

static bool is_tls(const struct transport *transport)
{
    return transport->upstream.transport == UPSTREAM_TLS;
}

static bool is_recursion(const struct transport *transport)
{
    return transport->upstream.transport == UPSTREAM_RECURSION;
}

static void count_in(struct transport_attempt *attempt)
{
    attempt->is_running = true;
    attempt->transport->running++;
    attempt->transport->share->running++;
}

static void count_out(struct transport_attempt *attempt)
{
    attempt->is_running = false;
    attempt->transport->running--;
    attempt->transport->share->running--;
}

static void end_attempt(struct transport_attempt *attempt, const uint8_t *message, size_t size, const char *failure)
{
    if (!attempt->is_running)
        return;
    count_out(attempt);
    attempt->ended(attempt, message, size, failure);
}

/* End an attempt that getdns still holds. From the loop's turn. */
static void abort_attempt(struct transport_attempt *attempt, const char *failure)
{
    transport_cancel(attempt);
    attempt->ended(attempt, NULL, 0, failure);
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
    size_t size;
    switch (gate_datagram(event->watch.fd, event->transport->share->buffer, attempt->name, attempt->type, &size)) {
    case GATE_TAKEN:
        transport_cancel(attempt);
        attempt->ended(attempt, buffer, size, NULL);
        break;
    case GATE_OPEN:
        event->getdns->read_cb(event->getdns->userarg);
        break;
    case GATE_SHUT:
        break;
    case GATE_DOUBTED:
        attempt->doubted(attempt);
        break;
    case GATE_TRUNCATED:
        transport_cancel(attempt);
        attempt->truncated(attempt);
        break;
    case GATE_MALFORMED:
        abort_attempt(attempt, "malformed answer");
        break;
    case GATE_FAILED:
        abort_attempt(attempt, socket_failure(errno));
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

/* From TCP getdns takes the length and then the message, a call each; the first leaves the event as it is. */
static void read_tcp(struct event *event)
{
    getdns_eventloop_event *getdns = event->getdns;
    for (int calls = gate_stream(event->watch.fd, event->transport->share->buffer); calls > 0; calls--)
        getdns->read_cb(getdns->userarg);
}

/* getdns writes to streams without MSG_NOSIGNAL. */
static void serve_stream(struct event *event, bool readable)
{
    getdns_eventloop_event *getdns = event->getdns;
    struct sigpipe sigpipe;
    sigpipe_hold(&sigpipe);
    if (readable && getdns->read_cb != NULL && is_tls(event->transport))
        read_tls(event->transport, getdns);
    else if (readable && getdns->read_cb != NULL && is_recursion(event->transport))
        getdns->read_cb(getdns->userarg); /* libunbound reads its own sockets, and reads with care */
    else if (readable && getdns->read_cb != NULL)
        read_tcp(event);
    else if (getdns->write_cb != NULL)
        getdns->write_cb(getdns->userarg);
    sigpipe_release(&sigpipe);
}

/* getdns lets go of the event at hand before it sends; whatever comes of that, it does not wait to write again. */
static void write_datagram(void *user)
{
    struct event *event = user;
    struct transport *transport = event->transport;
    transport->current = event->attempt;
    event->getdns->write_cb(event->getdns->userarg);
    transport->current = NULL;
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

/* An idle stream is closed by a timer, and closing TLS writes. */
static void on_timer(void *user)
{
    struct event *event = user;
    getdns_eventloop_event *getdns = event->getdns;
    struct sigpipe sigpipe;
    if (getdns->timeout_cb == NULL)
        return;
    sigpipe_hold(&sigpipe);
    getdns->timeout_cb(getdns->userarg);
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

static bool is_datagram_socket(int fd)
{
    int type = 0;
    socklen_t size = sizeof(type);
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM;
}

/* The first sight of a datagram socket is before its first send: tie it to the upstream, so that the kernel drops what
 * strangers send and tells of a closed port. Returns whose socket it is, NULL for a stream. */
static struct transport_attempt *adopt_socket(struct transport *transport, int fd)
{
    struct transport_attempt *attempt = transport->current;
    struct sockaddr_storage address;
    if (attempt == NULL || fd < 0 || is_recursion(transport))
        return NULL;
    if (attempt->is_connected)
        return fd == attempt->socket ? attempt : NULL;
    if (!is_datagram_socket(fd))
        return NULL;
    socklen_t size = write_address(&transport->upstream, &address);
    attempt->is_connected = connect(fd, (struct sockaddr *)&address, size) == 0;
    attempt->socket = fd;
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

/* A new socket takes a datagram at once, so nobody waits for it. An answer needs no timer of getdns: whoever asked has
 * one, and cancels. */
static int watch_datagram(struct event *event, int fd)
{
    struct loop *loop = event->transport->share->loop;
    if (event->getdns->read_cb != NULL)
        return loop_watch_set(loop, &event->watch, fd, true, false);
    event->timer.fire = write_datagram;
    return loop_timer_set(loop, &event->timer, 0);
}

static int watch_stream(struct event *event, int fd, uint64_t timeout_ms)
{
    struct loop *loop = event->transport->share->loop;
    /* A question that getdns had kept, and that nobody waits for: it is left alone. */
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

/* Only getdns' synchronous calls run a loop, and those are never used. */
static void run_nothing(getdns_eventloop *eventloop, int blocking)
{
    (void)eventloop;
    (void)blocking;
}

void transport_init(struct transport *transport, struct transport_share *share, const struct upstream *upstream)
{
    memset(transport, 0, sizeof(*transport));
    transport->vmt = (getdns_eventloop_vmt){do_nothing, schedule, clear, do_nothing, run_nothing};
    transport->eventloop.vmt = &transport->vmt;
    transport->share = share;
    transport->upstream = *upstream;
}

void transport_clear(struct transport *transport)
{
    struct sigpipe sigpipe;
    if (transport->context == NULL && transport->stuck_count == 0)
        return;
    sigpipe_hold(&sigpipe);
    getdns_context_destroy(transport->context);
    while (transport->stuck_count > 0)
        getdns_context_destroy(transport->stuck[--transport->stuck_count]);
    sigpipe_release(&sigpipe);
    transport->context = NULL;
    transport->is_worn = false;
}

static getdns_dict *describe_upstream(getdns_context *context, const struct upstream *upstream)
{
    getdns_dict *dict = getdns_dict_create_with_context(context);
    uint8_t address[16];
    memcpy(address, upstream->address, sizeof(address));
    getdns_bindata data = {upstream->family == AF_INET ? 4 : 16, address};
    char family[8];
    memcpy(family, upstream->family == AF_INET ? "IPv4" : "IPv6", 5);
    getdns_bindata type = {4, (uint8_t *)family};
    if (dict == NULL)
        return NULL;
    bool is_over_tls = upstream->transport == UPSTREAM_TLS;
    bool is_good = getdns_dict_set_bindata(dict, "address_type", &type) == GETDNS_RETURN_GOOD &&
                   getdns_dict_set_bindata(dict, "address_data", &data) == GETDNS_RETURN_GOOD &&
                   getdns_dict_set_int(dict, is_over_tls ? "tls_port" : "port", upstream->port) == GETDNS_RETURN_GOOD;
    if (is_good && is_over_tls)
        is_good = getdns_dict_util_set_string(dict, "tls_auth_name", upstream->auth_name) == GETDNS_RETURN_GOOD;
    if (is_good && upstream->scope[0] != '\0')
        is_good = getdns_dict_util_set_string(dict, "scope_id", upstream->scope) == GETDNS_RETURN_GOOD;
    if (!is_good) {
        getdns_dict_destroy(dict);
        return NULL;
    }
    return dict;
}

static bool set_upstream(getdns_context *context, const struct upstream *upstream)
{
    getdns_list *list = getdns_list_create_with_context(context);
    getdns_dict *dict = describe_upstream(context, upstream);
    bool is_good = list != NULL && dict != NULL && getdns_list_set_dict(list, 0, dict) == GETDNS_RETURN_GOOD &&
                   getdns_context_set_upstream_recursive_servers(context, list) == GETDNS_RETURN_GOOD;
    getdns_dict_destroy(dict);
    getdns_list_destroy(list);
    return is_good;
}

static bool set_transports(getdns_context *context, enum upstream_transport transport)
{
    getdns_transport_list_t udp[] = {GETDNS_TRANSPORT_UDP};
    getdns_transport_list_t tcp[] = {GETDNS_TRANSPORT_TCP};
    getdns_transport_list_t tls[] = {GETDNS_TRANSPORT_TLS};
    switch (transport) {
    case UPSTREAM_RECURSION:
        return true; /* as libunbound sees fit */
    case UPSTREAM_UDP:
        return getdns_context_set_dns_transport_list(context, 1, udp) == GETDNS_RETURN_GOOD;
    case UPSTREAM_TCP:
        return getdns_context_set_dns_transport_list(context, 1, tcp) == GETDNS_RETURN_GOOD;
    case UPSTREAM_TLS:
        return getdns_context_set_dns_transport_list(context, 1, tls) == GETDNS_RETURN_GOOD &&
               getdns_context_set_tls_authentication(context, GETDNS_AUTHENTICATION_REQUIRED) == GETDNS_RETURN_GOOD &&
               getdns_context_set_idle_timeout(context, TLS_IDLE_MS) == GETDNS_RETURN_GOOD;
    }
    return false;
}

/* Each question says by its AD bit whether its asker reads that of the answer (RFC 6840 section 5.7). */
static bool set_header(getdns_context *context, bool asks_ad)
{
    getdns_dict *config = asks_ad ? getdns_dict_create_with_context(context) : NULL;
    bool is_good = !asks_ad || (config != NULL && getdns_dict_set_int(config, "/header/ad", 1) == GETDNS_RETURN_GOOD &&
                                getdns_context_config(context, config) == GETDNS_RETURN_GOOD);
    getdns_dict_destroy(config);
    return is_good;
}

/* By this upstream alone, or from the root down; never a search suffix. Never TCP where UDP was cut short: of a
 * question that fell back so and was then cancelled, getdns closes the stream that all questions share, and writes on
 * to its number, whosever that is by then. */
static bool configure(struct transport *transport, getdns_context *context)
{
    bool is_stub = !is_recursion(transport);
    return getdns_context_set_resolution_type(context, is_stub ? GETDNS_RESOLUTION_STUB
                                                               : GETDNS_RESOLUTION_RECURSING) == GETDNS_RETURN_GOOD &&
           getdns_context_set_append_name(context, GETDNS_APPEND_NAME_NEVER) == GETDNS_RETURN_GOOD &&
           set_transports(context, transport->upstream.transport) &&
           getdns_context_set_edns_maximum_udp_payload_size(context, GATE_DATAGRAM_MAX) == GETDNS_RETURN_GOOD &&
           (!is_stub ||
            (set_upstream(context, &transport->upstream) && set_header(context, transport->share->asks_ad))) &&
           getdns_context_set_eventloop(context, &transport->eventloop) == GETDNS_RETURN_GOOD;
}

/* The first context of a process sets up libunbound's log, which takes no lock for it (NLnetLabs/unbound#1492): threads
 * that do so side by side would use a mutex that another one is just making. A once, unlike a mutex, is not left locked
 * in a child of fork. */
static pthread_once_t first_context = PTHREAD_ONCE_INIT;

static void make_first_context(void)
{
    getdns_context *context = NULL;
    if (getdns_context_create(&context, 0) == GETDNS_RETURN_GOOD)
        getdns_context_destroy(context);
}

static bool open_context(struct transport *transport)
{
    getdns_context *context = NULL;
    if ((transport->is_worn || transport->stuck_count > 0) && transport->running == 0)
        transport_clear(transport);
    if (transport->context != NULL)
        return true;
    pthread_once(&first_context, make_first_context);
    /* getdns 1.6.0 never sets tls_fallback_ok, by which it chooses the ciphers of the first connection. */
    if (getdns_context_create_with_extended_memory_functions(&context, 0, transport->share->freelist,
                                                             is_tls(transport) ? freelist_zalloc : freelist_malloc,
                                                             freelist_realloc, freelist_free) != GETDNS_RETURN_GOOD)
        return false;
    if (!configure(transport, context)) {
        getdns_context_destroy(context);
        return false;
    }
    transport->context = context;
    return true;
}

/* getdns' `status` is not to be trusted; what counts is the message itself, which is walked again here because what
 * came over TLS has not been seen yet. */
static void end_with_response(struct transport_attempt *attempt, getdns_dict *response)
{
    getdns_bindata *full = NULL;
    enum wire_verdict verdict = WIRE_STRANGER;
    if (getdns_dict_get_bindata(response, "/replies_full/0", &full) == GETDNS_RETURN_GOOD)
        verdict = wire_walk(full->data, full->size, -1, attempt->name, attempt->type, 0);
    if (verdict == WIRE_ANSWER || verdict == WIRE_FOREIGN)
        end_attempt(attempt, full->data, full->size, NULL);
    else
        end_attempt(attempt, NULL, 0, "malformed answer");
}

/* After failed connections getdns leaves a server alone for a while, after a failed handshake for good; but a server
 * may be back at once, and a certificate be renewed. */
static void end_without_response(struct transport_attempt *attempt, getdns_callback_type_t kind)
{
    const char *failure = kind == GETDNS_CALLBACK_TIMEOUT ? "no answer" : "network error";
    if (attempt->transport->upstream.transport != UPSTREAM_UDP)
        attempt->transport->is_worn = true;
    if (is_tls(attempt->transport))
        failure = "no TLS session";
    end_attempt(attempt, NULL, 0, failure);
}

static void on_response(getdns_context *context, getdns_callback_type_t kind, getdns_dict *response, void *user,
                        getdns_transaction_t id)
{
    struct call *call = user;
    struct transport_attempt *attempt = call->attempt;
    (void)context;
    (void)id;
    if (attempt == NULL)
        ; /* cancelled, or let go */
    else if (attempt->is_running && kind == GETDNS_CALLBACK_COMPLETE && response != NULL)
        end_with_response(attempt, response);
    else if (attempt->is_running)
        end_without_response(attempt, kind);
    freelist_free(call->freelist, call);
    getdns_dict_destroy(response);
}

/* Whether getdns will find a descriptor. In the lower half of the table there is one, as numbers are given lowest
 * first; farther up it is tried. */
static bool has_descriptor(const struct transport *transport)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && (rlim_t)transport->highest_fd < limit.rlim_cur / 2 &&
        transport->highest_fd > 0)
        return true;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

/* Another thread took the last descriptor after all. What else the context has under way ends there as it would; what
 * is asked from now on is asked of another. */
static void put_aside(struct transport *transport, struct transport_attempt *attempt)
{
    attempt->call->attempt = NULL;
    count_out(attempt);
    transport->stuck[transport->stuck_count++] = transport->context;
    transport->context = NULL;
}

static getdns_return_t submit(struct transport *transport, struct transport_attempt *attempt, const char *name)
{
    struct call *call = freelist_malloc(transport->share->freelist, sizeof(*call));
    if (call == NULL)
        return GETDNS_RETURN_MEMORY_ERROR;
    *call = (struct call){attempt, transport->share->freelist};
    attempt->transport = transport;
    attempt->context = transport->context;
    attempt->call = call;
    attempt->is_connected = false;
    count_in(attempt);
    transport->current = attempt;
    transport->has_scheduled = false;
    getdns_return_t status =
        getdns_general(transport->context, name, attempt->type, NULL, call, &attempt->id, on_response);
    transport->current = NULL;
    if (status != GETDNS_RETURN_GOOD && attempt->is_running) {
        count_out(attempt);
        freelist_free(transport->share->freelist, call);
        return status;
    }
    return GETDNS_RETURN_GOOD;
}

int transport_ask(struct transport *transport, struct transport_attempt *attempt, uint64_t timeout_us)
{
    char name[NAME_SIZE];
    size_t length = strlen(attempt->name);
    if (length + 2 > sizeof(name) || !has_descriptor(transport) ||
        freelist_set_aside(transport->share->freelist) != 0 || !open_context(transport) ||
        transport->stuck_count == TRANSPORT_STUCK_MAX ||
        getdns_context_set_timeout(transport->context, timeout_us / 1000 + 1) != GETDNS_RETURN_GOOD)
        return -1;
    memcpy(name, attempt->name, length);
    memcpy(name + length, ".", 2);
    if (submit(transport, attempt, name) != GETDNS_RETURN_GOOD)
        return -1;
    if (!attempt->is_running || transport->has_scheduled || is_recursion(transport))
        return 0;
    put_aside(transport, attempt);
    return -1;
}

/* The flag goes down first: getdns calls back at once, and gives the id to its next query. */
void transport_cancel(struct transport_attempt *attempt)
{
    struct sigpipe sigpipe;
    if (!attempt->is_running)
        return;
    count_out(attempt);
    if (is_tls(attempt->transport))
        sigpipe_hold(&sigpipe);
    attempt->call->attempt = NULL;
    getdns_cancel_callback(attempt->context, attempt->id);
    if (is_tls(attempt->transport))
        sigpipe_release(&sigpipe);
}
