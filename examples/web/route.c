/* SPDX-License-Identifier: BSD-2-Clause */
/* route.c: a request is read, its checks are started, and its answer is given when they have finished. */
#include "route.h"

#include "caller.h"
#include "parameters.h"
#include "refuse.h"
#include "respond.h"
#include "story.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* Read what is asked, the text from a parameter; `name` NULL: it is elsewhere. `missing`: what to say without a text,
 * NULL: nothing is wrong with that. False: it was refused, and *answered is what came of that. */
static bool read_inquiry(struct request *request, const char *name, const char *missing, enum MHD_Result *answered)
{
    bool has_text = name != NULL && parameters_read_text(request, name);
    const char *problem = parameters_read_choices(request);
    if (problem == NULL && !has_text)
        problem = missing;
    if (request->text.has_failed)
        *answered = refuse_no_memory(request);
    else if (problem != NULL)
        *answered = refuse(request, MHD_HTTP_BAD_REQUEST, problem);
    return !request->text.has_failed && problem == NULL;
}

/* --- checks ------------------------------------------------------------------------------------------------------- */

static void on_change(void *user_data)
{
    request_resume(user_data);
}

/* Start the checks of request->job. False: they were refused, and *answered is what came of that. */
static bool start(struct request *request, enum MHD_Result *answered)
{
    unsigned retry_s;
    unsigned code = caller_admit(request, (unsigned)request->job->count, &retry_s);
    if (code != 0) {
        *answered = refuse_busy(request, code, retry_s);
        return false;
    }
    request->job->depth = request->inquiry.depth;
    request->job->role = request->inquiry.role;
    job_start(request->job, request->server->checker, on_change, request);
    return true;
}

static enum MHD_Result begin_one(struct request *request)
{
    enum MHD_Result answered = MHD_NO;
    request->job = job_of_one(request->inquiry.text, request->inquiry.length);
    if (request->job == NULL)
        return refuse_no_memory(request);
    if (!start(request, &answered))
        return answered;
    if (request->job->finished > 0)
        return request->route->answer(request);
    request_suspend(request);
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
    if (count == 0)
        return refuse(request, MHD_HTTP_BAD_REQUEST, "There is no address in the list.");
    if (count <= most)
        return refuse_no_memory(request);
    snprintf(problem, sizeof(problem), "The list has %zu addresses; at most %zu are taken.", count, most);
    return refuse(request, MHD_HTTP_CONTENT_TOO_LARGE, problem);
}

/* --- the paths ---------------------------------------------------------------------------------------------------- */

static enum MHD_Result refuse_failed(struct request *request, const struct check *check)
{
    if (check->status == MXCHECK_ERR_NOMEM)
        return refuse_no_memory(request);
    return refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, mxcheck_status_text(check->status));
}

static enum MHD_Result begin_check_page(struct request *request)
{
    struct buffer page = {0};
    enum MHD_Result answered;
    if (!read_inquiry(request, "q", NULL, &answered))
        return answered;
    if (request->inquiry.text != NULL && !job_is_blank(request->inquiry.text, request->inquiry.length))
        return begin_one(request);
    request->inquiry.text = NULL;
    page_begin_check(&page, &request->inquiry, NULL);
    page_end(&page);
    return respond(request, MHD_HTTP_OK, TYPE_HTML, &page);
}

static enum MHD_Result answer_check_page(struct request *request)
{
    struct buffer page = {0};
    const struct check *check = job_take(request->job, false);
    if (check->result == NULL)
        return refuse_failed(request, check);
    page_begin_check(&page, &request->inquiry, check->result);
    story_put(&page, &request->inquiry, check->result);
    page_end(&page);
    return respond(request, MHD_HTTP_OK, TYPE_HTML, &page);
}

static enum MHD_Result begin_api_check(struct request *request)
{
    enum MHD_Result answered;
    return read_inquiry(request, "address", "The parameter address is missing.", &answered) ? begin_one(request)
                                                                                            : answered;
}

static enum MHD_Result answer_api_check(struct request *request)
{
    struct buffer body = {0};
    const struct check *check = job_take(request->job, false);
    if (check->result == NULL)
        return refuse_failed(request, check);
    story_put_json(&body, check->result);
    buffer_puts(&body, "\n");
    return respond(request, MHD_HTTP_OK, TYPE_JSON, &body);
}

static enum MHD_Result begin_api_checks(struct request *request)
{
    enum MHD_Result answered;
    if (!read_inquiry(request, NULL, NULL, &answered))
        return answered;
    request->inquiry.text = request->body.octets == NULL ? "" : request->body.octets;
    request->inquiry.length = request->body.length;
    return begin_listing(request);
}

static enum MHD_Result begin_list_page(struct request *request)
{
    struct buffer page = {0};
    page_begin_list(&page, &request->inquiry, false);
    page_end(&page);
    return respond(request, MHD_HTTP_OK, TYPE_HTML, &page);
}

static enum MHD_Result begin_posted_list(struct request *request)
{
    enum MHD_Result answered;
    if (!read_inquiry(request, "addresses", "There is no address in the list.", &answered))
        return answered;
    buffer_clear(&request->body);
    return begin_listing(request);
}

static enum MHD_Result begin_metrics(struct request *request)
{
    struct buffer body = {0};
    char address[INET6_ADDRSTRLEN];
    caller_address(request->server, request->connection, address);
    if (!networks_have(&request->server->options->watchers, address))
        return refuse(request, MHD_HTTP_FORBIDDEN, "This is not for your address to see.");
    metrics_put(&body, &request->server->metrics, request->server->checker);
    return respond(request, MHD_HTTP_OK, TYPE_METRICS, &body);
}

static enum MHD_Result begin_health(struct request *request)
{
    struct buffer body = {0};
    buffer_puts(&body, "ok\n");
    return respond(request, MHD_HTTP_OK, TYPE_TEXT, &body);
}

static enum MHD_Result begin_asset(struct request *request)
{
    return respond_asset(request, request->asset);
}

static enum MHD_Result begin_unknown(struct request *request)
{
    return refuse(request, MHD_HTTP_NOT_FOUND, "There is no such page.");
}

static const struct route routes[] = {
    {"/", METHOD_GET, VOICE_CHECK_PAGE, 0, begin_check_page, answer_check_page},
    {"/list", METHOD_GET, VOICE_LIST_PAGE, 0, begin_list_page, NULL},
    {"/list", METHOD_POST, VOICE_LIST_PAGE, LISTING_HTML, begin_posted_list, NULL},
    {"/list.csv", METHOD_POST, VOICE_LIST_PAGE, LISTING_CSV, begin_posted_list, NULL},
    {"/api/v1/check", METHOD_GET, VOICE_JSON, 0, begin_api_check, answer_api_check},
    {"/api/v1/checks", METHOD_POST, VOICE_JSON, LISTING_JSON, begin_api_checks, NULL},
    {"/metrics", METHOD_GET, VOICE_JSON, 0, begin_metrics, NULL},
    {"/healthz", METHOD_GET, VOICE_JSON, 0, begin_health, NULL},
};

enum { METHODS = METHOD_GET | METHOD_POST | METHOD_OTHER };

static const struct route asset_route = {"", METHOD_GET, VOICE_JSON, 0, begin_asset, NULL};
static const struct route unknown_page = {"", METHODS, VOICE_CHECK_PAGE, 0, begin_unknown, NULL};
static const struct route unknown_call = {"", METHODS, VOICE_JSON, 0, begin_unknown, NULL};

static bool find_asset(struct request *request, const char *path)
{
    for (request->asset = assets; request->asset->path != NULL; request->asset++) {
        if (strcmp(path, request->asset->path) == 0)
            return true;
    }
    return false;
}

void route_find(struct request *request, const char *path)
{
    const struct route *found = NULL;
    unsigned methods = 0;
    for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
        if (strcmp(path, routes[i].path) != 0)
            continue;
        methods |= routes[i].methods;
        if (found == NULL || (routes[i].methods & request->method) != 0)
            found = &routes[i];
    }
    if (found == NULL && find_asset(request, path))
        found = &asset_route;
    if (found == NULL)
        found = strncmp(path, "/api/", strlen("/api/")) == 0 ? &unknown_call : &unknown_page;
    request->route = found;
    request->methods = methods == 0 ? found->methods : methods;
}
