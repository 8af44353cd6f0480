/* SPDX-License-Identifier: BSD-2-Clause */
/* explain.c: a judgement as a story for a person, and as one hint. */
#include "judge/explain.h"

#include "judge/reasons.h"
#include "judge/reply.h"
#include "judge/template.h"

#include <string.h>

#define HINT_MAX 200
#define MX_SHOWN_MAX 10

static size_t fill(const struct judgement *judgement, const char *line, char *out, size_t limit)
{
    char fault[HINT_MAX + 1];
    struct template_values values = {{NULL}};

    /* A fault stands inside a sentence that has a full stop of its own. */
    size_t length = judgement->fault == NULL ? 0 : strlen(judgement->fault);
    if (length > 0 && judgement->fault[length - 1] == '.')
        length--;
    length = length < HINT_MAX ? length : HINT_MAX;
    memcpy(fault, length == 0 ? "" : judgement->fault, length);
    fault[length] = '\0';
    values.value[TEMPLATE_FAULT] = fault;
    values.value[TEMPLATE_RULE] = judgement->rule;
    values.value[TEMPLATE_DOMAIN] = judgement->domain;
    values.value[TEMPLATE_REASON] = reasons_word(judgement->reason);
    return template_fill(line, &values, out, limit);
}

size_t explain_hint(const struct judgement *judgement, char *buffer, size_t size)
{
    const struct reason *row = reasons_find(judgement->reason);
    char hint[HINT_MAX + 1];
    struct text text;

    text_init(&text, buffer, size);
    text_put(&text, hint, fill(judgement, row == NULL ? "Try again later." : row->hint, hint, HINT_MAX));
    return text.length;
}

static void put_subject(struct text *text, const struct judgement *judgement)
{
    char unicode[4 * DOMAIN_SIZE];

    text_puts(text, "Checked <");
    text_put_escaped(text, judgement->address);
    text_puts(text,
              judgement->role == MXCHECK_ROLE_SENDER ? "> as sender (MAIL FROM).\n" : "> as recipient (RCPT TO).\n");
    if (judgement->domain[0] == '\0')
        return;
    text_puts(text, "The domain is ");
    text_put_escaped(text, judgement->domain);
    domain_to_unicode(judgement->domain, unicode, sizeof(unicode));
    if (strcmp(unicode, judgement->domain) != 0) {
        text_puts(text, ", in Unicode ");
        text_put_escaped(text, unicode);
    }
    text_puts(text, ".\n");
}

static void put_outcome(struct text *text, const struct facts_answer *answer)
{
    switch ((enum facts_outcome)answer->outcome) {
    case FACTS_NOT_ASKED:
        text_puts(text, "not asked");
        break;
    case FACTS_RECORDS:
        text_printf(text, "%u record%s", (unsigned)answer->count, answer->count == 1 ? "" : "s");
        break;
    case FACTS_NODATA:
        text_puts(text, "the name has no such record (NODATA)");
        break;
    case FACTS_NXDOMAIN:
        text_puts(text, "the name does not exist (NXDOMAIN)");
        break;
    case FACTS_TIMEOUT:
        text_puts(text, "no answer in time");
        break;
    case FACTS_FAILURE:
        text_puts(text, "failed: ");
        text_put_escaped(text, answer->failure == NULL ? "" : answer->failure);
        break;
    case FACTS_BOGUS:
        text_puts(text, "DNSSEC validation failed");
        break;
    }
}

/* "MX of example.com: 2 records, good for 300 s (127.0.0.1:53, 12.3 ms)". */
static void put_question(struct text *text, const struct facts *facts, enum facts_question question)
{
    const struct facts_answer *answer = facts_answer(facts, question);
    const char *upstream = facts_text(facts, answer->upstream);
    const char *alias = facts_text(facts, answer->alias);

    if (answer->outcome == FACTS_NOT_ASKED)
        return;
    text_printf(text, "%s of ", facts_question_name(question));
    text_put_escaped(text, facts_domain(facts));
    text_puts(text, ": ");
    put_outcome(text, answer);
    if (answer->outcome == FACTS_RECORDS || answer->outcome == FACTS_NODATA || answer->outcome == FACTS_NXDOMAIN)
        text_printf(text, ", good for %lu s", (unsigned long)answer->ttl_s);
    if (alias[0] != '\0') {
        text_puts(text, ", an alias of ");
        text_put_escaped(text, alias);
    }
    text_puts(text, " (");
    text_put_escaped(text, upstream[0] == '\0' ? "nobody asked" : upstream);
    text_printf(text, ", %lu.%lu ms)\n", (unsigned long)answer->elapsed_us / 1000,
                (unsigned long)answer->elapsed_us / 100 % 10);
}

static void put_mx(struct text *text, const struct facts *facts)
{
    for (size_t i = 0; i < facts->mx_count && i < MX_SHOWN_MAX; i++) {
        const struct facts_mx *mx = &facts_mx(facts)[i];
        const char *host = facts_text(facts, mx->host);
        text_printf(text, "    %u ", (unsigned)mx->preference);
        text_put_escaped(text, host[0] == '\0' ? ". (null MX)" : host);
        text_printf(text, " (TTL %lu s)\n", (unsigned long)mx->ttl_s);
    }
    if (facts->mx_count > MX_SHOWN_MAX)
        text_printf(text, "    and %lu more\n", (unsigned long)(facts->mx_count - MX_SHOWN_MAX));
}

static void put_facts(struct text *text, const struct judgement *judgement)
{
    const struct facts *facts = judgement->facts;

    if (facts == NULL) {
        text_puts(text, "DNS was not asked.\n");
        return;
    }
    if (judgement->is_stale)
        text_puts(text, "DNS fails now; this is remembered from before, and past its time (RFC 8767).\n");
    else if (judgement->is_cached)
        text_puts(text, "This is remembered from an earlier check.\n");
    for (int i = 0; i < FACTS_QUESTIONS; i++) {
        const char *address = i == FACTS_MX ? "" : facts_text(facts, facts->first_address[i - FACTS_A]);
        put_question(text, facts, (enum facts_question)i);
        if (i == FACTS_MX)
            put_mx(text, facts);
        else if (address[0] != '\0')
            text_printf(text, "    %s\n", address);
    }
}

static void put_notes(struct text *text, notes set)
{
    for (size_t i = 0; i < notes_count(set); i++)
        text_printf(text, "Note %s: %s.\n", notes_word(set, i), notes_sentence(set, i));
}

static void put_rule(struct text *text, const struct judgement *judgement)
{
    const struct reason *row = reasons_find(judgement->reason);
    char rule[512];

    if (row != NULL) {
        fill(judgement, row->rule, rule, sizeof(rule) - 1);
        text_puts(text, "Rule: ");
        text_puts(text, rule);
        text_puts(text, "\n");
    }
    if (row != NULL && row->verdict != judgement->verdict)
        text_puts(text, "The option on-dns-failure makes that a reject.\n");
    if (judgement->ttl_s > 0)
        text_printf(text, "This holds for %u s%s.\n", judgement->ttl_s, judgement->is_cached ? " yet" : "");
}

size_t explain_write(const struct options *options, const struct judgement *judgement, char *buffer, size_t size)
{
    char line[512];
    struct text text;

    text_init(&text, buffer, size);
    put_subject(&text, judgement);
    put_facts(&text, judgement);
    put_notes(&text, judgement->notes);
    put_rule(&text, judgement);
    text_printf(&text, "Verdict: %s (%s).\n", reasons_verdict_word(judgement->verdict),
                reasons_word(judgement->reason));
    reply_write(options, judgement, NULL, line, sizeof(line));
    text_puts(&text, "Reply: ");
    text_puts(&text, line);
    explain_hint(judgement, line, sizeof(line));
    text_puts(&text, "\nTo do: ");
    text_puts(&text, line);
    text_puts(&text, "\n");
    return text.length;
}
