/* SPDX-License-Identifier: BSD-2-Clause */
/* policy.c: facts + options + role = verdict and reason. */
#include "judge/policy.h"

#include "judge/exempt.h"
#include "judge/reasons.h"

#include <assert.h>
#include <string.h>

/* One who waited less than we would, by more than this, has not found out what we would. */
#define PATIENCE_SLACK_MS 20

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

static void note_name(struct judgement *judgement)
{
    if (domain_has_underscore(judgement->domain))
        notes_add(&judgement->notes, NOTE_UNDERSCORE);
    if (domain_is_dotless(judgement->domain)) /* RFC 7085 */
        notes_add(&judgement->notes, NOTE_DOTLESS);
}

/* What earlier facts have left in the judgement. */
static void forget_facts(struct judgement *judgement)
{
    judgement->facts = NULL;
    judgement->hold_ms = 0;
    judgement->until_us = 0;
    judgement->ttl_s = 0;
    judgement->is_cached = false;
    judgement->is_stale = false;
    judgement->notes = 0;
}

/* --- without DNS --- */

static void refuse_form(struct judgement *judgement, const char *fault)
{
    judgement->fault = fault;
    decide(judgement, MXCHECK_REASON_BAD_ADDRESS);
}

static void judge_domain(const struct options *options, const struct address *parsed, struct judgement *judgement)
{
    const char *domain = parsed->domain;
    const char *rule = options->query_special_use ? NULL : domain_special_use(domain, parsed->domain_length);

    judgement->domain = domain;
    judgement->domain_length = parsed->domain_length;
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
    judgement->domain_length = 0;
    judgement->fault = "";
    judgement->rule = "";
    forget_facts(judgement);

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
        judge_domain(options, parsed, judgement);
        break;
    }
    return judgement->verdict != 0;
}

void policy_judge_overload(struct judgement *judgement)
{
    forget_facts(judgement);
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
    if (facts_answer(facts, FACTS_MX)->outcome == FACTS_NXDOMAIN && options->nxdomain == NXDOMAIN_FINAL)
        counts = false; /* RFC 8020: nothing exists at or below a name that does not */
    return counts ? facts_answer(facts, question)->outcome : FACTS_NOT_ASKED;
}

/* How long it holds what records say, within the bounds of the options. */
static void hold(const struct options *options, uint32_t ttl_s, struct judgement *judgement)
{
    uint64_t hold_ms = (uint64_t)ttl_s * 1000;
    if (hold_ms < options->cache_min_ttl_ms)
        hold_ms = options->cache_min_ttl_ms;
    if (hold_ms > options->cache_max_ttl_ms)
        hold_ms = options->cache_max_ttl_ms;
    judgement->hold_ms = (uint32_t)hold_ms;
}

/* The same of what there is not (RFC 2308 section 5). */
static void hold_absence(const struct options *options, uint32_t ttl_s, struct judgement *judgement)
{
    uint32_t most_s = options->cache_negative_ttl_ms / 1000;
    hold(options, ttl_s < most_s ? ttl_s : most_s, judgement);
}

/* DNS did not say: never "no records", whatever else is known. */
static void judge_failure(const struct options *options, enum facts_outcome outcome, struct judgement *judgement)
{
    decide(judgement, outcome == FACTS_BOGUS     ? MXCHECK_REASON_DNSSEC_BOGUS
                      : outcome == FACTS_TIMEOUT ? MXCHECK_REASON_DNS_TIMEOUT
                                                 : MXCHECK_REASON_DNS_FAILURE);
    judgement->hold_ms = options->cache_failure_ttl_ms; /* RFC 9520 section 3.2 */
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

static void judge_null_mx(const struct options *options, struct judgement *judgement)
{
    /* RFC 7505 section 4.2 leaves to us whether a domain that takes no mail may send some. */
    if (options->null_mx == NULL_MX_REJECT ||
        (options->null_mx == NULL_MX_REJECT_RCPT && judgement->role == MXCHECK_ROLE_RCPT)) {
        decide(judgement, MXCHECK_REASON_NULL_MX);
        return;
    }
    decide(judgement, MXCHECK_REASON_MX);
    notes_add(&judgement->notes, NOTE_NULL_MX);
}

static void judge_mx(const struct options *options, const struct facts *facts, struct judgement *judgement)
{
    hold(options, facts_answer(facts, FACTS_MX)->ttl_s, judgement);
    if (facts->exchanges == 0) {
        judge_null_mx(options, judgement);
        return;
    }
    decide(judgement, MXCHECK_REASON_MX);
    if ((facts->oddities & FACTS_NULL_MX_MIXED) != 0) /* RFC 7505 section 3: a null MX stands alone */
        notes_add(&judgement->notes, NOTE_NULL_MX_MIXED);
    if ((facts->oddities & FACTS_MX_IS_LITERAL) != 0)
        notes_add(&judgement->notes, NOTE_MX_IS_LITERAL);
    if ((facts->oddities & FACTS_MX_DUPLICATE) != 0)
        notes_add(&judgement->notes, NOTE_MX_DUPLICATE);
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* RFC 5321 section 5.1: an address stands for an MX that is not there. */
static void judge_implicit(const struct options *options, const struct facts *facts, enum facts_question question,
                           struct judgement *judgement)
{
    decide(judgement, question == FACTS_A ? MXCHECK_REASON_IMPLICIT_A : MXCHECK_REASON_IMPLICIT_AAAA);
    hold(options, lesser(facts_answer(facts, question)->ttl_s, facts_answer(facts, FACTS_MX)->ttl_s), judgement);
}

static void judge_absence(const struct options *options, const struct facts *facts, const enum facts_outcome *outcomes,
                          struct judgement *judgement)
{
    mxcheck_reason reason = MXCHECK_REASON_NO_SUCH_DOMAIN;
    uint32_t ttl_s = UINT32_MAX;

    for (int i = FACTS_MX; i < FACTS_QUESTIONS; i++) {
        if (outcomes[i] == FACTS_NODATA)
            reason = MXCHECK_REASON_NO_RECORDS;
        if (outcomes[i] != FACTS_NOT_ASKED)
            ttl_s = lesser(ttl_s, facts_answer(facts, (enum facts_question)i)->ttl_s);
    }
    decide(judgement, reason);
    hold_absence(options, ttl_s, judgement);
}

/* No MX: an address counts first, then a failure (the most certain one), then absence. */
static void judge_without_mx(const struct options *options, const struct facts *facts, struct judgement *judgement)
{
    static const enum facts_outcome failures[] = {FACTS_BOGUS, FACTS_TIMEOUT, FACTS_FAILURE};
    const enum facts_outcome outcomes[FACTS_QUESTIONS] = {
        facts_answer(facts, FACTS_MX)->outcome,
        address_outcome(options, facts, FACTS_A),
        address_outcome(options, facts, FACTS_AAAA),
    };

    for (int i = FACTS_A; i <= FACTS_AAAA; i++) {
        if (outcomes[i] == FACTS_RECORDS) {
            judge_implicit(options, facts, (enum facts_question)i, judgement);
            return;
        }
    }
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        if (outcomes[FACTS_A] == failures[i] || outcomes[FACTS_AAAA] == failures[i]) {
            judge_failure(options, failures[i], judgement);
            return;
        }
    }
    judge_absence(options, facts, outcomes, judgement);
}

static void note_records(struct judgement *judgement)
{
    enum facts_question question = FACTS_MX;

    if (judgement->reason == MXCHECK_REASON_IMPLICIT_A)
        question = FACTS_A;
    else if (judgement->reason == MXCHECK_REASON_IMPLICIT_AAAA)
        question = FACTS_AAAA;
    note_name(judgement);
    if (facts_answer(judgement->facts, question)->ttl_s == 0)
        notes_add(&judgement->notes, NOTE_TTL_ZERO);
}

void policy_judge_facts(const struct options *options, const struct facts *facts, struct judgement *judgement)
{
    enum facts_outcome mx = facts_answer(facts, FACTS_MX)->outcome;

    forget_facts(judgement);
    judgement->facts = facts;
    if (mx == FACTS_RECORDS && facts->mx_count > 0)
        judge_mx(options, facts, judgement);
    else if (mx == FACTS_NODATA || mx == FACTS_NXDOMAIN)
        judge_without_mx(options, facts, judgement);
    else
        judge_failure(options, mx, judgement);
    judgement->until_us = facts->learned_us + (uint64_t)judgement->hold_ms * 1000;
    judgement->ttl_s = judgement->hold_ms / 1000;
    if (judgement->verdict == MXCHECK_VERDICT_ACCEPT && judgement->reason != MXCHECK_REASON_DNS_FAILURE_ALLOWED)
        note_records(judgement);
}

bool policy_is_answered(const struct options *options, const struct facts *facts)
{
    enum facts_outcome mx = facts_answer(facts, FACTS_MX)->outcome;
    enum facts_outcome a = facts_answer(facts, FACTS_A)->outcome;

    if (mx == FACTS_RECORDS)
        return true;
    if (mx == FACTS_TIMEOUT || a == FACTS_TIMEOUT || facts_answer(facts, FACTS_AAAA)->outcome == FACTS_TIMEOUT)
        return facts->waited_us / 1000 + PATIENCE_SLACK_MS >= options->timeout_ms;
    if (mx != FACTS_NODATA && (mx != FACTS_NXDOMAIN || options->nxdomain == NXDOMAIN_FINAL))
        return true;
    for (int i = FACTS_A; i <= FACTS_AAAA; i++) {
        enum facts_outcome outcome = facts_answer(facts, (enum facts_question)i)->outcome;
        if (outcome == FACTS_RECORDS)
            return true;
        if (outcome == FACTS_NOT_ASKED && policy_wants_address_question(options, (enum facts_question)i))
            return false;
    }
    return true;
}
