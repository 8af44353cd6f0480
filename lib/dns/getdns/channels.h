/* SPDX-License-Identifier: BSD-2-Clause */
/* channels.h: the connections to one upstream: which one takes the next question, and when one is left or closed. */
#ifndef MXCHECK_DNS_GETDNS_CHANNELS_H
#define MXCHECK_DNS_GETDNS_CHANNELS_H

#include "dns/getdns/state.h"

void channels_init(struct transport *transport);

/* Close them all. From outside getdns' callbacks, with no attempt running. */
void channels_clear(struct transport *transport);

/* The channel for the next question, in *opened: the current one; or one for it alone, when it needs its own or the
 * server takes one question a connection. */
enum transport_sending channels_open(struct transport *transport, bool needs_own, struct channel **opened);

/* It gets no more questions. */
void channels_retire(struct transport *transport, struct channel *channel);

/* Its connection has ended before all that was asked on it was answered. */
void channels_note_loss(struct transport *transport, const struct channel *channel);

/* The attempt is answered over its channel. */
void channels_note_answer(const struct transport_attempt *attempt);

/* Close it from the loop's turn, when it is retired and nothing is under way on it. */
void channels_close_soon(struct transport *transport, const struct channel *channel);

#endif
