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

/* Queue the response, and give it back. */
static enum MHD_Result queue(struct request *request, unsigned code, const char *type, const char *caching,
                             struct MHD_Response *response)
{
    if (response == NULL)
        return MHD_NO;
    for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
        MHD_add_response_header(response, headers[i].name, headers[i].value);
    MHD_add_response_header(response, "Cache-Control", caching);
    if (type != NULL)
        MHD_add_response_header(response, "Content-Type", type);
    enum MHD_Result is_queued = MHD_queue_response(request->connection, code, response);
    if (is_queued == MHD_YES)
        request->server->metrics.responses[code]++;
    MHD_destroy_response(response);
    return is_queued;
}

enum MHD_Result respond(struct request *request, unsigned code, const char *type, unsigned retry_s, struct buffer *body)
{
    struct MHD_Response *response;
    char seconds[12];
    if (body->has_failed) {
        static char words[] = "no memory\n";
        buffer_clear(body);
        response = MHD_create_response_from_buffer(sizeof(words) - 1, words, MHD_RESPMEM_PERSISTENT);
        return queue(request, MHD_HTTP_INTERNAL_SERVER_ERROR, TYPE_TEXT, "no-store", response);
    }
    response = MHD_create_response_from_buffer(body->length, body->octets, MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        buffer_clear(body);
    *body = (struct buffer){NULL, 0, 0, false};
    snprintf(seconds, sizeof(seconds), "%u", retry_s);
    if (response != NULL && retry_s > 0)
        MHD_add_response_header(response, "Retry-After", seconds);
    return queue(request, code, type, "no-store", response);
}

enum MHD_Result respond_methods(struct request *request, const char *methods)
{
    static char words[] = "this path does not take the method\n";
    struct MHD_Response *response = MHD_create_response_from_buffer(sizeof(words) - 1, words, MHD_RESPMEM_PERSISTENT);
    if (response != NULL)
        MHD_add_response_header(response, "Allow", methods);
    return queue(request, MHD_HTTP_METHOD_NOT_ALLOWED, TYPE_TEXT, "no-store", response);
}

enum MHD_Result respond_asset(struct request *request, const struct asset *asset)
{
    const char *tag = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "If-None-Match");
    bool is_known = tag != NULL && strcmp(tag, asset->tag) == 0;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        is_known ? 0 : asset->size, (void *)(uintptr_t)asset->octets, MHD_RESPMEM_PERSISTENT);
    if (response != NULL)
        MHD_add_response_header(response, "ETag", asset->tag);
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
        request->is_suspended = true;
        MHD_suspend_connection(request->connection);
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
    if (response != NULL && format == LISTING_CSV)
        MHD_add_response_header(response, "Content-Disposition", "attachment; filename=\"mxcheck.csv\"");
    if (response != NULL)
        MHD_add_response_header(response, "X-Accel-Buffering", "no");
    return queue(request, MHD_HTTP_OK, types[format], "no-store", response);
}
