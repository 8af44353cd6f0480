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
    struct client *client; /* that asks, also from behind a proxy; NULL: there was no place */
    struct MHD_Connection *connection;
    unsigned method; /* of enum method */
    const struct route *route;
    unsigned methods;          /* that the path takes */
    const struct asset *asset; /* of a route to one */
    bool is_suspended;         /* until checks finish */
    struct buffer body;
    struct buffer text; /* what is asked, decoded; has_failed: memory ran out for a parameter */
    struct inquiry inquiry;
    struct job *job;
    struct listing listing;
    struct buffer piece; /* of the listing */
    size_t piece_sent;

    /* What the headers of the answer say. */
    unsigned retry_s;  /* when to try again; 0: nothing of it */
    const char *allow; /* methods; or NULL */
    bool is_last;      /* the connection ends with it */
};

/* For libmicrohttpd. */
enum MHD_Result request_handle(void *user_data, struct MHD_Connection *connection, const char *path, const char *method,
                               const char *version, const char *upload, size_t *upload_size, void **context);
void request_on_completed(void *user_data, struct MHD_Connection *connection, void **context,
                          enum MHD_RequestTerminationCode code);

/* Let the connection rest until a check has finished; and go on, if it rests. */
void request_suspend(struct request *request);
void request_resume(struct request *request);

/* Does it rest? */
bool request_waits(const struct request *request);

#endif
