/* SPDX-License-Identifier: BSD-2-Clause */
/* request.c: what each path does. */
#include "request.h"

#include "caller.h"
#include "form.h"
#include "respond.h"
#include "story.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum method { METHOD_GET = 1, METHOD_POST = 2 };

/* How problems are told. */
enum voice { VOICE_JSON, VOICE_CHECK_PAGE, VOICE_LIST_PAGE };

struct route {
    const char *path;
    unsigned methods;
    enum voice voice;
    enum listing_format format;                         /* of a list */
    enum MHD_Result (*begin)(struct request *request);  /* the request has come, whole */
    enum MHD_Result (*answer)(struct request *request); /* its only check has finished */
};

/* --- problems ----------------------------------------------------------------------------------------------------- */

static enum MHD_Result refuse(struct request *request, unsigned code, unsigned retry_s, const char *problem)
{
    struct buffer body = {0};
    switch (request->route->voice) {
    case VOICE_JSON:
        buffer_printf(&body, "{\"error\":\"%s\"}\n", problem);
        return respond(request, code, TYPE_JSON, retry_s, &body);
    case VOICE_CHECK_PAGE:
        page_begin_check(&body, &request->inquiry, NULL);
        break;
    case VOICE_LIST_PAGE:
        page_begin_list(&body, &request->inquiry, false);
        break;
    }
    page_put_problem(&body, problem);
    page_end(&body);
    return respond(request, code, TYPE_HTML, retry_s, &body);
}

static enum MHD_Result refuse_large(struct request *request)
{
    char problem[80];
    snprintf(problem, sizeof(problem), "The list is too long: at most %u octets are taken.",
             request->server->options->body_octets);
    request->inquiry.text = NULL;
    return refuse(request, MHD_HTTP_CONTENT_TOO_LARGE, 0, problem);
}

/* --- what is asked ------------------------------------------------------------------------------------------------ */

/* Put a parameter behind the buffer: of the form, or of the query string. */
static bool find_parameter(struct request *request, const char *name, struct buffer *value)
{
    const char *found = NULL;
    size_t size = 0;
    if (request->is_post && request->route->voice == VOICE_LIST_PAGE)
        return form_find(&request->body, name, value);
    if (MHD_lookup_connection_value_n(request->connection, MHD_GET_ARGUMENT_KIND, name, strlen(name), &found, &size) !=
        MHD_YES)
        return false;
    if (found != NULL)
        buffer_put(value, found, size);
    return true;
}

/* Is the parameter one of two words? *is_second stays as it is without it. */
static bool read_choice(struct request *request, const char *name, const char *first, const char *second,
                        bool *is_second)
{
    struct buffer value = {0};
    bool is_valid = true;
    if (find_parameter(request, name, &value)) {
        const char *word = value.octets == NULL ? "" : value.octets;
        is_valid = strlen(word) == value.length && (strcmp(word, first) == 0 || strcmp(word, second) == 0);
        if (is_valid)
            *is_second = strcmp(word, second) == 0;
    }
    buffer_clear(&value);
    return is_valid;
}

static const char *read_choices(struct request *request)
{
    bool is_sender = false;
    bool is_deep = request->server->checker->usual_depth == DEPTH_TARGETS;
    const char *problem = NULL;
    if (!read_choice(request, "role", "rcpt", "sender", &is_sender))
        problem = "The role is rcpt or sender.";
    if (!read_choice(request, "depth", "records", "targets", &is_deep))
        problem = "The depth is records or targets.";
    request->inquiry.role = is_sender ? MXCHECK_ROLE_SENDER : MXCHECK_ROLE_RCPT;
    request->inquiry.depth = is_deep ? DEPTH_TARGETS : DEPTH_RECORDS;
    return problem;
}

/* Read the text in a parameter into the inquiry. False: there is none. */
static bool read_text(struct request *request, const char *name)
{
    if (!find_parameter(request, name, &request->text))
        return false;
    request->inquiry.text = request->text.octets == NULL ? "" : request->text.octets;
    request->inquiry.length = request->text.length;
    return true;
}

/* --- checks ------------------------------------------------------------------------------------------------------- */

static void on_change(void *user_data)
{
    struct request *request = user_data;
    if (!request->is_suspended)
        return;
    request->is_suspended = false;
    request->visit->since_ms = allowance_now_ms();
    MHD_resume_connection(request->connection);
}

/* Start the checks of request->job. False: they were refused, and *answered is what came of that. */
static bool start(struct request *request, enum MHD_Result *answered)
{
    unsigned retry_s;
    unsigned code = caller_admit(request->server, request->connection, (unsigned)request->job->count, &retry_s);
    if (code == 0) {
        request->job->depth = request->inquiry.depth;
        request->job->role = request->inquiry.role;
        job_start(request->job, request->server->checker, on_change, request);
        return true;
    }
    *answered =
        refuse(request, code, retry_s,
               code == MHD_HTTP_TOO_MANY_REQUESTS ? "You have looked up too much in the last minute; wait a little."
                                                  : "Too much is looked up just now; wait a little.");
    return false;
}

static enum MHD_Result begin_one(struct request *request)
{
    enum MHD_Result answered = MHD_NO;
    request->job = job_of_one(request->inquiry.text, request->inquiry.length);
    if (request->job == NULL || !start(request, &answered))
        return answered;
    if (request->job->finished > 0)
        return request->route->answer(request);
    request->is_suspended = true;
    MHD_suspend_connection(request->connection);
    return MHD_YES;
}

static enum MHD_Result begin_listing(struct request *request)
{
    enum MHD_Result answered = MHD_NO;
    char problem[80];
    size_t count;
    size_t most = request->server->options->list_lines;
    request->job = job_of_lines(request->inquiry.text, request->inquiry.length, most, &count);
    if (request->job != NULL) {
        request->listing = (struct listing){.format = request->route->format, .inquiry = request->inquiry};
        return start(request, &answered) ? respond_listing(request) : answered;
    }
    if (count <= most)
        return count > 0 ? MHD_NO : refuse(request, MHD_HTTP_BAD_REQUEST, 0, "There is no address in the list.");
    snprintf(problem, sizeof(problem), "The list has %zu addresses; at most %zu are taken.", count, most);
    return refuse(request, MHD_HTTP_CONTENT_TOO_LARGE, 0, problem);
}

/* --- the paths ---------------------------------------------------------------------------------------------------- */

static bool is_blank(const struct inquiry *inquiry)
{
    for (size_t i = 0; i < inquiry->length; i++) {
        if (inquiry->text[i] != ' ')
            return false;
    }
    return true;
}

static enum MHD_Result begin_check_page(struct request *request)
{
    struct buffer page = {0};
    bool is_asked = read_text(request, "q") && !is_blank(&request->inquiry);
    const char *problem = read_choices(request);
    if (problem != NULL)
        return refuse(request, MHD_HTTP_BAD_REQUEST, 0, problem);
    if (is_asked)
        return begin_one(request);
    request->inquiry.text = NULL;
    page_begin_check(&page, &request->inquiry, NULL);
    page_end(&page);
    return respond(request, MHD_HTTP_OK, TYPE_HTML, 0, &page);
}

static enum MHD_Result answer_check_page(struct request *request)
{
    struct buffer page = {0};
    const struct check *check = job_take(request->job, false);
    if (check->result == NULL)
        return refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, 1, mxcheck_status_text(check->status));
    page_begin_check(&page, &request->inquiry, check->result);
    story_put(&page, &request->inquiry, check->result);
    page_end(&page);
    return respond(request, MHD_HTTP_OK, TYPE_HTML, 0, &page);
}

static enum MHD_Result begin_api_check(struct request *request)
{
    const char *problem = read_choices(request);
    if (problem != NULL)
        return refuse(request, MHD_HTTP_BAD_REQUEST, 0, problem);
    if (!read_text(request, "address"))
        return refuse(request, MHD_HTTP_BAD_REQUEST, 0, "The parameter address is missing.");
    return begin_one(request);
}

static enum MHD_Result answer_api_check(struct request *request)
{
    struct buffer body = {0};
    const struct check *check = job_take(request->job, false);
    if (check->result == NULL)
        return refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, 1, mxcheck_status_text(check->status));
    story_put_json(&body, check->result);
    buffer_puts(&body, "\n");
    return respond(request, MHD_HTTP_OK, TYPE_JSON, 0, &body);
}

static enum MHD_Result begin_api_checks(struct request *request)
{
    const char *problem = read_choices(request);
    if (problem != NULL)
        return refuse(request, MHD_HTTP_BAD_REQUEST, 0, problem);
    request->inquiry.text = request->body.octets == NULL ? "" : request->body.octets;
    request->inquiry.length = request->body.length;
    return begin_listing(request);
}

static enum MHD_Result begin_list_page(struct request *request)
{
    struct buffer page = {0};
    if (!request->is_post) {
        page_begin_list(&page, &request->inquiry, false);
        page_end(&page);
        return respond(request, MHD_HTTP_OK, TYPE_HTML, 0, &page);
    }
    bool has_text = read_text(request, "addresses");
    const char *problem = read_choices(request);
    if (problem != NULL || !has_text)
        return refuse(request, MHD_HTTP_BAD_REQUEST, 0, problem != NULL ? problem : "There is no address in the list.");
    return begin_listing(request);
}

static enum MHD_Result begin_metrics(struct request *request)
{
    struct buffer body = {0};
    char address[INET6_ADDRSTRLEN];
    caller_address(request->server, request->connection, address);
    if (!networks_have(&request->server->options->watchers, address))
        return refuse(request, MHD_HTTP_FORBIDDEN, 0, "This is not for your address to see.");
    metrics_put(&body, &request->server->metrics, request->server->checker);
    return respond(request, MHD_HTTP_OK, TYPE_METRICS, 0, &body);
}

static enum MHD_Result begin_health(struct request *request)
{
    struct buffer body = {0};
    buffer_puts(&body, "ok\n");
    return respond(request, MHD_HTTP_OK, TYPE_TEXT, 0, &body);
}

static enum MHD_Result begin_asset(struct request *request)
{
    return respond_asset(request, request->asset);
}

static enum MHD_Result begin_unknown(struct request *request)
{
    return refuse(request, MHD_HTTP_NOT_FOUND, 0, "There is no such page.");
}

static const struct route routes[] = {
    {"/", METHOD_GET, VOICE_CHECK_PAGE, 0, begin_check_page, answer_check_page},
    {"/list", METHOD_GET | METHOD_POST, VOICE_LIST_PAGE, LISTING_HTML, begin_list_page, NULL},
    {"/list.csv", METHOD_POST, VOICE_LIST_PAGE, LISTING_CSV, begin_list_page, NULL},
    {"/api/v1/check", METHOD_GET, VOICE_JSON, 0, begin_api_check, answer_api_check},
    {"/api/v1/checks", METHOD_POST, VOICE_JSON, LISTING_JSON, begin_api_checks, NULL},
    {"/metrics", METHOD_GET, VOICE_JSON, 0, begin_metrics, NULL},
    {"/healthz", METHOD_GET, VOICE_JSON, 0, begin_health, NULL},
};
static const struct route asset_route = {"", METHOD_GET, VOICE_JSON, 0, begin_asset, NULL};
static const struct route unknown_page = {"", METHOD_GET | METHOD_POST, VOICE_CHECK_PAGE, 0, begin_unknown, NULL};
static const struct route unknown_call = {"", METHOD_GET | METHOD_POST, VOICE_JSON, 0, begin_unknown, NULL};

static void find_route(struct request *request, const char *path)
{
    request->route = strncmp(path, "/api/", 5) == 0 ? &unknown_call : &unknown_page;
    for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
        if (strcmp(path, routes[i].path) == 0)
            request->route = &routes[i];
    }
    for (const struct asset *asset = assets; asset->path != NULL; asset++) {
        if (strcmp(path, asset->path) == 0) {
            request->route = &asset_route;
            request->asset = asset;
        }
    }
}

/* --- for libmicrohttpd -------------------------------------------------------------------------------------------- */

static struct request *new_request(struct server *server, struct MHD_Connection *connection, const char *path)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct visit *visit = info->socket_context;
    struct request *request = visit == NULL ? NULL : calloc(1, sizeof(*request));
    if (request == NULL)
        return NULL;
    *request = (struct request){.server = server, .visit = visit, .connection = connection};
    request->inquiry.role = MXCHECK_ROLE_RCPT;
    request->inquiry.depth = server->checker->usual_depth;
    find_route(request, path);
    visit->request = request;
    return request;
}

static enum MHD_Result begin(struct request *request, const char *method)
{
    unsigned methods = request->route->methods;
    bool is_get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    request->visit->since_ms = allowance_now_ms();
    if ((methods & (is_get ? METHOD_GET : request->is_post ? METHOD_POST : 0U)) == 0)
        return respond_methods(request, methods == METHOD_GET    ? "GET, HEAD"
                                        : methods == METHOD_POST ? "POST"
                                                                 : "GET, HEAD, POST");
    if (request->body.length > request->server->options->body_octets)
        return refuse_large(request);
    return request->route->begin(request);
}

/* Keep what comes, up to one octet more than is taken. */
static void keep(struct request *request, const char *upload, size_t size)
{
    size_t room = request->server->options->body_octets + 1U - request->body.length;
    if (request->is_post)
        buffer_put(&request->body, upload, size < room ? size : room);
}

enum MHD_Result request_handle(void *user_data, struct MHD_Connection *connection, const char *path, const char *method,
                               const char *version, const char *upload, size_t *upload_size, void **context)
{
    struct request *request = *context;
    (void)version;
    if (request == NULL) {
        request = new_request(user_data, connection, path);
        *context = request;
        if (request != NULL)
            request->is_post = strcmp(method, "POST") == 0;
        return request == NULL ? MHD_NO : MHD_YES;
    }
    if (*upload_size > 0) {
        keep(request, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    return request->job == NULL ? begin(request, method) : request->route->answer(request);
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
    job_free(request->job);
    buffer_clear(&request->body);
    buffer_clear(&request->text);
    buffer_clear(&request->piece);
    free(request);
    *context = NULL;
}

bool request_waits(const struct request *request)
{
    return request->is_suspended;
}

void request_give_up(struct request *request)
{
    if (request->is_suspended)
        MHD_resume_connection(request->connection);
    request->is_suspended = false;
}
