/* SPDX-License-Identifier: BSD-2-Clause */
/* request.c: libmicrohttpd calls for the head of a request, for each piece of its body, and when it is whole; and again
 * when its connection goes on after a rest. */
#include "request.h"

#include "caller.h"
#include "refuse.h"
#include "route.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- a rest ------------------------------------------------------------------------------------------------------- */

void request_suspend(struct request *request)
{
    request->is_suspended = true;
    MHD_suspend_connection(request->connection);
}

void request_resume(struct request *request)
{
    if (!request->is_suspended)
        return;
    request->is_suspended = false;
    request->visit->since_ms = allowance_now_ms();
    MHD_resume_connection(request->connection);
}

bool request_waits(const struct request *request)
{
    return request->is_suspended;
}

/* --- the head ----------------------------------------------------------------------------------------------------- */

/* Count the fields that say how long the body is. One that a proxy may read in another way counts for two. */
static enum MHD_Result count_lengths(void *user_data, enum MHD_ValueKind kind, const char *name, const char *value)
{
    unsigned *count = user_data;
    (void)kind;
    if (name[strcspn(name, " \t")] != '\0')
        *count += 2;
    else if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0)
        *count += 1;
    else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0)
        *count += value != NULL && strcasecmp(value, "chunked") == 0 ? 1 : 2;
    return MHD_YES;
}

/* Does everybody see the same end of this request? */
static bool is_plain(struct MHD_Connection *connection)
{
    unsigned lengths = 0;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, count_lengths, &lengths);
    return lengths <= 1;
}

static enum method read_method(const char *method)
{
    if (strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0)
        return METHOD_GET;
    return strcmp(method, MHD_HTTP_METHOD_POST) == 0 ? METHOD_POST : METHOD_OTHER;
}

static struct request *new_request(struct server *server, struct MHD_Connection *connection, const char *path,
                                   const char *method)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct visit *visit = info->socket_context;
    struct request *request = visit == NULL ? NULL : calloc(1, sizeof(*request));
    if (request == NULL)
        return NULL;
    *request = (struct request){.server = server, .visit = visit, .connection = connection};
    request->inquiry.role = MXCHECK_ROLE_RCPT;
    request->inquiry.depth = server->checker->usual_depth;
    request->method = read_method(method);
    route_find(request, visit->has_cut_path ? "" : path);
    visit->request = request;
    return request;
}

/* Refuse what does not depend on the body before that comes. The body is not read then. */
static enum MHD_Result begin_head(struct request *request)
{
    unsigned code = caller_enter(request);
    request->is_last = true;
    if (!is_plain(request->connection))
        return refuse(request, MHD_HTTP_BAD_REQUEST, "The request does not say clearly how long it is.");
    if (code != 0)
        return refuse_busy(request, code, 1);
    request->is_last = false;
    return MHD_YES;
}

/* --- the body ----------------------------------------------------------------------------------------------------- */

static enum MHD_Result begin(struct request *request)
{
    request->visit->since_ms = allowance_now_ms();
    if ((request->methods & request->method) == 0)
        return refuse_method(request);
    if (request->body.has_failed)
        return refuse_no_memory(request);
    if (request->body.length > request->server->options->body_octets)
        return refuse_large(request);
    return request->route->begin(request);
}

/* Keep what comes, up to one octet more than is taken. */
static void keep(struct request *request, const char *upload, size_t size)
{
    size_t room = request->server->options->body_octets + 1U - request->body.length;
    if (request->method == METHOD_POST)
        buffer_put(&request->body, upload, size < room ? size : room);
}

enum MHD_Result request_handle(void *user_data, struct MHD_Connection *connection, const char *path, const char *method,
                               const char *version, const char *upload, size_t *upload_size, void **context)
{
    struct request *request = *context;
    (void)version;
    if (request == NULL) {
        request = new_request(user_data, connection, path, method);
        *context = request;
        return request == NULL ? MHD_NO : begin_head(request);
    }
    if (*upload_size > 0) {
        keep(request, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    return request->job == NULL ? begin(request) : request->route->answer(request);
}

void request_on_completed(void *user_data, struct MHD_Connection *connection, void **context,
                          enum MHD_RequestTerminationCode code)
{
    struct request *request = *context;
    (void)user_data;
    (void)connection;
    (void)code;
    if (request == NULL)
        return;
    request->visit->since_ms = allowance_now_ms();
    request->visit->request = NULL;
    caller_leave(request);
    job_free(request->job);
    buffer_clear(&request->body);
    buffer_clear(&request->text);
    buffer_clear(&request->piece);
    free(request);
    *context = NULL;
}
