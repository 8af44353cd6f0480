/* SPDX-License-Identifier: BSD-2-Clause */
/* channels.c: opens connections, and stops using those that have failed. */
#include "dns/getdns/channels.h"

#include "base/clock.h"
#include "base/sigpipe.h"
#include "dns/getdns/context.h"
#include "dns/getdns/inside.h"
#include "dns/getdns/verification.h"

/* After so many connections in a row that ended after one answer, a server gets one query per connection, for so long.
 * */
#define SHORT_STREAMS 2
#define SINGLE_US 600000000

/* A connection for one query that has brought no answer for so long may be closed for another one. */
#define OWN_US 300000

bool transport_is_stream(const struct transport *transport)
{
    return transport->upstream.transport == UPSTREAM_TCP || transport_is_tls(transport);
}

/* Closing a TLS connection writes to it. Attempts on it end. */
static void close_channel(struct channel *channel)
{
    struct sigpipe sigpipe;
    if (channel->context == NULL)
        return;
    sigpipe_hold(&sigpipe);
    inside_getdns_enter();
    getdns_context_destroy(channel->context);
    inside_getdns_leave();
    sigpipe_release(&sigpipe);
    *channel = (struct channel){.context = NULL};
}

static bool can_close(const struct transport *transport, const struct channel *channel)
{
    return channel->context != NULL && channel->is_retired && channel->running == 0 &&
           (!channel->is_stuck || transport->running == 0);
}

/* From outside getdns' callbacks. */
static void close_retired(void *user)
{
    struct transport *transport = user;
    for (size_t i = 0; i < CHANNELS_MAX; i++) {
        if (can_close(transport, &transport->channels[i]))
            close_channel(&transport->channels[i]);
    }
}

/* If there is no memory for the timer, the next query closes it. */
void channels_close_soon(struct transport *transport, const struct channel *channel)
{
    if (can_close(transport, channel))
        loop_timer_set(transport->share->loop, &transport->close_timer, 0);
}

void channels_retire(struct transport *transport, struct channel *channel)
{
    channel->is_retired = true;
    if (transport->current == channel)
        transport->current = NULL;
    channels_close_soon(transport, channel);
}

/* Some servers close a connection after one answer, or ignore a second query on it: of several queries in progress all
 * but one are lost each time. */
void channels_note_loss(struct transport *transport, const struct channel *channel)
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
    channels_note_loss(transport, attempt->channel);
    channels_retire(transport, attempt->channel);
}

/* Its questions continue: their own timers send them again. */
static void close_silently(struct transport *transport, struct channel *channel)
{
    for (struct transport_attempt *attempt = transport->attempts, *next; attempt != NULL; attempt = next) {
        next = attempt->next;
        if (attempt->channel == channel)
            transport_cancel(attempt);
    }
    close_channel(channel);
}

/* A free place, or that of the retired connection that has been silent for longest. */
static struct channel *find_place(struct transport *transport, uint64_t patience_us)
{
    struct channel *oldest = NULL;
    close_retired(transport);
    for (size_t i = 0; i < CHANNELS_MAX; i++) {
        struct channel *channel = &transport->channels[i];
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

/* A connection for one query that was answered can serve the next queries as well. */
void channels_note_answer(const struct transport_attempt *attempt)
{
    struct transport *transport = attempt->transport;
    struct channel *channel = attempt->channel;
    channel->answered++;
    if (!channel->is_own || transport->current != NULL || is_single(transport))
        return;
    channel->is_own = false;
    channel->is_retired = false;
    transport->current = channel;
}

enum transport_sending channels_open(struct transport *transport, bool needs_own, struct channel **opened)
{
    needs_own = transport_is_stream(transport) && (needs_own || is_single(transport));
    *opened = transport->current;
    if (!needs_own && transport->current != NULL)
        return TRANSPORT_SENT;
    struct channel *channel = find_place(transport, needs_own ? OWN_US : 0);
    if (channel == NULL)
        return TRANSPORT_BUSY;
    channel->context =
        context_new(&transport->upstream, transport->share->freelist, &transport->eventloop, transport->share->asks_ad);
    if (channel->context == NULL)
        return TRANSPORT_NO_MEMORY;
    transport->tls_fault = NULL;
    if (transport_is_tls(transport))
        verification_watch(channel->context, &transport->tls_fault);
    channel->opened_us = clock_now_us();
    channel->has_edns = true;
    channel->is_retired = needs_own;
    channel->is_own = needs_own;
    if (!needs_own)
        transport->current = channel;
    *opened = channel;
    return TRANSPORT_SENT;
}

void channels_init(struct transport *transport)
{
    transport->close_timer.fire = close_retired;
    transport->close_timer.user = transport;
}

void channels_clear(struct transport *transport)
{
    loop_timer_clear(transport->share->loop, &transport->close_timer);
    for (size_t i = 0; i < CHANNELS_MAX; i++)
        close_channel(&transport->channels[i]);
    transport->current = NULL;
}
