/* SPDX-License-Identifier: BSD-2-Clause */
/* transport.c: makes and frees the transports of a resolver. */
#include "dns/transport.h"

#include "base/memory.h"
#include "dns/getdns/channels.h"
#include "dns/getdns/events.h"
#include "dns/getdns/gate.h"

struct transports {
    const struct memory *memory;
    struct transport_share share;
    size_t count;
    struct transport item[]; /* by upstream; then again over TCP */
};

static void init(struct transport *transport, struct transport_share *share, const struct upstream *upstream,
                 bool is_over_tcp)
{
    transport->share = share;
    transport->upstream = *upstream;
    if (is_over_tcp && upstream->transport == UPSTREAM_UDP)
        transport->upstream.transport = UPSTREAM_TCP;
    transport->attempts_end = &transport->attempts;
    channels_init(transport);
    events_init(transport);
}

struct transports *transports_new(const struct memory *memory, struct loop *loop, const struct upstreams *upstreams,
                                  bool asks_ad)
{
    struct transports *transports =
        memory_zalloc(memory, 1, sizeof(*transports) + upstreams->count * 2 * sizeof(struct transport));
    if (transports == NULL)
        return NULL;
    struct transport_share *share = &transports->share;
    transports->memory = memory;
    share->loop = loop;
    share->asks_ad = asks_ad;
    share->freelist = freelist_new(memory);
    share->buffer = memory_alloc(memory, GATE_BUFFER_SIZE);
    if (share->freelist == NULL || share->buffer == NULL) {
        transports_free(transports);
        return NULL;
    }
    transports->count = upstreams->count;
    for (size_t i = 0; i < upstreams->count; i++) {
        init(transports_get(transports, i, false), share, &upstreams->item[i], false);
        init(transports_get(transports, i, true), share, &upstreams->item[i], true);
    }
    return transports;
}

void transports_free(struct transports *transports)
{
    if (transports == NULL)
        return;
    for (size_t i = 0; i < transports->count * 2; i++)
        channels_clear(&transports->item[i]);
    freelist_destroy(transports->share.freelist);
    memory_free(transports->memory, transports->share.buffer);
    memory_free(transports->memory, transports);
}

struct transport *transports_get(struct transports *transports, size_t index, bool is_over_tcp)
{
    return &transports->item[is_over_tcp ? transports->count + index : index];
}

size_t transports_running(const struct transports *transports)
{
    return transports->share.running;
}
