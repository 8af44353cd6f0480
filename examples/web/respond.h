/* SPDX-License-Identifier: BSD-2-Clause */
/* respond.h: gives answers to libmicrohttpd, with the headers that all of them have. */
#ifndef WEB_RESPOND_H
#define WEB_RESPOND_H

#include "assets.h"
#include "request.h"

#define TYPE_HTML "text/html; charset=utf-8"
#define TYPE_JSON "application/json"
#define TYPE_LINES "application/x-ndjson"
#define TYPE_CSV "text/csv; charset=utf-8; header=present"
#define TYPE_TEXT "text/plain; charset=utf-8"
#define TYPE_METRICS "text/plain; version=0.0.4; charset=utf-8"

/* Give a body, which is taken over; one that has failed becomes a 503. */
enum MHD_Result respond(struct request *request, unsigned code, const char *type, struct buffer *body);

/* Give request->listing, a piece at a time. */
enum MHD_Result respond_listing(struct request *request);

enum MHD_Result respond_asset(struct request *request, const struct asset *asset);

#endif
