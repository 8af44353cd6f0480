/* SPDX-License-Identifier: BSD-2-Clause */
/* policy.c: facts + options + role = verdict and reason. */
#include "judge/policy.h"

#include "judge/exempt.h"
#include "judge/reasons.h"

#include <assert.h>
#include <string.h>

mxcheck_verdict policy_verdict_of(mxcheck_reason reason)
{
    const struct reason *row = reasons_find(reason);
    return row == NULL ? MXCHECK_VERDICT_DEFER : row->verdict;
}

static void decide(struct judgement *judgement, mxcheck_reason reason)
{
    judgement->reason = reason;
    judgement->verdict = policy_verdict_of(reason);
}

static void note(struct judgement *judgement, const char *word)
{
    assert(judgement->note_count < JUDGEMENT_NOTES_MAX);
    judgement->notes[judgement->note_count++] = word;
}

static void note_name(struct judgement *judgement)
{
    if (domain_has_underscore(judgement->domain))
        note(judgement, "underscore");
    if (domain_is_dotless(judgement->domain)) /* RFC 7085 */
        note(judgement, "dotless");
}

/* --- without DNS --- */

static void refuse_form(struct judgement *judgement, const char *fault)
{
    judgement->fault = fault;
    decide(judgement, MXCHECK_REASON_BAD_ADDRESS);
}

static void judge_domain(const struct options *options, const char *domain, struct judgement *judgement)
{
    const char *rule = options->query_special_use ? NULL : domain_special_use(domain);

    judgement->domain = domain;
    if (exempt_holds(options->exempt, domain)) {
        decide(judgement, MXCHECK_REASON_EXEMPT);
        note_name(judgement);
    } else if (rule != NULL) {
        judgement->rule = rule;
        decide(judgement, MXCHECK_REASON_SPECIAL_USE);
    }
}

bool policy_judge_address(const struct options *options, const struct address *parsed, mxcheck_role role,
                          struct judgement *judgement)
{
    judgement->role = role;
    judgement->reason = (mxcheck_reason)0;
    judgement->verdict = (mxcheck_verdict)0;
    judgement->domain = "";
    judgement->fault = "";
    judgement->rule = "";
    judgement->facts = NULL;
    judgement->ttl_s = 0;
    judgement->note_count = 0;

    switch (parsed->kind) {
    case ADDRESS_BAD:
        refuse_form(judgement, parsed->fault);
        break;
    case ADDRESS_EMPTY: /* RFC 5321 section 4.5.5 */
        if (role == MXCHECK_ROLE_SENDER)
            decide(judgement, MXCHECK_REASON_NULL_SENDER);
        else
            refuse_form(judgement, "a recipient is never empty");
        break;
    case ADDRESS_POSTMASTER: /* RFC 5321 section 4.5.1 */
        if (role == MXCHECK_ROLE_RCPT)
            decide(judgement, MXCHECK_REASON_POSTMASTER);
        else
            refuse_form(judgement, "a sender has a domain");
        break;
    case ADDRESS_LITERAL:
        decide(judgement, options->refuse_literals ? MXCHECK_REASON_LITERAL_REFUSED : MXCHECK_REASON_ADDRESS_LITERAL);
        break;
    case ADDRESS_DOMAIN:
        judge_domain(options, parsed->domain, judgement);
        break;
    }
    return judgement->verdict != 0;
}

void policy_judge_overload(struct judgement *judgement)
{
    decide(judgement, MXCHECK_REASON_OVERLOADED);
}

/* --- by what DNS said --- */

bool policy_wants_address_question(const struct options *options, enum facts_question question)
{
    switch (question) {
    case FACTS_MX:
    case FACTS_QUESTIONS:
        return false;
    case FACTS_A:
        return options->implicit_mx != IMPLICIT_MX_NONE;
    case FACTS_AAAA:
        return options->implicit_mx == IMPLICIT_MX_A_AAAA;
    }
    return false;
}

/* The answer to an address question as these options see it: facts are shared, and may hold what others asked. */
static enum facts_outcome address_outcome(const struct options *options, const struct facts *facts,
                                          enum facts_question question)
{
    bool counts = policy_wants_address_question(options, question);
    if (facts->answer[FACTS_MX].outcome == FACTS_NXDOMAIN && options->nxdomain == NXDOMAIN_FINAL)
        counts = false; /* RFC 8020: nothing exists at or below a name that does not */
    return counts ? facts->answer[question].outcome : FACTS_NOT_ASKED;
}

/* DNS did not say: never "no records", whatever else is known. */
static void judge_failure(const struct options *options, enum facts_outcome outcome, struct judgement *judgement)
{
    decide(judgement, outcome == FACTS_BOGUS     ? MXCHECK_REASON_DNSSEC_BOGUS
                      : outcome == FACTS_TIMEOUT ? MXCHECK_REASON_DNS_TIMEOUT
                                                 : MXCHECK_REASON_DNS_FAILURE);
    switch (options->on_dns_failure) {
    case ON_DNS_FAILURE_DEFER:
        break;
    case ON_DNS_FAILURE_ACCEPT:
        decide(judgement, MXCHECK_REASON_DNS_FAILURE_ALLOWED);
        note_name(judgement);
        break;
    case ON_DNS_FAILURE_REJECT:
        judgement->verdict = MXCHECK_VERDICT_REJECT;
        break;
    }
}

static size_t count_exchanges(const struct facts *facts)
{
    size_t count = 0;
    for (size_t i = 0; i < facts->mx_count; i++)
        count += facts->mx[i].host[0] != '\0';
    return count;
}

static bool has_duplicate(const struct facts *facts)
{
    /* The comparison of each with each is bounded: a set this large is odd enough without it. */
    size_t count = facts->mx_count < 256 ? facts->mx_count : 256;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(facts->mx[i].host, facts->mx[j].host) == 0)
                return true;
        }
    }
    return false;
}

static bool has_literal(const struct facts *facts)
{
    for (size_t i = 0; i < facts->mx_count; i++) {
        if (domain_is_ipv4_literal(facts->mx[i].host))
            return true;
    }
    return false;
}

static void judge_null_mx(const struct options *options, struct judgement *judgement)
{
    /* RFC 7505 section 4.2 leaves to us whether a domain that takes no mail may send some. */
    if (options->null_mx == NULL_MX_REJECT ||
        (options->null_mx == NULL_MX_REJECT_RCPT && judgement->role == MXCHECK_ROLE_RCPT)) {
        decide(judgement, MXCHECK_REASON_NULL_MX);
        return;
    }
    decide(judgement, MXCHECK_REASON_MX);
    note(judgement, "null-mx");
}

static void judge_mx(const struct options *options, const struct facts *facts, struct judgement *judgement)
{
    size_t exchanges = count_exchanges(facts);

    judgement->ttl_s = facts->answer[FACTS_MX].ttl_s;
    if (exchanges == 0) {
        judge_null_mx(options, judgement);
        return;
    }
    decide(judgement, MXCHECK_REASON_MX);
    if (exchanges < facts->mx_count) /* RFC 7505 section 3: a null MX stands alone */
        note(judgement, "null-mx-mixed");
    if (has_literal(facts))
        note(judgement, "mx-is-literal");
    if (has_duplicate(facts))
        note(judgement, "mx-duplicate");
}

static void lower(unsigned *ttl_s, unsigned other)
{
    if (other < *ttl_s)
        *ttl_s = other;
}

/* RFC 5321 section 5.1: an address stands for an MX that is not there. */
static void judge_implicit(const struct facts *facts, enum facts_question question, struct judgement *judgement)
{
    decide(judgement, question == FACTS_A ? MXCHECK_REASON_IMPLICIT_A : MXCHECK_REASON_IMPLICIT_AAAA);
    judgement->ttl_s = facts->answer[question].ttl_s;
    lower(&judgement->ttl_s, facts->answer[FACTS_MX].ttl_s);
}

static void judge_absence(const struct facts *facts, const enum facts_outcome *outcomes, struct judgement *judgement)
{
    mxcheck_reason reason = MXCHECK_REASON_NO_SUCH_DOMAIN;

    judgement->ttl_s = facts->answer[FACTS_MX].ttl_s;
    for (int i = FACTS_MX; i < FACTS_QUESTIONS; i++) {
        if (outcomes[i] == FACTS_NODATA)
            reason = MXCHECK_REASON_NO_RECORDS;
        if (outcomes[i] != FACTS_NOT_ASKED)
            lower(&judgement->ttl_s, facts->answer[i].ttl_s);
    }
    decide(judgement, reason);
}

/* No MX: an address counts first, then a failure (the most certain one), then absence. */
static void judge_without_mx(const struct options *options, const struct facts *facts, struct judgement *judgement)
{
    static const enum facts_outcome failures[] = {FACTS_BOGUS, FACTS_TIMEOUT, FACTS_FAILURE};
    const enum facts_outcome outcomes[FACTS_QUESTIONS] = {
        facts->answer[FACTS_MX].outcome,
        address_outcome(options, facts, FACTS_A),
        address_outcome(options, facts, FACTS_AAAA),
    };

    for (int i = FACTS_A; i <= FACTS_AAAA; i++) {
        if (outcomes[i] == FACTS_RECORDS) {
            judge_implicit(facts, (enum facts_question)i, judgement);
            return;
        }
    }
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        if (outcomes[FACTS_A] == failures[i] || outcomes[FACTS_AAAA] == failures[i]) {
            judge_failure(options, failures[i], judgement);
            return;
        }
    }
    judge_absence(facts, outcomes, judgement);
}

static void note_records(struct judgement *judgement)
{
    enum facts_question question = FACTS_MX;

    if (judgement->reason == MXCHECK_REASON_IMPLICIT_A)
        question = FACTS_A;
    else if (judgement->reason == MXCHECK_REASON_IMPLICIT_AAAA)
        question = FACTS_AAAA;
    note_name(judgement);
    if (judgement->facts->answer[question].ttl_s == 0)
        note(judgement, "ttl-zero");
}

void policy_judge_facts(const struct options *options, const struct facts *facts, struct judgement *judgement)
{
    enum facts_outcome mx = facts->answer[FACTS_MX].outcome;

    judgement->facts = facts;
    judgement->ttl_s = 0;
    if (mx == FACTS_RECORDS && facts->mx_count > 0) {
        judge_mx(options, facts, judgement);
    } else if (mx == FACTS_NODATA || mx == FACTS_NXDOMAIN) {
        judge_without_mx(options, facts, judgement);
    } else {
        judge_failure(options, mx, judgement);
        return;
    }
    if (judgement->verdict == MXCHECK_VERDICT_ACCEPT && judgement->reason != MXCHECK_REASON_DNS_FAILURE_ALLOWED)
        note_records(judgement);
}
