/* SPDX-License-Identifier: BSD-2-Clause */
/* context.c: configures getdns for one upstream. */
#include "dns/getdns/context.h"

#include "dns/getdns/freelist.h"
#include "dns/getdns/gate.h"
#include "dns/getdns/inside.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

/* How long an idle TLS connection stays open. A handshake costs more than all queries of a check. */
#define TLS_IDLE_MS 10000

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

/* The AD bit of a query requests the AD bit of the answer (RFC 6840 section 5.7). */
static bool set_header(getdns_context *context, bool asks_ad)
{
    getdns_dict *config = asks_ad ? getdns_dict_create_with_context(context) : NULL;
    bool is_good = !asks_ad || (config != NULL && getdns_dict_set_int(config, "/header/ad", 1) == GETDNS_RETURN_GOOD &&
                                getdns_context_config(context, config) == GETDNS_RETURN_GOOD);
    getdns_dict_destroy(config);
    return is_good;
}

/* Use only this upstream, or resolve from the root; never a search suffix. Never let getdns fall back from UDP to TCP:
 * when such a query is cancelled, getdns closes the connection that all queries share, and goes on writing to its
 * descriptor number, which may be another file by then. */
static bool configure(getdns_context *context, const struct upstream *upstream, getdns_eventloop *eventloop,
                      bool asks_ad)
{
    bool is_stub = upstream->transport != UPSTREAM_RECURSION;
    return getdns_context_set_resolution_type(context, is_stub ? GETDNS_RESOLUTION_STUB
                                                               : GETDNS_RESOLUTION_RECURSING) == GETDNS_RETURN_GOOD &&
           getdns_context_set_append_name(context, GETDNS_APPEND_NAME_NEVER) == GETDNS_RETURN_GOOD &&
           set_transports(context, upstream->transport) &&
           getdns_context_set_edns_maximum_udp_payload_size(context, GATE_DATAGRAM_MAX) == GETDNS_RETURN_GOOD &&
           (!is_stub || (set_upstream(context, upstream) && set_header(context, asks_ad))) &&
           getdns_context_set_eventloop(context, eventloop) == GETDNS_RETURN_GOOD;
}

/* What a context is made with. */
struct making {
    struct freelist *freelist;
    bool is_tls;
    getdns_context *context; /* NULL: not made */
};

static void make(struct making *making)
{
    /* getdns 1.6.0 never sets tls_fallback_ok, by which it chooses the ciphers of the first connection. */
    if (getdns_context_create_with_extended_memory_functions(&making->context, 0, making->freelist,
                                                             making->is_tls ? freelist_zalloc : freelist_malloc,
                                                             freelist_realloc, freelist_free) != GETDNS_RETURN_GOOD)
        making->context = NULL;
}

/* The first context of a process initialises libunbound's log without a lock (NLnetLabs/unbound#1492): threads that did
 * so at the same time would use a mutex that another thread is still initialising. So others wait until one thread has
 * made its own, which pthread_once hands no argument. */
static pthread_once_t first_context = PTHREAD_ONCE_INIT;
static _Thread_local struct making *first_making;

static void make_first_context(void)
{
    make(first_making);
}

static getdns_context *make_context(const struct upstream *upstream, struct freelist *freelist,
                                    getdns_eventloop *eventloop, bool asks_ad)
{
    struct making making = {freelist, upstream->transport == UPSTREAM_TLS, NULL};
    first_making = &making;
    pthread_once(&first_context, make_first_context);
    first_making = NULL;
    if (making.context == NULL)
        make(&making);
    if (making.context == NULL || configure(making.context, upstream, eventloop, asks_ad))
        return making.context;
    getdns_context_destroy(making.context);
    return NULL;
}

getdns_context *context_new(const struct upstream *upstream, struct freelist *freelist, getdns_eventloop *eventloop,
                            bool asks_ad)
{
    if (!inside_getdns_has_stack(upstream->transport == UPSTREAM_RECURSION))
        return NULL;
    inside_getdns_enter();
    getdns_context *context = make_context(upstream, freelist, eventloop, asks_ad);
    inside_getdns_leave();
    return context;
}

bool context_set_edns(getdns_context *context, bool has_opt)
{
    /* getdns adds no OPT record when the size is the minimum of RFC 1035. */
    return getdns_context_set_edns_maximum_udp_payload_size(
               context, has_opt ? GATE_DATAGRAM_MAX : GATE_DATAGRAM_PLAIN) == GETDNS_RETURN_GOOD;
}
