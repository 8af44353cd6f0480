/* SPDX-License-Identifier: BSD-2-Clause */
/* events_getdns.h: the event loop that getdns gets to see: our loop, behind the gate. */
#ifndef MXCHECK_DNS_EVENTS_GETDNS_H
#define MXCHECK_DNS_EVENTS_GETDNS_H

#include "dns/transport_getdns.h"

/* Make `transport->eventloop`, which every context of the transport waits on. */
void events_getdns_init(struct transport *transport);

#endif
