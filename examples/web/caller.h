/* SPDX-License-Identifier: BSD-2-Clause */
/* caller.h: who asks, also from behind a proxy, and how much that client may still ask. */
#ifndef WEB_CALLER_H
#define WEB_CALLER_H

#include "request.h"

#include <arpa/inet.h>

/* The address of the client: what the outermost of our proxies says, when the peer is one. Empty: what it says is no
 * address. */
void caller_address(const struct server *server, struct MHD_Connection *connection, char address[INET6_ADDRSTRLEN]);

/* The client has one request more at hand. Gives 0, or the status to refuse it with. */
unsigned caller_enter(struct request *request);
void caller_leave(struct request *request);

/* Take checks off what the client may do. Gives 0, or the status to refuse them with, and when to try again. */
unsigned caller_admit(struct request *request, unsigned checks, unsigned *retry_s);

#endif
