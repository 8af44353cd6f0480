/* SPDX-License-Identifier: BSD-2-Clause */
/* attempts.c: sends queries through getdns, cancels them, and receives its callbacks. */
#include "base/clock.h"
#include "base/sigpipe.h"
#include "dns/getdns/channels.h"
#include "dns/getdns/context.h"
#include "dns/getdns/inside.h"
#include "message/wire.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* The longest name in presentation form, its dot and its NUL. */
#define NAME_SIZE 1026

/* How often the limit on descriptors is looked at. */
#define LIMIT_LOOK_US 1000000

_Static_assert(sizeof(getdns_transaction_t) == sizeof(uint64_t), "transport_attempt has room for it");

/* The user data of getdns' callback. It may outlive the attempt. */
struct call {
    struct transport_attempt *attempt; /* NULL: cancelled */
    struct freelist *freelist;
};

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
    channels_close_soon(transport, attempt->channel);
}

static void end_attempt(struct transport_attempt *attempt, enum transport_end end, const uint8_t *message, size_t size,
                        const char *failure)
{
    if (!attempt->is_running)
        return;
    count_out(attempt);
    attempt->ended(attempt, end, message, size, failure);
}

/* getdns' `status` cannot be trusted; the message itself counts. It is walked here, because answers over TLS have not
 * been walked before. */
static void end_with_response(struct transport_attempt *attempt, getdns_dict *response)
{
    getdns_bindata *full = NULL;
    enum wire_verdict verdict = WIRE_STRANGER;
    channels_note_answer(attempt);
    if (getdns_dict_get_bindata(response, "/replies_full/0", &full) == GETDNS_RETURN_GOOD)
        verdict = wire_walk(full->data, full->size, -1, attempt->name, attempt->type, 0);
    if (verdict != WIRE_STRANGER && verdict != WIRE_MALFORMED)
        end_attempt(attempt, TRANSPORT_ANSWERED, full->data, full->size, NULL);
    else
        end_attempt(attempt, TRANSPORT_MALFORMED, NULL, 0, "malformed answer");
}

/* After failed connections getdns ignores a server for a while, after a failed handshake for ever. But a server may be
 * back at once, and a certificate may be renewed. So the next query gets another channel. */
static void end_without_response(struct transport_attempt *attempt, getdns_callback_type_t kind)
{
    struct transport *transport = attempt->transport;
    const char *failure = kind == GETDNS_CALLBACK_TIMEOUT ? "no answer" : "network error";
    if (transport_is_stream(transport)) {
        channels_note_loss(transport, attempt->channel);
        channels_retire(transport, attempt->channel);
    }
    if (transport_is_tls(transport))
        failure = transport->tls_fault == NULL ? "no TLS session" : transport->tls_fault;
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

/* How many descriptors the process may have. The program seldom changes this, and asking costs a system call. */
static uint64_t descriptor_limit(struct transport_share *share)
{
    struct rlimit limit;
    uint64_t now_us = clock_now_us();
    if (now_us < share->next_limit_look_us)
        return share->descriptor_limit;
    share->next_limit_look_us = now_us + LIMIT_LOOK_US;
    share->descriptor_limit = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
    return share->descriptor_limit;
}

/* Will getdns get a descriptor? Numbers are given lowest first, so there is one while those seen are in the lower half
 * of the table; above that, try. */
static bool has_descriptor(const struct transport *transport)
{
    if ((uint64_t)transport->highest_fd < descriptor_limit(transport->share) / 2 && transport->highest_fd > 0)
        return true;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

/* Another thread has taken the last descriptor: getdns keeps this query for ever. The other queries of the context end
 * as usual. */
static void leave_stuck(struct transport_attempt *attempt)
{
    attempt->call->attempt = NULL;
    attempt->channel->is_stuck = true;
    count_out(attempt);
    channels_retire(attempt->transport, attempt->channel);
}

static getdns_return_t submit(struct transport *transport, struct channel *channel, struct transport_attempt *attempt,
                              const char *name)
{
    struct call *call = freelist_malloc(transport->share->freelist, sizeof(*call));
    if (call == NULL)
        return GETDNS_RETURN_MEMORY_ERROR;
    *call = (struct call){attempt, transport->share->freelist};
    attempt->transport = transport;
    attempt->channel = channel;
    attempt->call = call;
    attempt->is_connected = false;
    attempt->query = NULL;
    attempt->query_id = -1;
    count_in(attempt);
    freelist_forget_largest(transport->share->freelist);
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

static bool set_up(struct channel *channel, bool has_opt, uint64_t timeout_us)
{
    if (channel->has_edns != has_opt && !context_set_edns(channel->context, has_opt))
        return false;
    channel->has_edns = has_opt;
    return getdns_context_set_timeout(channel->context, timeout_us / 1000 + 1) == GETDNS_RETURN_GOOD;
}

static enum transport_sending send_on_channel(struct transport *transport, struct transport_attempt *attempt,
                                              const char *name, uint64_t timeout_us)
{
    struct channel *channel;
    enum transport_sending opened = channels_open(transport, attempt->needs_own, &channel);
    if (opened != TRANSPORT_SENT)
        return opened;
    if (!set_up(channel, attempt->has_opt, timeout_us))
        return TRANSPORT_NO_MEMORY;
    if (submit(transport, channel, attempt, name) != GETDNS_RETURN_GOOD) {
        channels_close_soon(transport, channel);
        return TRANSPORT_NO_ROUTE;
    }
    if (!attempt->is_running || transport->has_scheduled || transport_is_recursion(transport))
        return TRANSPORT_SENT;
    leave_stuck(attempt);
    return TRANSPORT_NO_DESCRIPTOR;
}

/* A server may have asked by edns-tcp-keepalive (RFC 7828 section 3.4) for no more queries on a connection. getdns then
 * refuses, and the query goes over another connection. */
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
        channels_retire(transport, transport->current);
    return send_on_channel(transport, attempt, name, timeout_us);
}

/* Clear the flag first: getdns calls back at once, and uses the id for its next query. */
void transport_cancel(struct transport_attempt *attempt)
{
    struct sigpipe sigpipe;
    if (!attempt->is_running)
        return;
    count_out(attempt);
    if (transport_is_tls(attempt->transport))
        sigpipe_hold(&sigpipe);
    attempt->call->attempt = NULL;
    inside_getdns_enter();
    getdns_cancel_callback(attempt->channel->context, attempt->id);
    inside_getdns_leave();
    if (transport_is_tls(attempt->transport))
        sigpipe_release(&sigpipe);
}
