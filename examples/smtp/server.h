/* SPDX-License-Identifier: BSD-2-Clause */
/* server.h: what both example servers begin with: arguments, a context of libmxcheck, a listening socket. */
#ifndef SMTP_SERVER_H
#define SMTP_SERVER_H

#include "admission.h"
#include "patience.h"
#include "session.h"

struct server {
    struct session_settings session;
    mxcheck_ctx *ctx;
    int listener;
    struct admission *admission;
    int idle_s;    /* that a client may take for a line; see patience.h */
    int session_s; /* that it may take in all */
};

/* A client that has come. */
struct server_client {
    int socket;
    char peer[64]; /* its IP address */
    struct admission_network network;
};

/* Read the arguments of the command line, make the context and the maildir, listen, and print
 * `listening on ADDRESS:PORT`. Ends the process with a sentence when that cannot be. Blocks SIGINT and SIGTERM, for the
 * server to take them when it can. clients_max: so many clients at once unless --clients says another number. */
void server_begin(struct server *server, unsigned clients_max, int argc, char **argv);

/* Release what server_begin made. */
void server_end(struct server *server);

/* Accept a client. Returns false when there is none after all. */
bool server_accept(const struct server *server, struct server_client *client);

/* Send a client away before its session has begun. */
void server_refuse(const struct server *server, const struct server_client *client);

#endif
