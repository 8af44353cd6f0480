/* SPDX-License-Identifier: BSD-2-Clause */
/* story.c: the table is made from the library's JSON, and the sentences from its explanation. */
#include "story.h"

#include "json.h"

#include <stdio.h>
#include <string.h>

/* A name in presentation form takes at most 1,004 octets, an EDE text is cut. */
enum { TEXT_MAX = 2048, ADDRESSES_SHOWN_MAX = 20 };

const char *story_verdict(mxcheck_verdict verdict)
{
    switch (verdict) {
    case MXCHECK_VERDICT_ACCEPT:
        return "can be delivered";
    case MXCHECK_VERDICT_DEFER:
        return "unknown now";
    case MXCHECK_VERDICT_REJECT:
        return "cannot be delivered";
    }
    return "no answer";
}

/* What one of the library's functions writes. */
static void put_written(struct buffer *buffer, const mxcheck_result *result,
                        size_t (*write)(const mxcheck_result *result, const char *id, char *text, size_t size))
{
    size_t length = write(result, NULL, NULL, 0);
    char *room = buffer_room(buffer, length);
    if (room == NULL)
        return;
    write(result, NULL, room, length + 1);
    buffer_put(buffer, NULL, strlen(room)); /* a TTL that counts down may have one digit less now */
}

void story_put_json(struct buffer *buffer, const mxcheck_result *result)
{
    put_written(buffer, result, mxcheck_result_json);
}

static void put_bdi(struct buffer *page, const char *text)
{
    buffer_puts(page, "<bdi>");
    buffer_puts_html(page, text);
    buffer_puts(page, "</bdi>");
}

static void put_member(struct buffer *page, const char *object, const char *key)
{
    char text[TEXT_MAX];
    put_bdi(page, json_text(json_member(object, key), text, sizeof(text)));
}

static bool is_empty(const char *object, const char *key)
{
    return json_is(json_member(object, key), "");
}

void story_put_headline(struct buffer *page, const mxcheck_result *result)
{
    const char *domain = mxcheck_result_domain(result);
    mxcheck_verdict verdict = mxcheck_result_verdict(result);
    if (mxcheck_result_reason(result) == MXCHECK_REASON_NULL_SENDER) {
        buffer_puts(page, "The null reverse-path &lt;&gt; is always accepted");
        return;
    }
    if (verdict == MXCHECK_VERDICT_DEFER)
        buffer_puts(page, "Unknown now: whether mail can be delivered to ");
    else
        buffer_printf(page, "Mail %s to ", story_verdict(verdict));
    if (domain[0] != '\0')
        buffer_puts_html(page, domain);
    else
        buffer_put_html(page, mxcheck_result_address(result), mxcheck_result_address_length(result));
}

/* --- the table ---------------------------------------------------------------------------------------------------- */

static void put_extended_error(struct buffer *page, const char *question)
{
    char text[TEXT_MAX];
    const char *error = json_member(question, "extended_error");
    if (json_member(error, "code") == NULL)
        return;
    buffer_printf(page, "<span class=\"also\">EDE %lu ", json_number(json_member(error, "code")));
    put_member(page, error, "name");
    if (json_text(json_member(error, "text"), text, sizeof(text))[0] != '\0') {
        buffer_puts(page, ": ");
        put_bdi(page, text);
    }
    buffer_puts(page, "</span>");
}

static void put_absence(struct buffer *page, const char *question, const char *what)
{
    buffer_puts(page, what);
    if (is_empty(question, "zone"))
        return;
    buffer_puts(page, ", says the zone ");
    put_member(page, question, "zone");
}

static void put_addresses(struct buffer *page, const char *question)
{
    char text[TEXT_MAX];
    unsigned shown = 0;
    unsigned long count = json_number(json_member(question, "count"));
    buffer_puts(page, "<ul>");
    for (const char *item = json_first(json_member(question, "addresses")); item != NULL && shown < ADDRESSES_SHOWN_MAX;
         item = json_next(item), shown++)
        buffer_printf(page, "<li><code>%s</code></li>", json_text(item, text, sizeof(text)));
    if (count > shown)
        buffer_printf(page, "<li>and %lu more</li>", count - shown);
    buffer_puts(page, "</ul>");
}

/* The words for a state of an MX host; NULL for one that a later release adds. */
static const char *words_of(const char *state)
{
    static const char *const words[][2] = {
        {"usable", "usable"},          {"dead", "no address"},   {"forbidden", "forbidden address"},
        {"cut", "too many addresses"}, {"failed", "DNS failed"}, {"unknown", "not looked up"}};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (strcmp(state, words[i][0]) == 0)
            return words[i][1];
    }
    return NULL;
}

static void put_state(struct buffer *page, const char *result, const char *host)
{
    char text[TEXT_MAX];
    for (const char *item = json_first(json_member(result, "targets")); item != NULL; item = json_next(item)) {
        if (strcmp(json_text(json_member(item, "host"), text, sizeof(text)), host) != 0)
            continue;
        const char *words = words_of(json_text(json_member(item, "state"), text, sizeof(text)));
        if (words != NULL)
            buffer_printf(page, " <span class=\"state %s\">%s</span>", text, words);
        return;
    }
}

static void put_exchanges(struct buffer *page, const char *result)
{
    char host[TEXT_MAX];
    unsigned shown = 0;
    const char *item = json_first(json_member(result, "mx"));
    buffer_puts(page, item == NULL ? "<ul><li>0 . (null MX)</li>" : "<ul>");
    for (; item != NULL && shown < ADDRESSES_SHOWN_MAX; item = json_next(item), shown++) {
        json_text(json_member(item, "host"), host, sizeof(host));
        buffer_printf(page, "<li>%lu ", json_number(json_member(item, "preference")));
        put_bdi(page, host);
        put_state(page, result, host);
        buffer_puts(page, "</li>");
    }
    buffer_puts(page, item == NULL ? "</ul>" : "<li>and more</li></ul>");
}

static void put_answer(struct buffer *page, const char *result, const char *question)
{
    const char *outcome = json_member(question, "outcome");
    if (!is_empty(question, "alias")) {
        buffer_puts(page, "<span class=\"also\">an alias of ");
        put_member(page, question, "alias");
        buffer_puts(page, "</span>");
    }
    if (json_is(outcome, "nxdomain"))
        put_absence(page, question, "the name does not exist (NXDOMAIN)");
    else if (json_is(outcome, "nodata"))
        put_absence(page, question, "no such record (NODATA)");
    else if (json_is(outcome, "timeout"))
        buffer_puts(page, "no answer in time");
    else if (json_is(outcome, "bogus"))
        buffer_puts(page, "DNSSEC validation failed");
    else if (!json_is(outcome, "records"))
        put_member(page, question, "failure");
    else if (json_is(json_member(question, "type"), "MX"))
        put_exchanges(page, result);
    else
        put_addresses(page, question);
    put_extended_error(page, question);
}

static void put_question(struct buffer *page, const char *result, const char *question)
{
    unsigned long elapsed_us = json_number(json_member(question, "elapsed_us"));
    const char *outcome = json_member(question, "outcome");
    bool has_ttl = json_is(outcome, "records") || json_is(outcome, "nodata") || json_is(outcome, "nxdomain");
    buffer_puts(page, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\" data-label=\"Question\">");
    put_member(page, question, "type");
    buffer_puts(page, " of ");
    put_member(page, question, "name");
    buffer_puts(page, "</th><td role=\"cell\" data-label=\"Answer\">");
    put_answer(page, result, question);
    buffer_puts(page, "</td><td role=\"cell\" data-label=\"TTL\">");
    if (has_ttl)
        buffer_printf(page, "%lu s", json_number(json_member(question, "ttl")));
    else
        buffer_puts(page, "none");
    buffer_puts(page, "</td><td role=\"cell\" data-label=\"Who answered\">");
    if (is_empty(question, "upstream"))
        buffer_puts(page, "nobody");
    else
        put_member(page, question, "upstream");
    buffer_printf(page, "<span class=\"also\">%lu.%lu ms</span></td></tr>", elapsed_us / 1000, elapsed_us / 100 % 10);
}

static void put_table(struct buffer *page, const char *result)
{
    const char *question = json_first(json_member(result, "questions"));
    buffer_puts(page, "<h3>What DNS said</h3>");
    if (question == NULL) {
        buffer_puts(page, "<p>DNS was not asked.</p>");
        return;
    }
    buffer_puts(page, "<table role=\"table\" class=\"cards\"><thead role=\"rowgroup\"><tr role=\"row\">"
                      "<th role=\"columnheader\" scope=\"col\">Question</th>"
                      "<th role=\"columnheader\" scope=\"col\">Answer</th>"
                      "<th role=\"columnheader\" scope=\"col\">TTL</th>"
                      "<th role=\"columnheader\" scope=\"col\">Who answered</th></tr></thead>"
                      "<tbody role=\"rowgroup\">");
    for (; question != NULL; question = json_next(question))
        put_question(page, result, question);
    buffer_puts(page, "</tbody></table>");
}

/* --- the sentences ------------------------------------------------------------------------------------------------ */

/* The rest of the next line at or behind `from` that begins with `head`; NULL: there is none. A line begins with text
 * of the library's own, whatever names and texts are in it. */
static const char *find_line(const char *from, const char *head, size_t *length)
{
    for (const char *line = from; line != NULL && *line != '\0';) {
        const char *end = strchr(line, '\n');
        if (strncmp(line, head, strlen(head)) == 0) {
            line += strlen(head);
            *length = end == NULL ? strlen(line) : (size_t)(end - line);
            return line;
        }
        line = end == NULL ? NULL : end + 1;
    }
    return NULL;
}

static void put_advice(struct buffer *page, const char *explanation)
{
    size_t length;
    const char *advice = find_line(explanation, "To do: ", &length);
    buffer_puts(page, "<h3>What to do</h3><p>");
    if (advice == NULL)
        buffer_puts(page, "Nothing: as far as DNS tells, all is well.");
    else
        buffer_put_html(page, advice, length);
    buffer_puts(page, "</p>");
}

static void put_why(struct buffer *page, const char *explanation)
{
    static const char *const heads[] = {"Note ", "The resolver ", "DNSSEC: "};
    size_t length;
    const char *rule = find_line(explanation, "Rule: ", &length);
    buffer_puts(page, "<h3>Why</h3><p>");
    if (rule != NULL)
        buffer_put_html(page, rule, length);
    buffer_puts(page, "</p>");
    for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
        for (const char *line = find_line(explanation, heads[i], &length); line != NULL;
             line = find_line(line + length, heads[i], &length)) {
            buffer_printf(page, "<p class=\"also\">%s", heads[i]);
            buffer_put_html(page, line, length);
            buffer_puts(page, "</p>");
        }
    }
}

/* Both forms of the domain, and the address where that was given; nothing where the headline says it all. */
static void put_forms(struct buffer *page, const mxcheck_result *result, const char *json)
{
    bool has_address = memchr(mxcheck_result_address(result), '@', mxcheck_result_address_length(result)) != NULL;
    bool has_unicode = json_member(json, "domain_unicode") != NULL;
    if (mxcheck_result_domain(result)[0] == '\0' || (!has_address && !has_unicode))
        return;
    buffer_puts(page, "<dl class=\"forms\">");
    if (has_address) {
        buffer_puts(page, "<dt>Address</dt><dd><bdi>");
        buffer_put_html(page, mxcheck_result_address(result), mxcheck_result_address_length(result));
        buffer_puts(page, "</bdi></dd>");
    }
    buffer_puts(page, "<dt>Domain in DNS</dt><dd><bdi>");
    buffer_puts_html(page, mxcheck_result_domain(result));
    buffer_puts(page, "</bdi></dd>");
    if (has_unicode) {
        buffer_puts(page, "<dt>In Unicode</dt><dd>");
        put_member(page, json, "domain_unicode");
        buffer_puts(page, "</dd>");
    }
    buffer_puts(page, "</dl>");
}

void story_put_link(struct buffer *page, const char *what, const struct inquiry *inquiry)
{
    buffer_puts(page, what);
    buffer_put_query(page, inquiry->text, inquiry->length);
    buffer_puts(page, inquiry->role == MXCHECK_ROLE_SENDER ? "&amp;role=sender" : "&amp;role=rcpt");
    buffer_puts(page, inquiry->depth == DEPTH_TARGETS ? "&amp;depth=targets" : "&amp;depth=records");
}

static void put_links(struct buffer *page, const struct inquiry *inquiry)
{
    buffer_puts(page, "<p class=\"links\"><a href=\"");
    story_put_link(page, "/?q=", inquiry);
    buffer_puts(page, "\">Link to this answer</a> <a href=\"");
    story_put_link(page, "/api/v1/check?address=", inquiry);
    buffer_puts(page, "\">The same as JSON</a></p>");
}

static void put_fine_print(struct buffer *page, const mxcheck_result *result)
{
    buffer_printf(page, "<p class=\"fine\">Reason: <code>%s</code>.",
                  mxcheck_reason_name(mxcheck_result_reason(result)));
    if (mxcheck_result_is_cached(result) || mxcheck_result_is_stale(result))
        buffer_printf(page, " This answer is from the cache%s.",
                      mxcheck_result_is_stale(result) ? " and has expired; DNS fails now" : "");
    if (mxcheck_result_ttl(result) > 0)
        buffer_printf(page, " It is used for %u s.", (unsigned)mxcheck_result_ttl(result));
    buffer_puts(page, "</p>");
}

static void put_reply(struct buffer *page, const mxcheck_result *result)
{
    char reply[512];
    mxcheck_result_reply(result, NULL, reply, sizeof(reply));
    buffer_printf(page, "<h3>What a server replies to %s</h3><p class=\"reply\"><code>",
                  mxcheck_result_role(result) == MXCHECK_ROLE_SENDER ? "MAIL FROM" : "RCPT TO");
    buffer_puts_html(page, reply);
    buffer_puts(page, "</code></p>");
}

void story_put(struct buffer *page, const struct inquiry *inquiry, const mxcheck_result *result)
{
    struct buffer json = {0}, explanation = {0};
    story_put_json(&json, result);
    put_written(&explanation, result, mxcheck_result_explain);
    page->has_failed = page->has_failed || json.has_failed || explanation.has_failed;
    if (!page->has_failed) {
        buffer_printf(page, "<section id=\"answer\" class=\"%s\" aria-labelledby=\"verdict\"><h2 id=\"verdict\"><bdi>",
                      mxcheck_verdict_name(mxcheck_result_verdict(result)));
        story_put_headline(page, result);
        buffer_puts(page, "</bdi></h2>");
        put_forms(page, result, json.octets);
        put_advice(page, explanation.octets);
        put_reply(page, result);
        put_why(page, explanation.octets);
        put_table(page, json.octets);
        put_fine_print(page, result);
        buffer_puts(page, "<details><summary>The whole story as text</summary><pre>");
        for (const char *line = explanation.octets; line != NULL && *line != '\0';) {
            size_t length = strcspn(line, "\n");
            buffer_put_html(page, line, length);
            buffer_puts(page, "\n");
            line += length + (line[length] == '\n' ? 1 : 0);
        }
        buffer_puts(page, "</pre></details>");
        put_links(page, inquiry);
        buffer_puts(page, "</section>");
    }
    buffer_clear(&json);
    buffer_clear(&explanation);
}
