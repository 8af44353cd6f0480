/* SPDX-License-Identifier: BSD-2-Clause */
/* refuse.h: says what went wrong with a request, in the way of its path: as JSON, or on the page. */
#ifndef WEB_REFUSE_H
#define WEB_REFUSE_H

#include "request.h"

/* request->retry_s and the like go with it. */
enum MHD_Result refuse(struct request *request, unsigned code, const char *problem);

/* The body has more octets than are taken. */
enum MHD_Result refuse_large(struct request *request);

/* The path does not take the method. */
enum MHD_Result refuse_method(struct request *request);

/* There is no room for this client (429), or for anybody (503). */
enum MHD_Result refuse_busy(struct request *request, unsigned code, unsigned retry_s);

enum MHD_Result refuse_no_memory(struct request *request);

#endif
