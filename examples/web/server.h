/* SPDX-License-Identifier: BSD-2-Clause */
/* server.h: the HTTP server: its connections, and how long it has patience with each of them. */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include "checker.h"
#include "clients.h"
#include "metrics.h"
#include "options.h"

#include <microhttpd.h>

struct server {
    const struct options *options;
    struct checker *checker;
    struct clients *clients;
    struct allowance all_checks;
    struct metrics metrics;
    struct MHD_Daemon *daemon;
    struct visit *visits;
};

/* An open connection. */
struct visit {
    struct server *server;
    struct visit *next, *previous;
    struct MHD_Connection *connection;
    struct client *client;   /* that it counts for; NULL: a proxy */
    struct request *request; /* at hand; NULL: none */
    bool has_cut_path;       /* is there a NUL in its path? */
    int64_t since_ms;        /* when the client last did something that counts, see server_sweep() */
};

/* Take over a listening descriptor. False: it could not be started. */
bool server_start(struct server *server, int listener);

/* A descriptor that is readable when there is something to do. */
int server_fd(const struct server *server);
void server_run(struct server *server);

/* For how many milliseconds server_run() need not be called: a second at most. */
int server_rest_ms(const struct server *server);

/* End connections whose client has taken longer than `patience` for a whole request, for a piece of an answer, or for
 * its next request. What waits for DNS is not the client's fault. Call it about once a second. */
void server_sweep(struct server *server);

/* End all connections. */
void server_stop(struct server *server);

#endif
