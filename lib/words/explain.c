/* SPDX-License-Identifier: BSD-2-Clause */
/* explain.c: explains a judgement to a person. */
#include "words/explain.h"

#include "judge/hosts.h"
#include "options/reasons.h"
#include "words/advice.h"
#include "words/reply.h"
#include "words/template.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#define MX_SHOWN_MAX 10

/* The judgement to explain. */
struct story {
    struct text text;
    const struct options *options;
    const struct judgement *judgement;
    const struct facts *facts;
};

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

/* The zone that says so, and the TTL. */
static void put_absence(struct text *text, const struct facts *facts, const struct facts_answer *answer)
{
    const char *zone = facts_zone(facts, answer);
    text_puts(text, answer->outcome == FACTS_NXDOMAIN ? "the name does not exist (NXDOMAIN)"
                                                      : "the name has no such record (NODATA)");
    if (zone[0] == '\0')
        return;
    text_puts(text, ", says the zone ");
    text_put_name(text, zone);
}

static void put_outcome(struct text *text, const struct facts *facts, const struct facts_answer *answer)
{
    switch ((enum facts_outcome)answer->outcome) {
    case FACTS_NOT_ASKED:
        text_puts(text, "not asked");
        break;
    case FACTS_RECORDS:
        text_printf(text, "%u record%s", (unsigned)answer->count, answer->count == 1 ? "" : "s");
        break;
    case FACTS_NODATA:
    case FACTS_NXDOMAIN:
        put_absence(text, facts, answer);
        break;
    case FACTS_FAILURE:
        text_puts(text, "failed: "); /* put_error says how */
        break;
    case FACTS_TIMEOUT:
    case FACTS_BOGUS:
        break;
    }
}

/* What went wrong, or what the server says beside an answer that it gives (RFC 8914), in words of its own as well. */
static void put_error(struct text *text, const struct facts *facts, const struct facts_answer *answer)
{
    const char *words = facts_text(facts, answer->error_text);
    if (!facts_is_failure((enum facts_outcome)answer->outcome) && answer->error_code < 0)
        return;
    advice_put_error(text, facts, answer);
    if (words[0] == '\0')
        return;
    text_puts(text, ": ");
    text_put_json(text, words);
}

/* "MX of example.com: 2 records, TTL 300 s (127.0.0.1:53, 12.3 ms)". */
static void put_question(struct story *story, enum facts_question question, const char *name,
                         const struct facts_answer *answer)
{
    struct text *text = &story->text;
    const struct facts *facts = story->facts;
    const char *upstream = facts_text(facts, answer->upstream);
    const char *alias = facts_text(facts, answer->alias);

    text_printf(text, "%s of ", facts_question_name(question));
    text_put_name(text, name);
    text_puts(text, ": ");
    put_outcome(text, facts, answer);
    put_error(text, facts, answer);
    if (!facts_is_failure((enum facts_outcome)answer->outcome))
        text_printf(text, ", TTL %lu s", (unsigned long)answer->ttl_s);
    if (alias[0] != '\0') {
        text_puts(text, ", an alias of ");
        text_put_name(text, alias);
    }
    text_puts(text, " (");
    text_put_escaped(text, upstream[0] == '\0' ? "nobody asked" : upstream);
    text_printf(text, ", %lu.%lu ms)\n", (unsigned long)answer->elapsed_us / 1000,
                (unsigned long)answer->elapsed_us / 100 % 10);
}

static void put_mx(struct story *story)
{
    struct text *text = &story->text;
    const struct facts *facts = story->facts;
    for (size_t i = 0; i < facts->mx_count && i < MX_SHOWN_MAX; i++) {
        const struct facts_mx *mx = &facts_mx(facts)[i];
        const char *host = facts_text(facts, mx->host);
        text_printf(text, "    %u ", (unsigned)mx->preference);
        text_put_name(text, host[0] == '\0' ? ". (null MX)" : host);
        text_printf(text, " (TTL %lu s)", (unsigned long)mx->ttl_s);
        const char *refusal = host[0] == '\0' ? NULL : hosts_refusal(story->options, host);
        text_printf(text, refusal == NULL ? "\n" : ", refused by %s\n", refusal);
    }
    if (facts->mx_count > MX_SHOWN_MAX)
        text_printf(text, "    and %lu more\n", (unsigned long)(facts->mx_count - MX_SHOWN_MAX));
}

/* Each on a line of its own, with the network that forbids it where that matters. */
static void put_addresses(struct story *story, enum facts_question question, const struct facts_answer *answer)
{
    struct text *text = &story->text;
    int family = question == FACTS_A ? AF_INET : AF_INET6;
    unsigned count = answer->outcome == FACTS_RECORDS ? facts_address_count(answer) : 0;
    for (unsigned i = 0; i < count && i < MX_SHOWN_MAX; i++) {
        const uint8_t *address = facts_address(story->facts, question, answer, i);
        char words[INET6_ADDRSTRLEN];
        char network[200];
        if (inet_ntop(family, address, words, sizeof(words)) == NULL)
            continue;
        text_printf(text, "    %s", words);
        if (story->options->depth == DEPTH_TARGETS &&
            networks_describe(story->options->forbidden, family, address, network, sizeof(network)))
            text_printf(text, ", does not count: it is in %s", network);
        text_puts(text, "\n");
    }
    if (count > MX_SHOWN_MAX)
        text_printf(text, "    and %u more\n", (unsigned)answer->count - MX_SHOWN_MAX);
}

static void put_answer(struct story *story, enum facts_question question, const char *name,
                       const struct facts_answer *answer)
{
    if (answer->outcome == FACTS_NOT_ASKED)
        return;
    put_question(story, question, name, answer);
    if (question == FACTS_MX)
        put_mx(story);
    else
        put_addresses(story, question, answer);
}

static void put_host(struct story *story, const struct facts_target *target, enum host_state state)
{
    const struct facts *facts = story->facts;
    const char *host = facts_text(facts, target->host);
    const char *rule = hosts_special_use(story->options, facts, target);
    for (int i = FACTS_A; i <= FACTS_AAAA; i++)
        put_answer(story, (enum facts_question)i, host, facts_target_answer(facts, target, (enum facts_question)i));
    text_puts(&story->text, "Host ");
    text_put_name(&story->text, host);
    text_printf(&story->text, ": %s", hosts_state_name(state));
    if (rule != NULL)
        text_printf(&story->text, ", such a name never exists in public DNS (%s)", rule);
    text_puts(&story->text, ".\n");
}

/* The MX hosts that were looked up, and the state of each. */
static void put_hosts(struct story *story)
{
    const struct facts *facts = story->facts;
    size_t count = story->options->depth == DEPTH_TARGETS ? hosts_count(story->options, facts) : 0;
    unsigned unseen = 0;
    for (size_t i = 0; i < count; i++) {
        enum host_state state = hosts_judge(story->options, facts, &facts_targets(facts)[i]);
        if (state == HOST_UNKNOWN)
            unseen++;
        else
            put_host(story, &facts_targets(facts)[i], state);
    }
    if (unseen > 0)
        text_printf(&story->text, "MX hosts that were not looked up: %u.\n", unseen);
}

static void put_facts(struct story *story)
{
    const struct facts *facts = story->facts;
    struct text *text = &story->text;

    if (facts == NULL) {
        text_puts(text, "DNS was not asked.\n");
        return;
    }
    if (story->judgement->is_stale)
        text_puts(text, "DNS fails now; this is an expired answer from the cache (RFC 8767).\n");
    else if (story->judgement->is_cached)
        text_puts(text, "This answer is from the cache.\n");
    for (int i = 0; i < FACTS_QUESTIONS; i++)
        put_answer(story, (enum facts_question)i, facts_domain(facts), facts_answer(facts, (enum facts_question)i));
    put_hosts(story);
}

static void put_dnssec(struct text *text, const struct judgement *judgement)
{
    switch (judgement->dnssec) {
    case MXCHECK_DNSSEC_UNKNOWN:
    case MXCHECK_DNSSEC_BOGUS: /* the question says so */
        break;
    case MXCHECK_DNSSEC_SECURE:
        text_puts(text, "DNSSEC: the resolver has validated this answer.\n");
        break;
    case MXCHECK_DNSSEC_INSECURE:
        text_puts(text, "DNSSEC: this answer is not signed, or the resolver does not validate.\n");
        break;
    }
}

static void put_notes(struct text *text, notes set)
{
    for (size_t i = 0; i < notes_count(set); i++)
        text_printf(text, "Note %s: %s.\n", notes_word(set, i), notes_sentence(set, i));
}

static void put_rule(struct text *text, const struct options *options, const struct judgement *judgement)
{
    bool has_usable = judgement->reason == MXCHECK_REASON_MX && options->depth == DEPTH_TARGETS &&
                      hosts_find(options, judgement->facts, HOST_USABLE) != NULL;
    const struct reason *row = reasons_find(judgement->reason);
    struct template_values values = {{NULL}};
    char rule[512];

    if (notes_have(judgement->notes, NOTE_OUTAGE)) { /* told by the note */
        text_puts(text, "Rule: while many lookups fail, a domain is not rejected for what DNS does not have.\n");
    } else if (row != NULL) {
        values.value[PLACEHOLDER_RULE] = judgement->rule;
        template_fill(row->rule, &values, rule, sizeof(rule) - 1);
        text_puts(text, "Rule: ");
        text_puts(text, rule);
        text_puts(text, has_usable ? " At least one of its hosts has a usable address.\n" : "\n");
    }
    if (row != NULL && row->verdict != judgement->verdict)
        text_puts(text, "The option on-dns-failure rejects such a domain.\n");
    if (judgement->ttl_s > 0)
        text_printf(text, "This answer is valid for %s%u s.\n", judgement->is_cached ? "another " : "",
                    judgement->ttl_s);
}

/* Name the resolver when a failure is not the fault of the domain. */
static void put_blame(struct text *text, const struct options *options, const struct judgement *judgement)
{
    const struct facts_answer *answer = advice_find_failure(options, judgement);
    if (answer == NULL || answer->blame == FACTS_BLAMES_DOMAIN)
        return;
    if (answer->blame == FACTS_BLAMES_CONFIGURATION) {
        text_puts(text, "This server does not know which resolver to ask: ");
        text_put_escaped(text, facts_text(judgement->facts, answer->failure));
        text_puts(text, ".\n");
        return;
    }
    text_puts(text, "The resolver ");
    text_put_escaped(text, facts_text(judgement->facts, answer->upstream));
    text_puts(text, answer->blame == FACTS_BLAMES_UPSTREAM ? " is at fault, not the domain.\n"
                                                           : " may be at fault as well as the domain.\n");
}

/* Of a good address there is nothing to do; a domain without MX could have one, and a failure is worth a look. */
static void put_advice(struct text *text, const struct options *options, const struct judgement *judgement)
{
    char line[512];
    bool has_no_mx =
        judgement->reason == MXCHECK_REASON_IMPLICIT_A || judgement->reason == MXCHECK_REASON_IMPLICIT_AAAA;
    if (judgement->verdict == MXCHECK_VERDICT_ACCEPT && judgement->failure == FACTS_NOT_ASKED && !has_no_mx)
        return;
    advice_write(options, judgement, line, sizeof(line));
    text_puts(text, "To do: ");
    text_puts(text, line);
    text_puts(text, "\n");
}

size_t explain_write(const struct options *options, const struct judgement *judgement, const char *id, char *buffer,
                     size_t size)
{
    struct story story = {.options = options, .judgement = judgement, .facts = judgement->facts};
    struct text *text = &story.text;
    char line[512];

    text_init(text, buffer, size);
    put_subject(text, judgement);
    put_facts(&story);
    put_dnssec(text, judgement);
    put_notes(text, judgement->notes | judgement_address_notes(judgement)); /* of a domain that is refused, too */
    put_blame(text, options, judgement);
    put_rule(text, options, judgement);
    text_printf(text, "Verdict: %s (%s).\n", reasons_verdict_word(judgement->verdict), reasons_word(judgement->reason));
    reply_write(options, judgement, id, line, sizeof(line));
    text_puts(text, "Reply: ");
    text_puts(text, line);
    text_puts(text, "\n");
    put_advice(text, options, judgement);
    return text->length;
}
