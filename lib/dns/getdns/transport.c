/* SPDX-License-Identifier: BSD-2-Clause */
/* transport.c: sends questions through getdns contexts, and leaves those whose connection has failed. */
#include "dns/getdns/transport.h"

#include "base/clock.h"
#include "base/sigpipe.h"
#include "dns/getdns/context.h"
#include "dns/getdns/events.h"
#include "dns/getdns/inside.h"
#include "message/wire.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* The longest name in presentation form, its dot and its NUL. */
#define NAME_SIZE 1026

/* So many connections in a row that end after one answer make a server that takes one question each, for so long. */
#define SHORT_STREAMS 2
#define SINGLE_US 600000000

/* What getdns calls back with: it may outlive the attempt. */
struct call {
    struct transport_attempt *attempt; /* NULL: nobody waits any more */
    struct freelist *freelist;
};

static bool is_tls(const struct transport *transport)
{
    return transport->upstream.transport == UPSTREAM_TLS;
}

bool transport_is_stream(const struct transport *transport)
{
    return transport->upstream.transport == UPSTREAM_TCP || is_tls(transport);
}

/* --- channels --- */

/* Closing a TLS connection writes. Attempts that are under way on it end. */
static void close_channel(struct transport_channel *channel)
{
    struct sigpipe sigpipe;
    if (channel->context == NULL)
        return;
    sigpipe_hold(&sigpipe);
    inside_getdns_enter();
    getdns_context_destroy(channel->context);
    inside_getdns_leave();
    sigpipe_release(&sigpipe);
    *channel = (struct transport_channel){.context = NULL};
}

static bool is_spent(const struct transport *transport, const struct transport_channel *channel)
{
    return channel->context != NULL && channel->is_retired && channel->running == 0 &&
           (!channel->is_stuck || transport->running == 0);
}

/* From outside getdns' callbacks. */
static void close_spent(void *user)
{
    struct transport *transport = user;
    for (size_t i = 0; i < TRANSPORT_CHANNELS_MAX; i++) {
        if (is_spent(transport, &transport->channels[i]))
            close_channel(&transport->channels[i]);
    }
}

/* Without memory for the timer the next question closes it. */
static void close_soon(struct transport *transport, const struct transport_channel *channel)
{
    if (is_spent(transport, channel))
        loop_timer_set(transport->share->loop, &transport->reaper, 0);
}

static void retire(struct transport *transport, struct transport_channel *channel)
{
    channel->is_retired = true;
    if (transport->current == channel)
        transport->current = NULL;
    close_soon(transport, channel);
}

/* Some servers close a connection after one answer, or hear no second question on it: with several questions under
 * way, all but one are lost each time. */
static void note_loss(struct transport *transport, const struct transport_channel *channel)
{
    if (channel->is_retired || channel->answered == 0)
        return;
    transport->short_streams = channel->answered == 1 ? transport->short_streams + 1 : 0;
    if (transport->short_streams >= SHORT_STREAMS)
        transport->single_until_us = clock_now_us() + SINGLE_US;
}

void transport_leave_stream(struct transport_attempt *attempt)
{
    struct transport *transport = attempt->transport;
    if (!attempt->is_running || !transport_is_stream(transport) || transport->current != attempt->channel)
        return;
    note_loss(transport, attempt->channel);
    retire(transport, attempt->channel);
}

/* Its questions go on: their own timers ask again. */
static void close_silently(struct transport *transport, struct transport_channel *channel)
{
    for (struct transport_attempt *attempt = transport->attempts, *next; attempt != NULL; attempt = next) {
        next = attempt->next;
        if (attempt->channel == channel)
            transport_cancel(attempt);
    }
    close_channel(channel);
}

/* A free place; or that of the connection that was left, and has brought nothing, for longest. */
static struct transport_channel *find_place(struct transport *transport, uint64_t patience_us)
{
    struct transport_channel *oldest = NULL;
    close_spent(transport);
    for (size_t i = 0; i < TRANSPORT_CHANNELS_MAX; i++) {
        struct transport_channel *channel = &transport->channels[i];
        if (channel->context == NULL)
            return channel;
        if (channel->is_retired && !channel->is_stuck && (oldest == NULL || channel->opened_us < oldest->opened_us))
            oldest = channel;
    }
    if (oldest == NULL || clock_now_us() - oldest->opened_us < patience_us)
        return NULL;
    close_silently(transport, oldest);
    return oldest;
}

static bool is_single(const struct transport *transport)
{
    return transport->single_until_us != 0 && clock_now_us() < transport->single_until_us;
}

/* A connection for one question that has been answered is as good as any for those to come. */
void transport_note_answer(const struct transport_attempt *attempt)
{
    struct transport *transport = attempt->transport;
    struct transport_channel *channel = attempt->channel;
    channel->answered++;
    if (!channel->is_own || transport->current != NULL || is_single(transport))
        return;
    channel->is_own = false;
    channel->is_retired = false;
    transport->current = channel;
}

/* The channel for the next question: the current one, or one for this question alone. */
static enum transport_sending open_channel(struct transport *transport, bool needs_own,
                                           struct transport_channel **opened)
{
    *opened = transport->current;
    if (!needs_own && transport->current != NULL)
        return TRANSPORT_SENT;
    struct transport_channel *channel = find_place(transport, needs_own ? TRANSPORT_OWN_US : 0);
    if (channel == NULL)
        return TRANSPORT_BUSY;
    channel->context = context_getdns_new(&transport->upstream, transport->share->freelist, &transport->eventloop,
                                          transport->share->asks_ad);
    if (channel->context == NULL)
        return TRANSPORT_NO_MEMORY;
    channel->opened_us = clock_now_us();
    channel->has_edns = true;
    channel->is_retired = needs_own;
    channel->is_own = needs_own;
    if (!needs_own)
        transport->current = channel;
    *opened = channel;
    return TRANSPORT_SENT;
}

void transport_init(struct transport *transport, struct transport_share *share, const struct upstream *upstream)
{
    memset(transport, 0, sizeof(*transport));
    transport->share = share;
    transport->upstream = *upstream;
    transport->attempts_end = &transport->attempts;
    transport->reaper.fire = close_spent;
    transport->reaper.user = transport;
    events_getdns_init(transport);
}

void transport_clear(struct transport *transport)
{
    loop_timer_clear(transport->share->loop, &transport->reaper);
    for (size_t i = 0; i < TRANSPORT_CHANNELS_MAX; i++)
        close_channel(&transport->channels[i]);
    transport->current = NULL;
}

/* --- attempts --- */

static void count_in(struct transport_attempt *attempt)
{
    struct transport *transport = attempt->transport;
    attempt->is_running = true;
    attempt->next = NULL;
    attempt->link = transport->attempts_end;
    *transport->attempts_end = attempt;
    transport->attempts_end = &attempt->next;
    attempt->channel->running++;
    attempt->channel->asked++;
    transport->running++;
    transport->share->running++;
}

static void count_out(struct transport_attempt *attempt)
{
    struct transport *transport = attempt->transport;
    attempt->is_running = false;
    *attempt->link = attempt->next;
    if (attempt->next != NULL)
        attempt->next->link = attempt->link;
    else
        transport->attempts_end = attempt->link;
    attempt->channel->running--;
    transport->running--;
    transport->share->running--;
    close_soon(transport, attempt->channel);
}

static void end_attempt(struct transport_attempt *attempt, enum transport_end end, const uint8_t *message, size_t size,
                        const char *failure)
{
    if (!attempt->is_running)
        return;
    count_out(attempt);
    attempt->ended(attempt, end, message, size, failure);
}

/* getdns' `status` is not to be trusted; what counts is the message itself, which is walked again here because what
 * came over TLS has not been seen yet. */
static void end_with_response(struct transport_attempt *attempt, getdns_dict *response)
{
    getdns_bindata *full = NULL;
    enum wire_verdict verdict = WIRE_STRANGER;
    transport_note_answer(attempt);
    if (getdns_dict_get_bindata(response, "/replies_full/0", &full) == GETDNS_RETURN_GOOD)
        verdict = wire_walk(full->data, full->size, -1, attempt->name, attempt->type, 0);
    if (verdict != WIRE_STRANGER && verdict != WIRE_MALFORMED)
        end_attempt(attempt, TRANSPORT_ANSWERED, full->data, full->size, NULL);
    else
        end_attempt(attempt, TRANSPORT_MALFORMED, NULL, 0, "malformed answer");
}

/* After failed connections getdns leaves a server alone for a while, after a failed handshake for good; but a server
 * may be back at once, and a certificate be renewed. So another channel is opened for the next question. */
static void end_without_response(struct transport_attempt *attempt, getdns_callback_type_t kind)
{
    struct transport *transport = attempt->transport;
    const char *failure = kind == GETDNS_CALLBACK_TIMEOUT ? "no answer" : "network error";
    if (transport_is_stream(transport)) {
        note_loss(transport, attempt->channel);
        retire(transport, attempt->channel);
    }
    if (is_tls(transport))
        failure = "no TLS session";
    end_attempt(attempt, TRANSPORT_UNREACHABLE, NULL, 0, failure);
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

/* Another thread took the last descriptor after all: getdns keeps the question for ever. What else the context has
 * under way ends there as it would. */
static void leave_stuck(struct transport_attempt *attempt)
{
    attempt->call->attempt = NULL;
    attempt->channel->is_stuck = true;
    count_out(attempt);
    retire(attempt->transport, attempt->channel);
}

static getdns_return_t submit(struct transport *transport, struct transport_channel *channel,
                              struct transport_attempt *attempt, const char *name)
{
    struct call *call = freelist_malloc(transport->share->freelist, sizeof(*call));
    if (call == NULL)
        return GETDNS_RETURN_MEMORY_ERROR;
    *call = (struct call){attempt, transport->share->freelist};
    attempt->transport = transport;
    attempt->channel = channel;
    attempt->call = call;
    attempt->is_connected = false;
    count_in(attempt);
    transport->scheduling = attempt;
    transport->has_scheduled = false;
    inside_getdns_enter();
    getdns_return_t status =
        getdns_general(attempt->channel->context, name, attempt->type, NULL, call, &attempt->id, on_response);
    inside_getdns_leave();
    transport->scheduling = NULL;
    if (status != GETDNS_RETURN_GOOD && attempt->is_running) {
        count_out(attempt);
        freelist_free(transport->share->freelist, call);
        return status;
    }
    return GETDNS_RETURN_GOOD;
}

static bool set_up(struct transport_channel *channel, bool has_opt, uint64_t timeout_us)
{
    if (channel->has_edns != has_opt && !context_getdns_set_edns(channel->context, has_opt))
        return false;
    channel->has_edns = has_opt;
    return getdns_context_set_timeout(channel->context, timeout_us / 1000 + 1) == GETDNS_RETURN_GOOD;
}

static enum transport_sending send_on_channel(struct transport *transport, struct transport_attempt *attempt,
                                              const char *name, uint64_t timeout_us)
{
    bool needs_own = transport_is_stream(transport) && (attempt->needs_own || is_single(transport));
    struct transport_channel *channel;
    enum transport_sending opened = open_channel(transport, needs_own, &channel);
    if (opened != TRANSPORT_SENT)
        return opened;
    if (!set_up(channel, attempt->has_opt, timeout_us))
        return TRANSPORT_NO_MEMORY;
    if (submit(transport, channel, attempt, name) != GETDNS_RETURN_GOOD) {
        close_soon(transport, channel);
        return TRANSPORT_NO_ROUTE;
    }
    if (!attempt->is_running || transport->has_scheduled || transport->upstream.transport == UPSTREAM_RECURSION)
        return TRANSPORT_SENT;
    leave_stuck(attempt);
    return TRANSPORT_NO_DESCRIPTOR;
}

/* A server may have asked by edns-tcp-keepalive (RFC 7828 section 3.4) that a connection gets no more questions, and
 * getdns then refuses: another connection takes them. */
enum transport_sending transport_ask(struct transport *transport, struct transport_attempt *attempt,
                                     uint64_t timeout_us)
{
    char name[NAME_SIZE];
    size_t length = strlen(attempt->name);
    if (length + 2 > sizeof(name))
        return TRANSPORT_NO_ROUTE;
    if (!has_descriptor(transport))
        return TRANSPORT_NO_DESCRIPTOR;
    if (freelist_set_aside(transport->share->freelist) != 0)
        return TRANSPORT_NO_MEMORY;
    memcpy(name, attempt->name, length);
    memcpy(name + length, ".", 2);
    bool is_used = transport->current != NULL && transport->current->asked > 0;
    enum transport_sending sending = send_on_channel(transport, attempt, name, timeout_us);
    if (sending != TRANSPORT_NO_ROUTE || !is_used || !transport_is_stream(transport))
        return sending;
    if (transport->current != NULL)
        retire(transport, transport->current);
    return send_on_channel(transport, attempt, name, timeout_us);
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
    inside_getdns_enter();
    getdns_cancel_callback(attempt->channel->context, attempt->id);
    inside_getdns_leave();
    if (is_tls(attempt->transport))
        sigpipe_release(&sigpipe);
}
