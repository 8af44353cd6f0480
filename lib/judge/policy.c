/* SPDX-License-Identifier: BSD-2-Clause */
/* policy.c: facts + options + role = verdict and reason. */
#include "judge/policy.h"

#include "judge/doubt.h"
#include "judge/hosts.h"

/* A lookup that waited at most so much less than this context would has waited long enough. */
#define PATIENCE_SLACK_MS 20

void policy_judge_overload(struct judgement *judgement)
{
    judgement_forget_facts(judgement);
    judgement_decide(judgement, MXCHECK_REASON_OVERLOADED);
}

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

/* Do the options let an address stand in for a missing MX? */
static bool takes_address(const struct options *options, const struct facts *facts, enum facts_question question)
{
    if (facts_answer(facts, FACTS_MX)->outcome == FACTS_NXDOMAIN && options->nxdomain == NXDOMAIN_FINAL)
        return false; /* RFC 8020: nothing exists at or below a name that does not */
    return policy_wants_address_question(options, question);
}

/* Judge the domain as its own host. Facts are shared, and may hold more than this context asks for. */
static enum host_state own_state(const struct options *options, const struct facts *facts, enum facts_question question)
{
    const struct facts_answer *answer = facts_answer(facts, question);
    if (!takes_address(options, facts, question) || answer->outcome == FACTS_NOT_ASKED)
        return HOST_DEAD;
    if (answer->outcome == FACTS_RECORDS && options->depth == DEPTH_RECORDS)
        return HOST_USABLE;
    return hosts_judge_answer(options, facts, question, answer);
}

/* The verdict rests on this answer, too. */
static void rely_on(struct judgement *judgement, const struct facts_answer *answer)
{
    if (answer->outcome == FACTS_NOT_ASKED)
        return;
    judgement->ttl_s = answer->ttl_s < judgement->ttl_s ? answer->ttl_s : judgement->ttl_s;
    judgement->dnssec = facts_weaker(judgement->dnssec, (mxcheck_dnssec)answer->dnssec);
}

/* How long a positive answer is valid, within the limits of the options. */
static void hold(const struct options *options, struct judgement *judgement)
{
    uint64_t hold_ms = (uint64_t)judgement->ttl_s * 1000;
    if (hold_ms < options->cache_min_ttl_ms)
        hold_ms = options->cache_min_ttl_ms;
    if (hold_ms > options->cache_max_ttl_ms)
        hold_ms = options->cache_max_ttl_ms;
    judgement->hold_ms = (uint32_t)hold_ms;
}

/* How long a negative answer is valid (RFC 2308 section 5). */
static void hold_absence(const struct options *options, struct judgement *judgement)
{
    uint32_t most_s = options->cache_negative_ttl_ms / 1000;
    judgement->ttl_s = judgement->ttl_s < most_s ? judgement->ttl_s : most_s;
    hold(options, judgement);
}

/* DNS failed: that is never "no records", whatever else is known. */
static void judge_failure(const struct options *options, enum facts_outcome outcome, struct judgement *judgement)
{
    judgement->failure = facts_is_failure(outcome) ? outcome : FACTS_FAILURE;
    judgement->dnssec = outcome == FACTS_BOGUS ? MXCHECK_DNSSEC_BOGUS : MXCHECK_DNSSEC_UNKNOWN;
    judgement_decide(judgement, outcome == FACTS_BOGUS     ? MXCHECK_REASON_DNSSEC_BOGUS
                                : outcome == FACTS_TIMEOUT ? MXCHECK_REASON_DNS_TIMEOUT
                                                           : MXCHECK_REASON_DNS_FAILURE);
    judgement->hold_ms = options->cache_failure_ttl_ms; /* RFC 9520 section 3.2 */
    switch (options->on_dns_failure) {
    case ON_DNS_FAILURE_DEFER:
        break;
    case ON_DNS_FAILURE_ACCEPT:
        judgement_decide(judgement, MXCHECK_REASON_DNS_FAILURE_ALLOWED);
        judgement->notes |= judgement_address_notes(judgement);
        break;
    case ON_DNS_FAILURE_REJECT:
        judgement->verdict = MXCHECK_VERDICT_REJECT;
        break;
    }
}

/* --- hosts --- */

static void rely_on_host(const struct facts *facts, const struct facts_target *target, struct judgement *judgement)
{
    rely_on(judgement, facts_target_answer(facts, target, FACTS_A));
    rely_on(judgement, facts_target_answer(facts, target, FACTS_AAAA));
}

static void rely_on_hosts(const struct options *options, const struct facts *facts, struct judgement *judgement)
{
    for (size_t i = 0; i < hosts_count(options, facts); i++)
        rely_on_host(facts, &facts_targets(facts)[i], judgement);
}

/* One good address is enough. */
static void rely_on_usable(const struct options *options, const struct facts *facts, struct judgement *judgement)
{
    const struct facts_target *target = hosts_find(options, facts, HOST_USABLE);
    const struct facts_answer *a = facts_target_answer(facts, target, FACTS_A);
    bool has_a = hosts_judge_answer(options, facts, FACTS_A, a) == HOST_USABLE;
    rely_on(judgement, has_a ? a : facts_target_answer(facts, target, FACTS_AAAA));
}

static void note_hosts(const struct options *options, const struct facts *facts, struct judgement *judgement)
{
    unsigned index;
    for (size_t i = 0; i < hosts_count(options, facts); i++) {
        const struct facts_target *target = &facts_targets(facts)[i];
        if (hosts_judge(options, facts, target) == HOST_DEAD)
            notes_add(&judgement->notes, NOTE_MX_PARTLY_DEAD);
        for (int j = FACTS_A; j <= FACTS_AAAA; j++) {
            enum facts_question question = (enum facts_question)j;
            const struct facts_answer *answer = facts_target_answer(facts, target, question);
            if (answer->alias != 0 && facts_text(facts, answer->alias)[0] != '\0')
                notes_add(&judgement->notes, NOTE_MX_IS_ALIAS);
            if (hosts_find_forbidden(options, facts, question, answer, &index))
                notes_add(&judgement->notes, NOTE_MX_FORBIDDEN_SOME);
        }
    }
}

/* Mail could go nowhere but to hosts that are refused by name. */
static void refuse_hosts(const struct options *options, struct judgement *judgement)
{
    judgement_decide(judgement, MXCHECK_REASON_MX_REFUSED);
    hold(options, judgement);
}

/* There are more hosts or addresses than the limit: a limit of the library never rejects mail. */
static void accept_unseen(const struct options *options, const struct facts *facts, struct judgement *judgement)
{
    judgement_decide(judgement, MXCHECK_REASON_MX);
    notes_add(&judgement->notes, NOTE_LIMIT_REACHED);
    rely_on_hosts(options, facts, judgement);
}

/* Usable MX hosts, one by one. A host that failed may be the one that works, so it is no reason to reject. */
static void judge_hosts(const struct options *options, const struct facts *facts, struct judgement *judgement)
{
    enum host_state state = hosts_best(options, facts);
    if (state == HOST_USABLE) {
        judgement_decide(judgement, MXCHECK_REASON_MX);
        rely_on_usable(options, facts, judgement);
    } else if (state == HOST_CUT || (state != HOST_UNKNOWN && hosts_are_cut(options, facts))) {
        accept_unseen(options, facts, judgement);
    } else if (state == HOST_FAILED || state == HOST_UNKNOWN) {
        judge_failure(options, hosts_failure(options, facts), judgement);
    } else {
        judgement_decide(judgement, state == HOST_DEAD        ? MXCHECK_REASON_MX_UNRESOLVABLE
                                    : state == HOST_FORBIDDEN ? MXCHECK_REASON_MX_FORBIDDEN
                                                              : MXCHECK_REASON_MX_REFUSED);
        rely_on_hosts(options, facts, judgement);
        hold_absence(options, judgement);
    }
}

/* --- MX, or what stands for it --- */

static void judge_null_mx(const struct options *options, struct judgement *judgement)
{
    hold(options, judgement);
    /* RFC 7505 section 4.2 leaves it open whether a domain that accepts no mail may send mail. */
    if (options->null_mx == NULL_MX_REJECT ||
        (options->null_mx == NULL_MX_REJECT_RCPT && judgement->role == MXCHECK_ROLE_RCPT)) {
        judgement_decide(judgement, MXCHECK_REASON_NULL_MX);
        return;
    }
    judgement_decide(judgement, MXCHECK_REASON_MX);
    notes_add(&judgement->notes, NOTE_NULL_MX);
}

static void note_mx(const struct options *options, const struct facts *facts, bool has_refused,
                    struct judgement *judgement)
{
    if ((facts->oddities & FACTS_NULL_MX_MIXED) != 0) /* RFC 7505 section 3: a null MX stands alone */
        notes_add(&judgement->notes, NOTE_NULL_MX_MIXED);
    if ((facts->oddities & FACTS_MX_IS_LITERAL) != 0)
        notes_add(&judgement->notes, NOTE_MX_IS_LITERAL);
    if ((facts->oddities & FACTS_MX_DUPLICATE) != 0)
        notes_add(&judgement->notes, NOTE_MX_DUPLICATE);
    if (has_refused)
        notes_add(&judgement->notes, NOTE_MX_REFUSED_SOME);
    if (has_refused && (facts->oddities & FACTS_MX_CUT) != 0)
        notes_add(&judgement->notes, NOTE_LIMIT_REACHED);
    if (options->depth == DEPTH_TARGETS)
        note_hosts(options, facts, judgement);
}

static void judge_mx(const struct options *options, const struct facts *facts, struct judgement *judgement)
{
    rely_on(judgement, facts_answer(facts, FACTS_MX));
    if (facts->exchanges == 0) {
        judge_null_mx(options, judgement);
        return;
    }
    bool are_all_refused;
    bool has_refused = hosts_find_refused(options, facts, &are_all_refused) != NULL;
    if (are_all_refused)
        refuse_hosts(options, judgement);
    else if (options->depth == DEPTH_TARGETS)
        judge_hosts(options, facts, judgement);
    else
        judgement_decide(judgement, MXCHECK_REASON_MX);
    if (judgement->reason != MXCHECK_REASON_MX)
        return;
    hold(options, judgement);
    note_mx(options, facts, has_refused, judgement);
}

static void note_addresses(const struct options *options, const struct facts *facts, struct judgement *judgement)
{
    unsigned index;
    for (int i = FACTS_A; i <= FACTS_AAAA; i++) {
        enum facts_question question = (enum facts_question)i;
        if (takes_address(options, facts, question) &&
            hosts_find_forbidden(options, facts, question, facts_answer(facts, question), &index))
            notes_add(&judgement->notes, NOTE_MX_FORBIDDEN_SOME);
    }
}

/* RFC 5321 section 5.1: an address stands for an MX that is not there. */
static void judge_implicit(const struct options *options, const struct facts *facts, enum facts_question question,
                           struct judgement *judgement)
{
    rely_on(judgement, facts_answer(facts, question));
    if (hosts_refusal(options, facts_domain(facts)) != NULL) {
        refuse_hosts(options, judgement);
        return;
    }
    judgement_decide(judgement, question == FACTS_A ? MXCHECK_REASON_IMPLICIT_A : MXCHECK_REASON_IMPLICIT_AAAA);
    hold(options, judgement);
    if (options->depth == DEPTH_TARGETS)
        note_addresses(options, facts, judgement);
}

/* NXDOMAIN, unless some answer shows that the name exists; or addresses, none of which counts. */
static void judge_absence(const struct options *options, const struct facts *facts, enum host_state state,
                          struct judgement *judgement)
{
    mxcheck_reason reason = MXCHECK_REASON_NO_SUCH_DOMAIN;
    for (int i = FACTS_MX; i < FACTS_QUESTIONS; i++) {
        const struct facts_answer *answer = facts_answer(facts, (enum facts_question)i);
        if (i != FACTS_MX && !takes_address(options, facts, (enum facts_question)i))
            continue;
        if (answer->outcome == FACTS_NODATA)
            reason = MXCHECK_REASON_NO_RECORDS;
        rely_on(judgement, answer);
    }
    judgement_decide(judgement, state == HOST_FORBIDDEN ? MXCHECK_REASON_MX_FORBIDDEN : reason);
    hold_absence(options, judgement);
}

static enum facts_outcome failure_of_addresses(const struct options *options, const struct facts *facts)
{
    enum facts_outcome failure = FACTS_NOT_ASKED;
    for (int i = FACTS_A; i <= FACTS_AAAA; i++) {
        if (takes_address(options, facts, (enum facts_question)i))
            failure = facts_worse(failure, (enum facts_outcome)facts_answer(facts, (enum facts_question)i)->outcome);
    }
    return failure;
}

/* No MX: an address counts first, then a failure (the most certain one), then absence. */
static void judge_without_mx(const struct options *options, const struct facts *facts, struct judgement *judgement)
{
    enum host_state a = own_state(options, facts, FACTS_A);
    enum host_state aaaa = own_state(options, facts, FACTS_AAAA);
    enum host_state best = hosts_better(a, aaaa);

    rely_on(judgement, facts_answer(facts, FACTS_MX));
    if (best == HOST_FAILED) {
        judge_failure(options, failure_of_addresses(options, facts), judgement);
    } else if (best == HOST_USABLE || best == HOST_CUT) {
        judge_implicit(options, facts, a == best ? FACTS_A : FACTS_AAAA, judgement);
        if (best == HOST_CUT && judgement->verdict == MXCHECK_VERDICT_ACCEPT)
            notes_add(&judgement->notes, NOTE_LIMIT_REACHED);
    } else {
        judge_absence(options, facts, best, judgement);
    }
}

static void note_records(struct judgement *judgement)
{
    enum facts_question question = FACTS_MX;

    if (judgement->reason == MXCHECK_REASON_IMPLICIT_A)
        question = FACTS_A;
    else if (judgement->reason == MXCHECK_REASON_IMPLICIT_AAAA)
        question = FACTS_AAAA;
    judgement->notes |= judgement_address_notes(judgement);
    if (facts_answer(judgement->facts, question)->ttl_s == 0)
        notes_add(&judgement->notes, NOTE_TTL_ZERO);
}

void policy_judge_facts(const struct options *options, const struct facts *facts, struct judgement *judgement)
{
    enum facts_outcome mx = (enum facts_outcome)facts_answer(facts, FACTS_MX)->outcome;

    judgement_forget_facts(judgement);
    judgement->facts = facts;
    judgement->ttl_s = UINT32_MAX;
    /* Secure until an answer is not; unknown stays unknown. */
    judgement->dnssec = options->trusts_ad ? MXCHECK_DNSSEC_SECURE : MXCHECK_DNSSEC_UNKNOWN;
    if (mx == FACTS_RECORDS && facts->mx_count > 0)
        judge_mx(options, facts, judgement);
    else if (facts_is_absence(mx))
        judge_without_mx(options, facts, judgement);
    else
        judge_failure(options, mx, judgement);
    doubt_rejection(options, judgement);
    judgement->until_us = facts->learned_us + (uint64_t)judgement->hold_ms * 1000;
    judgement->ttl_s = judgement->hold_ms / 1000;
    if (judgement->verdict == MXCHECK_VERDICT_ACCEPT && judgement->reason != MXCHECK_REASON_DNS_FAILURE_ALLOWED)
        note_records(judgement);
    if (judgement->verdict == MXCHECK_VERDICT_ACCEPT && (doubt_notes(options, judgement) & options->reject_notes) != 0)
        judgement_decide(judgement, MXCHECK_REASON_NOTE_REFUSED);
}

/* --- what others asked for --- */

/* A lookup that gave up earlier may have missed an answer. */
static bool has_our_patience(const struct options *options, const struct facts *facts)
{
    return facts->waited_us / 1000 + PATIENCE_SLACK_MS >= options->timeout_ms;
}

/* Not asked of a host means that nobody waited for it. */
static bool is_host_answered(const struct options *options, const struct facts *facts,
                             const struct facts_target *target)
{
    if (hosts_special_use(options, facts, target) != NULL ||
        hosts_refusal(options, facts_text(facts, target->host)) != NULL)
        return true;
    for (int i = FACTS_A; i <= FACTS_AAAA; i++) {
        const struct facts_answer *answer = facts_target_answer(facts, target, (enum facts_question)i);
        if (answer->outcome == FACTS_NOT_ASKED ||
            (answer->outcome == FACTS_TIMEOUT && !has_our_patience(options, facts)))
            return false;
    }
    return true;
}

static bool are_hosts_answered(const struct options *options, const struct facts *facts)
{
    bool are_all_refused;
    if (options->depth == DEPTH_RECORDS || facts->exchanges == 0)
        return true;
    hosts_find_refused(options, facts, &are_all_refused);
    if (are_all_refused || hosts_best(options, facts) == HOST_USABLE)
        return true;
    if (facts->target_count < options->max_targets && facts->has_more_hosts)
        return false;
    for (size_t i = 0; i < hosts_count(options, facts); i++) {
        if (!is_host_answered(options, facts, &facts_targets(facts)[i]))
            return false;
    }
    return true;
}

static bool are_addresses_answered(const struct options *options, const struct facts *facts)
{
    for (int i = FACTS_A; i <= FACTS_AAAA; i++) {
        enum facts_question question = (enum facts_question)i;
        if (own_state(options, facts, question) == HOST_USABLE)
            return true;
        if (takes_address(options, facts, question) && facts_answer(facts, question)->outcome == FACTS_NOT_ASKED)
            return false;
    }
    return true;
}

bool policy_is_answered(const struct options *options, const struct facts *facts)
{
    enum facts_outcome mx = (enum facts_outcome)facts_answer(facts, FACTS_MX)->outcome;

    if (options->trusts_ad && !facts->has_asked_dnssec)
        return false;
    /* Without the option another upstream would have been asked. */
    if (!options->trusts_ad && facts->has_asked_dnssec && facts_failure(facts) == FACTS_BOGUS)
        return false;
    if (mx == FACTS_RECORDS)
        return are_hosts_answered(options, facts);
    if (facts_has_timeout(facts) && !has_our_patience(options, facts))
        return false;
    return !facts_is_absence(mx) || are_addresses_answered(options, facts);
}
