/* SPDX-License-Identifier: BSD-2-Clause */
/* request.h: one request, from its first octet to the last of its answer. */
#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include "assets.h"
#include "buffer.h"
#include "inquiry.h"
#include "listing.h"
#include "server.h"

struct request {
    struct server *server;
    struct visit *visit;
    struct MHD_Connection *connection;
    const struct route *route;
    const struct asset *asset; /* NULL: the path is none */
    bool is_post;
    bool is_suspended; /* until checks finish */
    struct buffer body;
    struct buffer text; /* what is asked, decoded */
    struct inquiry inquiry;
    struct job *job;
    struct listing listing;
    struct buffer piece; /* of the listing */
    size_t piece_sent;
};

/* For libmicrohttpd. */
enum MHD_Result request_handle(void *user_data, struct MHD_Connection *connection, const char *path, const char *method,
                               const char *version, const char *upload, size_t *upload_size, void **context);
void request_on_completed(void *user_data, struct MHD_Connection *connection, void **context,
                          enum MHD_RequestTerminationCode code);

/* Does it wait for checks? */
bool request_waits(const struct request *request);

/* Let libmicrohttpd have its connection back, which ends it. */
void request_give_up(struct request *request);

#endif
