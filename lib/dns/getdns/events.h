/* SPDX-License-Identifier: BSD-2-Clause */
/* events.h: the event loop that getdns gets to see: our loop, behind the gate. */
#ifndef MXCHECK_DNS_GETDNS_EVENTS_H
#define MXCHECK_DNS_GETDNS_EVENTS_H

#include "dns/getdns/state.h"

/* Make `transport->eventloop`, which every context of the transport waits on. */
void events_init(struct transport *transport);

#endif
