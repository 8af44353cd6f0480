/* SPDX-License-Identifier: BSD-2-Clause */
/* server.h: the connections of Postfix's processes, on libevent. */
#ifndef POLICY_SERVER_H
#define POLICY_SERVER_H

#include "../common/settings.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

struct server_settings {
    struct settings common;
    const char *shadow_config; /* a file of options to try beside the others; NULL: none */
    bool defers_if_permit;
    unsigned most_connections;
    size_t most_octets;    /* of a request */
    unsigned idle_seconds; /* after which a connection is closed */
};

struct server;

/* Make a server that logs by report.h and checks by the library. `settings` must outlive it. NULL: a line says why. */
struct server *server_new(struct event_base *base, const struct server_settings *settings);
void server_free(struct server *server);

/* Serve who connects to this socket, which listens; or who writes to `in` and reads from `out`, until that ends, and
 * then leave the loop. The descriptors are the server's from then on. False: a line says why. */
bool server_listen(struct server *server, int fd);
bool server_serve(struct server *server, int in, int out);

/* Read the configuration anew. Checks under way end as they were begun. */
void server_reload(struct server *server);
void server_report_counts(const struct server *server);

#endif
