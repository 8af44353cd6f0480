/* SPDX-License-Identifier: BSD-2-Clause */
/* route.h: what each path does. */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include "request.h"

/* Bits. */
enum method { METHOD_GET = 1, METHOD_POST = 2, METHOD_OTHER = 4 };

/* How problems are told. */
enum voice { VOICE_JSON, VOICE_CHECK_PAGE, VOICE_LIST_PAGE };

struct route {
    const char *path;
    unsigned methods; /* on one path each is in one route at most */
    enum voice voice;
    enum listing_format format;                         /* of a list */
    enum MHD_Result (*begin)(struct request *request);  /* the request has come, whole */
    enum MHD_Result (*answer)(struct request *request); /* its only check has finished */
};

/* Find what request->method does on a path. */
void route_find(struct request *request, const char *path);

#endif
