/* SPDX-License-Identifier: BSD-2-Clause */
/* channels.h: the connections to one upstream: which one gets the next query, and when one is retired or closed. */
#ifndef MXCHECK_DNS_GETDNS_CHANNELS_H
#define MXCHECK_DNS_GETDNS_CHANNELS_H

#include "dns/getdns/state.h"

void channels_init(struct transport *transport);

/* Close them all. From outside getdns' callbacks, with no attempt running. */
void channels_clear(struct transport *transport);

/* Gives the channel for the next query in *opened: the current one; or a new one when the query needs its own, or the
 * server takes one query per connection. */
enum transport_sending channels_open(struct transport *transport, bool needs_own, struct channel **opened);

/* Send no more queries on it. */
void channels_retire(struct transport *transport, struct channel *channel);

/* Its connection has ended before all queries on it were answered. */
void channels_note_loss(struct transport *transport, const struct channel *channel);

/* The attempt was answered over its channel. */
void channels_note_answer(const struct transport_attempt *attempt);

/* Close it in the next turn of the loop, if it is retired and no attempt is in progress on it. */
void channels_close_soon(struct transport *transport, const struct channel *channel);

#endif
