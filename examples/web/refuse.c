/* SPDX-License-Identifier: BSD-2-Clause */
/* refuse.c: problems are sentences of our own, without anything to escape. */
#include "refuse.h"

#include "page.h"
#include "respond.h"
#include "route.h"

#include <stdio.h>

enum MHD_Result refuse(struct request *request, unsigned code, const char *problem)
{
    struct buffer body = {0};
    switch (request->route->voice) {
    case VOICE_JSON:
        buffer_printf(&body, "{\"error\":\"%s\"}\n", problem);
        return respond(request, code, TYPE_JSON, &body);
    case VOICE_CHECK_PAGE:
        page_begin_check(&body, &request->inquiry, NULL);
        break;
    case VOICE_LIST_PAGE:
        page_begin_list(&body, &request->inquiry, false);
        break;
    }
    page_put_problem(&body, problem);
    page_end(&body);
    return respond(request, code, TYPE_HTML, &body);
}

enum MHD_Result refuse_large(struct request *request)
{
    char problem[80];
    snprintf(problem, sizeof(problem), "The list is too long: at most %u octets are taken.",
             request->server->options->body_octets);
    return refuse(request, MHD_HTTP_CONTENT_TOO_LARGE, problem);
}

enum MHD_Result refuse_method(struct request *request)
{
    unsigned methods = request->methods;
    request->allow = methods == METHOD_GET ? "GET, HEAD" : methods == METHOD_POST ? "POST" : "GET, HEAD, POST";
    return refuse(request, MHD_HTTP_METHOD_NOT_ALLOWED, "This path does not take the method.");
}

enum MHD_Result refuse_busy(struct request *request, unsigned code, unsigned retry_s)
{
    request->retry_s = retry_s;
    return refuse(request, code,
                  code == MHD_HTTP_TOO_MANY_REQUESTS ? "You have looked up too much in the last minute; wait a little."
                                                     : "Too much is looked up just now; wait a little.");
}

enum MHD_Result refuse_no_memory(struct request *request)
{
    request->inquiry.text = NULL;
    request->retry_s = 1;
    return refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE, "The server has no memory left just now; wait a little.");
}
