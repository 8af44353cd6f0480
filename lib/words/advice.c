/* SPDX-License-Identifier: BSD-2-Clause */
/* advice.c: chooses the sentence of advice.def that fits the facts, or that of the reason. */
#include "words/advice.h"

#include "judge/hosts.h"
#include "options/reasons.h"
#include "words/extended_errors.h"
#include "words/template.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

enum advice {
    ADVICE_OF_REASON,
#define ADVICE(id, ...) ADVICE_##id,
#include "words/advice.def"
#undef ADVICE
};

static const char *const sentences[] = {
#define ADVICE(id, sentence) [ADVICE_##id] = (sentence),
#include "words/advice.def"
#undef ADVICE
};

enum { EDE_SIGNATURE_EXPIRED = 7 };

/* The subject of the sentence. */
struct subject {
    const struct options *options;
    const struct judgement *judgement;
    const struct facts *facts; /* that the reason rests on */
    const char *host;
    const char *zone;
    const char *rule;
    char detail[ADVICE_MAX + 1];
};

void advice_put_error(struct text *text, const struct facts *facts, const struct facts_answer *answer)
{
    const char *failure = facts_text(facts, answer->failure);
    if (answer->outcome == FACTS_TIMEOUT)
        text_puts(text, "no answer in time");
    else if (answer->outcome == FACTS_BOGUS)
        text_puts(text, "DNSSEC validation failed");
    else
        text_put_escaped(text, failure);
    if (answer->error_code < 0)
        return;
    text_printf(text, "%sEDE %d", text->length > 0 ? ", " : "", (int)answer->error_code);
    if (extended_errors_name(answer->error_code)[0] != '\0')
        text_printf(text, " %s", extended_errors_name(answer->error_code));
}

static void detail_error(struct subject *subject, const struct facts_answer *answer)
{
    struct text text;
    text_init(&text, subject->detail, sizeof(subject->detail));
    advice_put_error(&text, subject->facts, answer);
}

/* "10.1.2.3 (10.0.0.0/8, private use, RFC 1918 section 3)". */
static void detail_address(struct subject *subject, int family, const uint8_t *address)
{
    char words[INET6_ADDRSTRLEN];
    char network[ADVICE_MAX + 1];
    struct text text;
    text_init(&text, subject->detail, sizeof(subject->detail));
    if (inet_ntop(family, address, words, sizeof(words)) != NULL)
        text_puts(&text, words);
    if (networks_describe(subject->options->forbidden, family, address, network, sizeof(network)))
        text_printf(&text, " (%s)", network);
}

static bool detail_forbidden(struct subject *subject, enum facts_question question, const struct facts_answer *answer)
{
    unsigned index;
    if (!hosts_find_forbidden(subject->options, subject->facts, question, answer, &index))
        return false;
    detail_address(subject, question == FACTS_A ? AF_INET : AF_INET6,
                   facts_address(subject->facts, question, answer, index));
    return true;
}

/* The zone that denied the name, if it is above the name. */
static enum advice advise_nowhere(struct subject *subject)
{
    const char *domain = subject->judgement->domain;
    const char *zone = facts_zone(subject->facts, facts_answer(subject->facts, FACTS_MX));
    if (strcmp(zone, ".") == 0) {
        const char *dot = strrchr(domain, '.');
        subject->zone = dot == NULL ? domain : dot + 1;
        return ADVICE_NO_TOP_LEVEL;
    }
    if (zone[0] == '\0' || !domain_is_within(domain, zone))
        return ADVICE_OF_REASON;
    subject->zone = zone;
    return domain_is_dotless(zone) ? ADVICE_EXPIRED : ADVICE_NO_NAME;
}

static enum advice advise_absence(struct subject *subject)
{
    const struct facts_answer *mx = facts_answer(subject->facts, FACTS_MX);
    bool is_nxdomain = subject->judgement->reason == MXCHECK_REASON_NO_SUCH_DOMAIN;
    subject->host = facts_text(subject->facts, mx->alias);
    if (extended_errors_is_policy(mx->error_code)) {
        detail_error(subject, mx);
        return ADVICE_BLOCKED;
    }
    if (subject->host[0] != '\0')
        return is_nxdomain ? ADVICE_DANGLING : ADVICE_ALIAS_WITHOUT_RECORDS;
    if (is_nxdomain)
        return advise_nowhere(subject);
    return subject->options->implicit_mx == IMPLICIT_MX_NONE ? ADVICE_MX_WANTED : ADVICE_OF_REASON;
}

/* What is said of its A is said of its AAAA as well. */
static enum advice advise_dead_host(struct subject *subject)
{
    const struct facts *facts = subject->facts;
    const struct facts_target *target = hosts_find(subject->options, facts, HOST_DEAD);
    if (target == NULL)
        return ADVICE_OF_REASON;
    const struct facts_answer *a = facts_target_answer(facts, target, FACTS_A);
    subject->host = facts_text(facts, target->host);
    subject->rule = hosts_special_use(subject->options, facts, target);
    if (subject->rule != NULL)
        return ADVICE_HOST_SPECIAL_USE;
    if (domain_is_ipv4_literal(subject->host))
        return ADVICE_HOST_IS_LITERAL;
    if (extended_errors_is_policy(a->error_code)) {
        detail_error(subject, a);
        return ADVICE_HOST_BLOCKED;
    }
    if (facts_text(facts, a->alias)[0] != '\0') {
        struct text text;
        text_init(&text, subject->detail, sizeof(subject->detail));
        text_puts(&text, facts_text(facts, a->alias));
        return ADVICE_HOST_DANGLING;
    }
    bool exists =
        a->outcome != FACTS_NXDOMAIN || facts_target_answer(facts, target, FACTS_AAAA)->outcome != FACTS_NXDOMAIN;
    return exists ? ADVICE_HOST_WITHOUT_ADDRESS : ADVICE_HOST_NOWHERE;
}

static enum advice advise_forbidden(struct subject *subject)
{
    const struct facts *facts = subject->facts;
    struct address parsed;
    if (facts == NULL) {
        if (address_parse(subject->judgement->address, subject->judgement->address_length, &parsed) == 0)
            detail_address(subject, parsed.literal_family, parsed.literal);
        return ADVICE_LITERAL_FORBIDDEN;
    }
    const struct facts_target *target = hosts_find(subject->options, facts, HOST_FORBIDDEN);
    for (int i = FACTS_A; i <= FACTS_AAAA; i++) {
        enum facts_question question = (enum facts_question)i;
        const struct facts_answer *answer =
            target == NULL ? facts_answer(facts, question) : facts_target_answer(facts, target, question);
        if (!detail_forbidden(subject, question, answer))
            continue;
        subject->host = target == NULL ? "" : facts_text(facts, target->host);
        return target == NULL ? ADVICE_DOMAIN_FORBIDDEN : ADVICE_HOST_FORBIDDEN;
    }
    return ADVICE_OF_REASON;
}

/* The answer that failed in the way that decided: of the domain, or of a host. NULL when there is none. */
static const struct facts_answer *find_failure(struct subject *subject)
{
    const struct facts *facts = subject->facts;
    for (int i = 0; i < FACTS_QUESTIONS; i++) {
        const struct facts_answer *answer = facts_answer(facts, (enum facts_question)i);
        if (answer->outcome == subject->judgement->failure)
            return answer;
    }
    for (size_t i = 0; i < hosts_count(subject->options, facts); i++) {
        const struct facts_target *target = &facts_targets(facts)[i];
        for (int j = FACTS_A; j <= FACTS_AAAA; j++) {
            const struct facts_answer *answer = facts_target_answer(facts, target, (enum facts_question)j);
            if (answer->outcome != subject->judgement->failure)
                continue;
            subject->host = facts_text(facts, target->host);
            return answer;
        }
    }
    return NULL;
}

/* The resolver has said that it is validation: its code says how that failed. */
static enum advice advise_bogus(struct subject *subject, const struct facts_answer *answer)
{
    bool is_of_host = subject->host[0] != '\0';
    const char *name = extended_errors_name(answer->error_code);
    struct text text;
    if (answer->error_code == EDE_SIGNATURE_EXPIRED)
        return is_of_host ? ADVICE_HOST_SIGNATURE_EXPIRED : ADVICE_SIGNATURE_EXPIRED;
    text_init(&text, subject->detail, sizeof(subject->detail));
    if (name[0] != '\0')
        text_printf(&text, " (EDE %d %s)", (int)answer->error_code, name);
    return is_of_host ? ADVICE_HOST_NOT_VALIDATED : ADVICE_NOT_VALIDATED;
}

const struct facts_answer *advice_find_failure(const struct options *options, const struct judgement *judgement)
{
    struct subject subject = {options, judgement, judgement->facts, "", "", judgement->rule, ""};
    return judgement->facts == NULL || judgement->failure == FACTS_NOT_ASKED ? NULL : find_failure(&subject);
}

/* The failure is not the fault of the domain, or may not be. */
static enum advice advise_resolver(const struct facts_answer *answer)
{
    switch ((enum facts_blame)answer->blame) {
    case FACTS_BLAMES_DOMAIN:
        return ADVICE_OF_REASON;
    case FACTS_BLAMES_UPSTREAM:
        return answer->outcome == FACTS_TIMEOUT ? ADVICE_UPSTREAM_SILENT : ADVICE_UPSTREAM;
    case FACTS_BLAMES_UNKNOWN:
        return ADVICE_EITHER_SILENT;
    case FACTS_BLAMES_CONFIGURATION:
        return ADVICE_CONFIGURATION;
    }
    return ADVICE_OF_REASON;
}

static enum advice advise_failure(struct subject *subject)
{
    const struct facts_answer *answer = subject->facts == NULL ? NULL : find_failure(subject);
    if (answer == NULL || subject->judgement->verdict == MXCHECK_VERDICT_ACCEPT)
        return ADVICE_OF_REASON;
    bool is_of_host = subject->host[0] != '\0';
    detail_error(subject, answer);
    if (subject->judgement->verdict == MXCHECK_VERDICT_REJECT)
        return ADVICE_REFUSED;
    if (answer->outcome == FACTS_BOGUS)
        return advise_bogus(subject, answer);
    if (answer->blame == FACTS_BLAMES_CONFIGURATION)
        return ADVICE_CONFIGURATION;
    if (subject->facts->is_local)
        return ADVICE_LOCAL;
    enum advice advice = advise_resolver(answer);
    if (advice != ADVICE_OF_REASON)
        return advice;
    if (answer->outcome == FACTS_TIMEOUT)
        return is_of_host ? ADVICE_HOST_SILENT : ADVICE_OF_REASON;
    return is_of_host ? ADVICE_HOST_FAILING : ADVICE_FAILING;
}

/* Accepted, so there is nothing to do; but some accepted domains have no usable host. */
static enum advice advise_accepted(const struct subject *subject)
{
    if (notes_have(subject->judgement->notes, NOTE_NULL_MX))
        return ADVICE_NULL_MX_PASSES;
    return notes_have(subject->judgement->notes, NOTE_LIMIT_REACHED) ? ADVICE_UNSEEN : ADVICE_OF_REASON;
}

/* A domain without MX records is its own host, and the hint of the reason names it. */
static enum advice advise_refused_host(struct subject *subject)
{
    bool are_all;
    const struct facts_mx *mx = hosts_find_refused(subject->options, subject->facts, &are_all);
    if (mx == NULL)
        return ADVICE_OF_REASON;
    subject->host = facts_text(subject->facts, mx->host);
    return ADVICE_HOST_REFUSED;
}

/* The first note that is refused. */
static enum advice advise_noted(struct subject *subject)
{
    notes refused = subject->judgement->notes & subject->options->reject_notes;
    if (refused == 0)
        return ADVICE_OF_REASON;
    struct text text;
    text_init(&text, subject->detail, sizeof(subject->detail));
    text_puts(&text, notes_sentence(refused, 0));
    return ADVICE_NOTED;
}

static enum advice choose(struct subject *subject)
{
    if (notes_have(subject->judgement->notes, NOTE_OUTAGE))
        return ADVICE_OUTAGE;
    if (subject->judgement->reason == MXCHECK_REASON_NOTE_REFUSED)
        return advise_noted(subject);
    if (subject->judgement->failure != FACTS_NOT_ASKED)
        return advise_failure(subject);
    if (subject->judgement->verdict == MXCHECK_VERDICT_ACCEPT)
        return advise_accepted(subject);
    if (subject->judgement->reason == MXCHECK_REASON_MX_FORBIDDEN)
        return advise_forbidden(subject);
    if (subject->facts == NULL)
        return ADVICE_OF_REASON;
    if (subject->judgement->reason == MXCHECK_REASON_MX_REFUSED)
        return advise_refused_host(subject);
    if (subject->judgement->reason == MXCHECK_REASON_MX_UNRESOLVABLE)
        return advise_dead_host(subject);
    if (subject->judgement->reason == MXCHECK_REASON_NO_SUCH_DOMAIN ||
        subject->judgement->reason == MXCHECK_REASON_NO_RECORDS)
        return advise_absence(subject);
    return ADVICE_OF_REASON;
}

/* A fault stands inside a sentence that has a full stop of its own. */
static const char *copy_fault(const char *fault, char copy[ADVICE_MAX + 1])
{
    size_t length = fault == NULL ? 0 : strlen(fault);
    if (length > 0 && fault[length - 1] == '.')
        length--;
    length = length < ADVICE_MAX ? length : ADVICE_MAX;
    memcpy(copy, length == 0 ? "" : fault, length);
    copy[length] = '\0';
    return copy;
}

size_t advice_write(const struct options *options, const struct judgement *judgement, char *buffer, size_t size)
{
    struct subject subject = {options, judgement, judgement->facts, "", "", judgement->rule, ""};
    struct template_values values = {{NULL}};
    const struct reason *row = reasons_find(judgement->reason);
    char sentence[ADVICE_MAX + 1];
    char fault[ADVICE_MAX + 1];
    struct text text;

    enum advice advice = choose(&subject);
    values.value[PLACEHOLDER_DOMAIN] = judgement->domain;
    values.value[PLACEHOLDER_FAULT] = copy_fault(judgement->fault, fault);
    values.value[PLACEHOLDER_HOST] = subject.host;
    values.value[PLACEHOLDER_ZONE] = subject.zone;
    values.value[PLACEHOLDER_RULE] = subject.rule;
    values.value[PLACEHOLDER_DETAIL] = subject.detail;
    const char *line = advice != ADVICE_OF_REASON ? sentences[advice] : row == NULL ? "Try again later." : row->hint;
    text_init(&text, buffer, size);
    text_put(&text, sentence, template_fill(line, &values, sentence, ADVICE_MAX));
    return text.length;
}
