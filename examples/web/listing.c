/* SPDX-License-Identifier: BSD-2-Clause */
/* listing.c: a result is written only when the client takes more, so of a slow client's answers little is held. */
#include "listing.h"

#include "story.h"

#include <string.h>

enum { PIECE = 16384 };

static void put_json(struct buffer *buffer, const struct check *check)
{
    struct buffer json = {0};
    buffer_printf(buffer, "{\"line\":%zu,", check->line);
    if (check->result == NULL) {
        buffer_printf(buffer, "\"error\":\"%s\"}\n", mxcheck_status_name(check->status));
        return;
    }
    story_put_json(&json, check->result);
    buffer->has_failed = buffer->has_failed || json.has_failed;
    if (!json.has_failed)
        buffer_puts(buffer, json.octets + 1);
    buffer_puts(buffer, "\n");
    buffer_clear(&json);
}

static void put_cell(struct buffer *buffer, const char *text, const char *end)
{
    buffer_put_csv(buffer, text, strlen(text));
    buffer_puts(buffer, end);
}

static void put_csv(struct buffer *buffer, const struct check *check)
{
    char reply[512] = "";
    const mxcheck_result *result = check->result;
    mxcheck_result_reply(result, NULL, reply, sizeof(reply));
    buffer_put_csv(buffer, check->text, check->length);
    buffer_puts(buffer, ",");
    put_cell(buffer, mxcheck_result_domain(result), ",");
    put_cell(buffer, result == NULL ? "" : mxcheck_verdict_name(mxcheck_result_verdict(result)), ",");
    put_cell(buffer,
             result == NULL ? mxcheck_status_name(check->status) : mxcheck_reason_name(mxcheck_result_reason(result)),
             ",");
    put_cell(buffer, reply, ",");
    put_cell(buffer, mxcheck_result_hint(result), "\r\n");
}

static void begin(struct listing *listing, struct buffer *buffer)
{
    switch (listing->format) {
    case LISTING_JSON:
        break;
    case LISTING_CSV:
        buffer_puts(buffer, "address,domain,verdict,reason,reply,hint\r\n");
        break;
    case LISTING_HTML:
        page_begin_list(buffer, &listing->inquiry, true);
        break;
    }
}

static void put(struct listing *listing, struct buffer *buffer, const struct check *check)
{
    tally_add(&listing->tally, check);
    switch (listing->format) {
    case LISTING_JSON:
        put_json(buffer, check);
        break;
    case LISTING_CSV:
        put_csv(buffer, check);
        break;
    case LISTING_HTML:
        page_put_row(buffer, &listing->inquiry, check);
        break;
    }
}

static void end(struct listing *listing, struct buffer *buffer)
{
    if (listing->format == LISTING_HTML) {
        page_put_tally(buffer, &listing->tally);
        page_end(buffer);
    }
    listing->has_ended = true;
}

void listing_put(struct listing *listing, struct job *job, struct buffer *buffer)
{
    const struct check *check;
    if (!listing->has_begun)
        begin(listing, buffer);
    listing->has_begun = true;
    while (buffer->length < PIECE && (check = job_take(job, listing->format != LISTING_JSON)) != NULL)
        put(listing, buffer, check);
    if (job->given == job->count && !listing->has_ended)
        end(listing, buffer);
}
