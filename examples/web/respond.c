/* SPDX-License-Identifier: BSD-2-Clause */
/* respond.c: nothing but what this server sends is loaded, run or framed by a browser. */
#include "respond.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK = 16384 };

static const struct {
    const char *name, *value;
} headers[] = {
    {"Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
                                "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"X-Robots-Tag", "noindex"},
};

static bool add(struct MHD_Response *response, const char *name, const char *value)
{
    return value == NULL || MHD_add_response_header(response, name, value) == MHD_YES;
}

static bool add_headers(const struct request *request, const char *type, const char *caching,
                        struct MHD_Response *response)
{
    char seconds[12];
    bool is_done = add(response, "Cache-Control", caching) && add(response, "Content-Type", type);
    snprintf(seconds, sizeof(seconds), "%u", request->retry_s);
    for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
        is_done = is_done && add(response, headers[i].name, headers[i].value);
    return is_done && add(response, "Retry-After", request->retry_s > 0 ? seconds : NULL) &&
           add(response, "Allow", request->allow) && add(response, "Connection", request->is_last ? "close" : NULL);
}

/* Queue the response, and give it back. One that lacks a header is not sent: the connection ends. */
static enum MHD_Result queue(struct request *request, unsigned code, const char *type, const char *caching,
                             struct MHD_Response *response)
{
    enum MHD_Result is_queued = MHD_NO;
    if (response == NULL)
        return MHD_NO;
    if (add_headers(request, type, caching, response))
        is_queued = MHD_queue_response(request->connection, code, response);
    if (is_queued == MHD_YES)
        request->server->metrics.responses[code]++;
    MHD_destroy_response(response);
    return is_queued;
}

static struct MHD_Response *no_memory(struct request *request)
{
    static char words[] = "no memory\n";
    request->retry_s = 1;
    return MHD_create_response_from_buffer(sizeof(words) - 1, words, MHD_RESPMEM_PERSISTENT);
}

enum MHD_Result respond(struct request *request, unsigned code, const char *type, struct buffer *body)
{
    if (body->has_failed) {
        buffer_clear(body);
        return queue(request, MHD_HTTP_SERVICE_UNAVAILABLE, TYPE_TEXT, "no-store", no_memory(request));
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(body->length, body->octets, MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        buffer_clear(body);
    *body = (struct buffer){NULL, 0, 0, false};
    return queue(request, code, type, "no-store", response);
}

/* Is the tag in a list such as `"a", W/"b"`, or is that `*`? A tag has its quotation marks. */
static bool has_tag(const char *list, const char *tag)
{
    const char *p = list + strspn(list, " \t");
    if (*p == '*')
        return true;
    while (*p != '\0') {
        if (strncmp(p, "W/", 2) == 0)
            p += 2;
        if (strncmp(p, tag, strlen(tag)) == 0)
            return true;
        p += strcspn(p, ",");
        p += strspn(p, ", \t");
    }
    return false;
}

enum MHD_Result respond_asset(struct request *request, const struct asset *asset)
{
    const char *tags = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "If-None-Match");
    bool is_known = tags != NULL && has_tag(tags, asset->tag);
    struct MHD_Response *response = MHD_create_response_from_buffer(
        is_known ? 0 : asset->size, (void *)(uintptr_t)asset->octets, MHD_RESPMEM_PERSISTENT);
    if (response != NULL && !add(response, "ETag", asset->tag)) {
        MHD_destroy_response(response);
        return MHD_NO;
    }
    return queue(request, is_known ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, asset->type, "no-cache", response);
}

/* --- listings ----------------------------------------------------------------------------------------------------- */

/* Without anything to say, the connection rests until a check has finished. */
static ssize_t read_piece(void *user_data, uint64_t position, char *octets, size_t size)
{
    struct request *request = user_data;
    struct buffer *piece = &request->piece;
    (void)position;
    request->visit->since_ms = allowance_now_ms();
    if (request->piece_sent == piece->length) {
        piece->length = request->piece_sent = 0;
        listing_put(&request->listing, request->job, piece);
    }
    if (piece->has_failed)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t left = piece->length - request->piece_sent;
    if (left == 0 && request->listing.has_ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (left == 0) {
        request_suspend(request);
        return 0;
    }
    if (left > size)
        left = size;
    memcpy(octets, piece->octets + request->piece_sent, left);
    request->piece_sent += left;
    return (ssize_t)left;
}

enum MHD_Result respond_listing(struct request *request)
{
    static const char *const types[] = {
        [LISTING_JSON] = TYPE_LINES, [LISTING_CSV] = TYPE_CSV, [LISTING_HTML] = TYPE_HTML};
    enum listing_format format = request->listing.format;
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_piece, request, NULL);
    bool is_download = format == LISTING_CSV;
    if (response != NULL &&
        (!add(response, "Content-Disposition", is_download ? "attachment; filename=\"mxcheck.csv\"" : NULL) ||
         !add(response, "X-Accel-Buffering", "no"))) {
        MHD_destroy_response(response);
        return MHD_NO;
    }
    return queue(request, MHD_HTTP_OK, types[format], "no-store", response);
}
