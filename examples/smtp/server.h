/* SPDX-License-Identifier: BSD-2-Clause */
/* server.h: what both example servers begin with: arguments, a context of libmxcheck, a listening socket. */
#ifndef SMTP_SERVER_H
#define SMTP_SERVER_H

#include "session.h"

struct server {
    struct session_settings session;
    mxcheck_ctx *ctx;
    int listener;
    int idle_s; /* a client that says nothing for so long is let go; RFC 5321 section 4.5.3.2.7 */
};

/* Read the arguments of the command line, make the context and the maildir, listen, and print
 * `listening on ADDRESS:PORT`. Ends the process with a sentence when that cannot be. Blocks SIGINT and SIGTERM, for the
 * server to take them when it can. */
void server_begin(struct server *server, int argc, char **argv);

/* Release what server_begin made. */
void server_end(struct server *server);

/* Accept a client and write its IP address to peer[64]. Returns its socket, -1 when there is none after all. */
int server_accept(const struct server *server, char *peer);

#endif
