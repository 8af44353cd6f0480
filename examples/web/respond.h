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

/* Give a body, which is taken over. retry_s: when to try again, 0 says nothing of it. */
enum MHD_Result respond(struct request *request, unsigned code, const char *type, unsigned retry_s,
                        struct buffer *body);

/* Give request->listing, a piece at a time. */
enum MHD_Result respond_listing(struct request *request);

enum MHD_Result respond_asset(struct request *request, const struct asset *asset);

/* Say which methods the path takes. */
enum MHD_Result respond_methods(struct request *request, const char *methods);

#endif
