/* SPDX-License-Identifier: BSD-2-Clause */
/* page.c: the pages in HTML. Everything in them comes from this server. */
#include "page.h"

#include "story.h"

/* A list that is longer is not in the form again: for each slow reader of it that would be held in memory. */
enum { ECHO_MOST = 16384 };

static void begin(struct buffer *page, const mxcheck_result *result, bool is_list)
{
    buffer_puts(page, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
    if (result != NULL) {
        story_put_headline(page, result);
        buffer_puts(page, " – ");
    }
    buffer_puts(page,
                is_list ? "Can mail be delivered? A list of addresses</title>" : "Can mail be delivered?</title>");
    buffer_puts(page, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                      "<meta name=\"color-scheme\" content=\"light dark\"><meta name=\"robots\" content=\"noindex\">"
                      "<link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\">"
                      "<link rel=\"stylesheet\" href=\"/style.css\"><script src=\"/script.js\" defer></script></head>"
                      "<body><a class=\"skip\" href=\"#main\">Skip to the form</a>"
                      "<header><p class=\"brand\">mxcheck</p><nav aria-label=\"Pages\"><a href=\"/\"");
    buffer_puts(page, is_list ? ">One address</a> <a href=\"/list\" aria-current=\"page\">A list</a></nav></header>"
                              : " aria-current=\"page\">One address</a> <a href=\"/list\">A list</a></nav></header>");
    buffer_puts(page, "<main id=\"main\" tabindex=\"-1\"><h1>Can mail be delivered?</h1>");
}

static void put_choice(struct buffer *page, const char *value, const char *label, bool is_chosen)
{
    buffer_printf(page, "<option value=\"%s\"%s>%s</option>", value, is_chosen ? " selected" : "", label);
}

static void put_choices(struct buffer *page, const struct inquiry *inquiry)
{
    buffer_puts(page,
                "<div class=\"choices\"><div><label for=\"role\">Used as</label><select id=\"role\" name=\"role\">");
    put_choice(page, "rcpt", "recipient (RCPT TO)", inquiry->role == MXCHECK_ROLE_RCPT);
    put_choice(page, "sender", "sender (MAIL FROM)", inquiry->role == MXCHECK_ROLE_SENDER);
    buffer_puts(page, "</select></div><div><label for=\"depth\">Look at</label><select id=\"depth\" name=\"depth\">");
    put_choice(page, "records", "the domain’s records", inquiry->depth == DEPTH_RECORDS);
    put_choice(page, "targets", "its mail hosts, too", inquiry->depth == DEPTH_TARGETS);
    buffer_puts(page, "</select></div></div>");
}

void page_begin_check(struct buffer *page, const struct inquiry *inquiry, const mxcheck_result *result)
{
    begin(page, result, false);
    buffer_puts(page,
                "<p>Did a mail server refuse an address, or put its mail off? Look its domain up, as the server does, "
                "and see what to do.</p>"
                "<form id=\"check\" action=\"/\" method=\"get\"><label for=\"q\">Domain or address</label>"
                "<input id=\"q\" name=\"q\" type=\"text\" inputmode=\"email\" autocomplete=\"off\" "
                "autocapitalize=\"none\" spellcheck=\"false\" dir=\"auto\" required "
                "placeholder=\"example.com or bob@example.com\" value=\"");
    if (inquiry->text != NULL)
        buffer_put_html(page, inquiry->text, inquiry->length);
    buffer_puts(page, "\">");
    put_choices(page, inquiry);
    buffer_puts(page, "<button type=\"submit\">Look up</button></form>"
                      "<p id=\"status\" role=\"status\"></p><div id=\"place\">");
}

static void put_lines(struct buffer *page, const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t end = at;
        while (end < length && text[end] != '\n')
            end++;
        buffer_put_html(page, text + at, end > at && text[end - 1] == '\r' ? end - at - 1 : end - at);
        buffer_puts(page, "\n");
        at = end + 1;
    }
}

void page_begin_list(struct buffer *page, const struct inquiry *inquiry, bool has_rows)
{
    begin(page, NULL, true);
    buffer_puts(
        page,
        "<p>Paste addresses or domains, one a line: which of them cannot get mail? The addresses are not stored.</p>"
        "<form id=\"list\" action=\"/list\" method=\"post\"><label for=\"addresses\">Addresses or domains</label>"
        "<textarea id=\"addresses\" name=\"addresses\" rows=\"8\" autocapitalize=\"none\" "
        "autocomplete=\"off\" spellcheck=\"false\" required>\n");
    if (inquiry->text != NULL && inquiry->length <= ECHO_MOST)
        put_lines(page, inquiry->text, inquiry->length);
    buffer_puts(page, "</textarea>");
    put_choices(page, inquiry);
    buffer_puts(page, "<div class=\"buttons\"><button type=\"submit\">Look all up</button> "
                      "<button type=\"submit\" id=\"csv\" class=\"second\" formaction=\"/list.csv\">"
                      "Look up, and download as CSV</button></div></form>"
                      "<p id=\"status\" role=\"status\"></p><div id=\"place\">");
    if (has_rows)
        buffer_puts(page,
                    "<table role=\"table\" id=\"rows\" class=\"cards\"><thead role=\"rowgroup\"><tr role=\"row\">"
                    "<th role=\"columnheader\" scope=\"col\">Address</th>"
                    "<th role=\"columnheader\" scope=\"col\">Mail</th>"
                    "<th role=\"columnheader\" scope=\"col\">Reply</th>"
                    "<th role=\"columnheader\" scope=\"col\">What to do</th></tr></thead><tbody role=\"rowgroup\">");
}

static void put_failed_row(struct buffer *page, const struct check *check)
{
    buffer_puts(page, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\" data-label=\"Address\"><bdi>");
    buffer_put_html(page, check->text, check->length);
    buffer_printf(page, "</bdi></th><td role=\"cell\" colspan=\"3\">not checked: %s</td></tr>",
                  mxcheck_status_text(check->status));
}

void page_put_row(struct buffer *page, const struct inquiry *inquiry, const struct check *check)
{
    char reply[512];
    struct inquiry own = {check->text, check->length, inquiry->role, inquiry->depth};
    if (check->result == NULL) {
        put_failed_row(page, check);
        return;
    }
    mxcheck_verdict verdict = mxcheck_result_verdict(check->result);
    mxcheck_result_reply(check->result, NULL, reply, sizeof(reply));
    buffer_puts(page, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\" data-label=\"Address\"><a href=\"");
    story_put_link(page, "/?q=", &own);
    buffer_puts(page, "\"><bdi>");
    buffer_put_html(page, check->text, check->length);
    buffer_printf(page, "</bdi></a></th><td role=\"cell\" data-label=\"Mail\"><span class=\"mark %s\">%s</span></td>",
                  mxcheck_verdict_name(verdict), story_verdict(verdict));
    buffer_puts(page, "<td role=\"cell\" data-label=\"Reply\"><code>");
    buffer_puts_html(page, reply);
    buffer_puts(page, "</code></td><td role=\"cell\" data-label=\"What to do\">");
    buffer_puts_html(page, verdict == MXCHECK_VERDICT_ACCEPT ? "nothing" : mxcheck_result_hint(check->result));
    buffer_puts(page, "</td></tr>\n");
}

void tally_add(struct tally *tally, const struct check *check)
{
    switch (mxcheck_result_verdict(check->result)) {
    case MXCHECK_VERDICT_ACCEPT:
        tally->accepted++;
        return;
    case MXCHECK_VERDICT_DEFER:
        tally->deferred++;
        return;
    case MXCHECK_VERDICT_REJECT:
        tally->rejected++;
        return;
    }
    tally->failed++;
}

void page_put_tally(struct buffer *page, const struct tally *tally)
{
    buffer_printf(
        page, "</tbody></table><p id=\"tally\">Mail can be delivered to %zu of %zu, cannot to %zu; unknown now: %zu.",
        tally->accepted, tally->accepted + tally->rejected + tally->deferred + tally->failed, tally->rejected,
        tally->deferred);
    if (tally->failed > 0)
        buffer_printf(page, " Not checked: %zu.", tally->failed);
    buffer_puts(page, "</p>");
}

void page_put_problem(struct buffer *page, const char *problem)
{
    buffer_puts(page, "<section id=\"answer\" class=\"problem\"><h2>Not looked up</h2><p>");
    buffer_puts_html(page, problem);
    buffer_puts(page, "</p></section>");
}

void page_end(struct buffer *page)
{
    buffer_printf(
        page,
        "</div></main><footer><p>The answer is that of libmxcheck %s. It says what DNS says: whether a mailbox "
        "exists, only its own server knows.</p></footer></body></html>\n",
        mxcheck_version());
}
