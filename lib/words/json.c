/* SPDX-License-Identifier: BSD-2-Clause */
/* json.c: a judgement as one JSON object. */
#include "words/explain.h"

#include "judge/hosts.h"
#include "options/reasons.h"
#include "words/advice.h"
#include "words/extended_errors.h"
#include "words/reply.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

static void put_key(struct text *text, const char *key)
{
    text_printf(text, "\"%s\":", key);
}

static void put_string(struct text *text, const char *key, const char *value)
{
    put_key(text, key);
    text_put_json(text, value);
    text_puts(text, ",");
}

static void put_reply(struct text *text, const struct options *options, const struct judgement *judgement,
                      const char *id)
{
    char line[512];
    char hint[ADVICE_MAX + 1];
    char enhanced[12];

    reply_enhanced_code(options, judgement, enhanced, sizeof(enhanced));
    text_printf(text, "\"smtp_code\":%d,", reply_code(options, judgement));
    put_string(text, "enhanced_code", enhanced);
    reply_write(options, judgement, id, line, sizeof(line));
    put_string(text, "reply", line);
    advice_write(options, judgement, hint, sizeof(hint));
    put_string(text, "hint", hint);
}

/* The null MX is no exchange (RFC 7505 section 3): it is told by the reason or a note. */
static void put_mx(struct text *text, const struct facts *facts)
{
    const char *comma = "";

    text_puts(text, "\"mx\":[");
    for (size_t i = 0; facts != NULL && i < facts->mx_count; i++) {
        const struct facts_mx *mx = &facts_mx(facts)[i];
        const char *host = facts_text(facts, mx->host);
        if (host[0] == '\0')
            continue;
        text_printf(text, "%s{", comma);
        put_string(text, "host", host);
        text_printf(text, "\"preference\":%u,\"ttl\":%lu}", (unsigned)mx->preference, (unsigned long)mx->ttl_s);
        comma = ",";
    }
    text_puts(text, "],");
}

static void put_notes(struct text *text, const struct judgement *judgement)
{
    text_puts(text, "\"notes\":[");
    for (size_t i = 0; i < notes_count(judgement->notes); i++) {
        text_puts(text, i == 0 ? "" : ",");
        text_put_json(text, notes_word(judgement->notes, i));
    }
    text_puts(text, "],");
}

static void put_extended_error(struct text *text, const struct facts *facts, const struct facts_answer *answer)
{
    put_key(text, "extended_error");
    if (answer->error_code < 0) {
        text_puts(text, "null,");
        return;
    }
    text_printf(text, "{\"code\":%d,", (int)answer->error_code);
    put_string(text, "name", extended_errors_name(answer->error_code));
    put_key(text, "text");
    text_put_json(text, facts_text(facts, answer->error_text));
    text_puts(text, "},");
}

static void put_addresses(struct text *text, const struct facts *facts, enum facts_question question,
                          const struct facts_answer *answer)
{
    bool has_addresses = question != FACTS_MX && answer->outcome == FACTS_RECORDS;
    unsigned count = has_addresses ? facts_address_count(answer) : 0;
    text_puts(text, "\"addresses\":[");
    for (unsigned i = 0; i < count; i++) {
        char words[INET6_ADDRSTRLEN];
        if (inet_ntop(question == FACTS_A ? AF_INET : AF_INET6, facts_address(facts, question, answer, i), words,
                      sizeof(words)) != NULL)
            text_printf(text, "%s\"%s\"", i == 0 ? "" : ",", words);
    }
    text_puts(text, "]");
}

static void put_question(struct text *text, const struct facts *facts, enum facts_question question, const char *name,
                         const struct facts_answer *answer)
{
    text_puts(text, "{");
    put_string(text, "type", facts_question_name(question));
    put_string(text, "name", name);
    put_string(text, "outcome", facts_outcome_name((enum facts_outcome)answer->outcome));
    text_printf(text, "\"rcode\":%d,\"ttl\":%lu,\"count\":%u,\"elapsed_us\":%lu,", (int)answer->rcode,
                (unsigned long)answer->ttl_s, (unsigned)answer->count, (unsigned long)answer->elapsed_us);
    put_string(text, "upstream", facts_text(facts, answer->upstream));
    put_string(text, "alias", facts_text(facts, answer->alias));
    put_string(text, "zone", facts_zone(facts, answer));
    put_string(text, "failure", facts_text(facts, answer->failure));
    put_extended_error(text, facts, answer);
    put_string(text, "dnssec", reasons_dnssec_word(answer->dnssec));
    put_addresses(text, facts, question, answer);
    text_puts(text, "}");
}

static void put_asked(struct text *text, const struct facts *facts, enum facts_question question, const char *name,
                      const struct facts_answer *answer, const char **comma)
{
    if (answer->outcome == FACTS_NOT_ASKED)
        return;
    text_puts(text, *comma);
    put_question(text, facts, question, name, answer);
    *comma = ",";
}

static void put_questions(struct text *text, const struct facts *facts)
{
    const char *comma = "";

    text_puts(text, "\"questions\":[");
    for (int i = 0; facts != NULL && i < FACTS_QUESTIONS; i++)
        put_asked(text, facts, (enum facts_question)i, facts_domain(facts), facts_answer(facts, (enum facts_question)i),
                  &comma);
    for (size_t i = 0; facts != NULL && i < facts->target_count; i++) {
        const struct facts_target *target = &facts_targets(facts)[i];
        for (int j = FACTS_A; j <= FACTS_AAAA; j++)
            put_asked(text, facts, (enum facts_question)j, facts_text(facts, target->host),
                      facts_target_answer(facts, target, (enum facts_question)j), &comma);
    }
    text_puts(text, "]");
}

/* Those that the options look at. */
static void put_targets(struct text *text, const struct options *options, const struct facts *facts)
{
    size_t count = facts == NULL || options->depth != DEPTH_TARGETS ? 0 : hosts_count(options, facts);

    text_puts(text, "\"targets\":[");
    for (size_t i = 0; i < count; i++) {
        const struct facts_target *target = &facts_targets(facts)[i];
        text_puts(text, i == 0 ? "{" : ",{");
        put_string(text, "host", facts_text(facts, target->host));
        put_key(text, "state");
        text_put_json(text, hosts_state_name(hosts_judge(options, facts, target)));
        text_puts(text, "}");
    }
    text_puts(text, "],");
}

static void put_domain(struct text *text, const char *domain)
{
    /* A U-label takes no more than four bytes of UTF-8 for each octet of its A-label. */
    char unicode[4 * DOMAIN_SIZE];

    put_string(text, "domain", domain);
    domain_to_unicode(domain, unicode, sizeof(unicode));
    if (strcmp(unicode, domain) != 0)
        put_string(text, "domain_unicode", unicode);
}

size_t explain_json(const struct options *options, const struct judgement *judgement, const char *id, char *buffer,
                    size_t size)
{
    const struct facts *facts = judgement->facts;
    struct text text;

    text_init(&text, buffer, size);
    text_puts(&text, "{");
    put_key(&text, "address");
    text_put_json_octets(&text, judgement->address, judgement->address_length);
    text_puts(&text, ",");
    put_string(&text, "role", reasons_role_word(judgement->role));
    put_domain(&text, judgement->domain);
    put_string(&text, "verdict", reasons_verdict_word(judgement->verdict));
    put_string(&text, "reason", reasons_word(judgement->reason));
    put_reply(&text, options, judgement, id);
    text_printf(&text, "\"ttl\":%u,\"elapsed_us\":%u,", judgement->ttl_s, judgement->elapsed_us);
    text_printf(&text, "\"cached\":%s,\"stale\":%s,", judgement->is_cached ? "true" : "false",
                judgement->is_stale ? "true" : "false");
    put_string(&text, "dnssec", reasons_dnssec_word((int)judgement->dnssec));
    put_mx(&text, facts);
    put_targets(&text, options, facts);
    put_notes(&text, judgement);
    put_questions(&text, facts);
    text_puts(&text, "}");
    return text.length;
}
