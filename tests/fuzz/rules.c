/* SPDX-License-Identifier: BSD-2-Clause */
/* rules.c: looks at facts and judgement from the other side: given the verdict, what must DNS have said? */
#include "rules.h"

#include "check.h"

#include "mail/name_list.h"
#include "options/reasons.h"

#include <string.h>
#include <sys/socket.h>

/* --- the block --- */

static void check_place(const struct facts *facts, facts_place place)
{
    const char *texts = (const char *)(facts_targets(facts) + facts->target_count);
    const char *text = facts_text(facts, place);
    const char *end = (const char *)facts + facts->size;
    demand(text >= texts && text < end);
    demand(memchr(text, '\0', (size_t)(end - text)) != NULL);
}

static void check_host(const struct facts *facts, facts_place place)
{
    check_place(facts, place);
    demand(check_is_printable(facts_text(facts, place), false));
}

static void check_addresses(const struct facts *facts, const struct facts_answer *answer, enum facts_question question)
{
    size_t size = facts_address_count(answer) * facts_address_size(question);
    demand(answer->count > 0 && facts_address_count(answer) > 0);
    demand(answer->addresses >= sizeof(*facts) && answer->addresses + size <= facts->size);
}

static void check_answer(const struct facts *facts, uint8_t index, enum facts_question question)
{
    const struct facts_answer *answer = facts_answer_at(facts, index);
    demand(index == UINT8_MAX || index < facts->answer_count);
    demand((answer->outcome == FACTS_NOT_ASKED) == (index == UINT8_MAX));
    if (index == UINT8_MAX)
        return;
    demand(answer->outcome <= FACTS_BOGUS && answer->dnssec <= MXCHECK_DNSSEC_BOGUS);
    check_place(facts, answer->upstream);
    check_host(facts, answer->alias);
    check_place(facts, answer->failure);
    check_place(facts, answer->error_text);
    if (answer->outcome != FACTS_RECORDS)
        check_host(facts, answer->zone);
    else if (question != FACTS_MX)
        check_addresses(facts, answer, question);
}

static void check_mx(const struct facts *facts)
{
    size_t exchanges = 0;
    for (size_t i = 0; i < facts->mx_count; i++) {
        const struct facts_mx *mx = &facts_mx(facts)[i];
        check_host(facts, mx->host);
        demand(i == 0 || facts_mx(facts)[i - 1].preference <= mx->preference);
        exchanges += facts_text(facts, mx->host)[0] != '\0';
    }
    demand(facts->exchanges == exchanges);
}

static void check_target(const struct facts *facts, size_t index)
{
    const struct facts_target *target = &facts_targets(facts)[index];
    const char *host = facts_text(facts, target->host);
    check_host(facts, target->host);
    demand(host[0] != '\0');
    for (size_t i = 0; i < index; i++)
        demand(strcmp(facts_text(facts, facts_targets(facts)[i].host), host) != 0);
    check_answer(facts, target->answer_index[0], FACTS_A);
    check_answer(facts, target->answer_index[1], FACTS_AAAA);
}

void rules_check_block(const struct facts *facts, const char *domain)
{
    const char *texts = (const char *)(facts_targets(facts) + facts->target_count);
    demand(facts->size % 8 == 0 && texts <= (const char *)facts + facts->size);
    check_place(facts, facts->domain);
    demand(strcmp(facts_domain(facts), domain) == 0);
    for (int i = 0; i < FACTS_QUESTIONS; i++)
        check_answer(facts, facts->answer_index[i], (enum facts_question)i);
    demand(facts_answer(facts, FACTS_MX)->outcome != FACTS_NOT_ASKED);
    demand((facts_answer(facts, FACTS_MX)->outcome == FACTS_RECORDS) == (facts->mx_count > 0));
    check_mx(facts);
    for (size_t i = 0; i < facts->target_count; i++)
        check_target(facts, i);
}

/* --- the verdict --- */

/* What the answers to A and AAAA come to, of the domain or of one host. */
struct said {
    bool has_usable; /* an address that counts, or more than are kept */
    bool has_forbidden;
    bool has_failed;
};

static void hear(const struct options *options, const struct facts *facts, enum facts_question question,
                 const struct facts_answer *answer, struct said *said)
{
    int family = question == FACTS_A ? AF_INET : AF_INET6;
    said->has_failed |= facts_is_failure((enum facts_outcome)answer->outcome);
    if (answer->outcome != FACTS_RECORDS)
        return;
    said->has_usable |= answer->count > facts_address_count(answer);
    for (unsigned i = 0; i < facts_address_count(answer); i++) {
        bool is_forbidden = options->depth == DEPTH_TARGETS &&
                            networks_hold(options->forbidden, family, facts_address(facts, question, answer, i));
        said->has_forbidden |= is_forbidden;
        said->has_usable |= !is_forbidden;
    }
}

/* Does the option implicit-mx take an address in the place of an MX? */
static bool takes(const struct options *options, const struct facts *facts, enum facts_question question)
{
    if (facts_answer(facts, FACTS_MX)->outcome == FACTS_NXDOMAIN && options->nxdomain == NXDOMAIN_FINAL)
        return false;
    return options->implicit_mx == IMPLICIT_MX_A_AAAA || (options->implicit_mx == IMPLICIT_MX_A && question == FACTS_A);
}

static struct said hear_domain(const struct options *options, const struct facts *facts)
{
    struct said said = {false, false, false};
    for (int i = FACTS_A; i <= FACTS_AAAA; i++) {
        enum facts_question question = (enum facts_question)i;
        if (takes(options, facts, question))
            hear(options, facts, question, facts_answer(facts, question), &said);
    }
    return said;
}

static struct said hear_hosts(const struct options *options, const struct facts *facts)
{
    struct said said = {false, false, false};
    for (size_t i = 0; i < facts->target_count && i < options->max_targets; i++) {
        const struct facts_target *target = &facts_targets(facts)[i];
        const char *host = facts_text(facts, target->host);
        if (!options->query_special_use && domain_special_use(host, strlen(host)) != NULL)
            continue;
        if (name_list_refuses(options->refused_hosts, options->required_hosts, host))
            continue;
        hear(options, facts, FACTS_A, facts_target_answer(facts, target, FACTS_A), &said);
        hear(options, facts, FACTS_AAAA, facts_target_answer(facts, target, FACTS_AAAA), &said);
    }
    return said;
}

static bool is_absent(enum facts_outcome outcome)
{
    return outcome == FACTS_NODATA || outcome == FACTS_NXDOMAIN;
}

/* Of the MX hosts, or of the domain, which is its own. */
static size_t count_refused(const struct options *options, const struct facts *facts)
{
    size_t refused = 0;
    if (facts->exchanges == 0)
        return name_list_refuses(options->refused_hosts, options->required_hosts, facts_domain(facts));
    for (size_t i = 0; i < facts->mx_count; i++) {
        const char *host = facts_text(facts, facts_mx(facts)[i].host);
        refused += host[0] != '\0' && name_list_refuses(options->refused_hosts, options->required_hosts, host);
    }
    return refused;
}

static void check_refused(const struct options *options, const struct facts *facts, bool is_absent,
                          const struct said *said)
{
    size_t refused = count_refused(options, facts);
    demand(refused > 0);
    demand(is_absent ? said->has_usable
                     : refused == facts->exchanges ||
                           (options->depth == DEPTH_TARGETS && !said->has_failed && !said->has_usable));
}

/* DNS said no, and nothing that might have said yes failed. */
static void check_reject(const struct options *options, const struct judgement *judgement)
{
    const struct facts *facts = judgement->facts;
    enum facts_outcome mx = (enum facts_outcome)facts_answer(facts, FACTS_MX)->outcome;
    struct said said = is_absent(mx) ? hear_domain(options, facts) : hear_hosts(options, facts);
    demand(is_absent(mx) || mx == FACTS_RECORDS);
    if (judgement->reason == MXCHECK_REASON_NULL_MX) {
        demand(mx == FACTS_RECORDS && facts->exchanges == 0 && options->null_mx != NULL_MX_ACCEPT);
        return;
    }
    if (judgement->reason == MXCHECK_REASON_MX_REFUSED) {
        check_refused(options, facts, is_absent(mx), &said);
        return;
    }
    demand(!said.has_failed && !said.has_usable);
    if (judgement->reason == MXCHECK_REASON_NO_SUCH_DOMAIN)
        demand(mx == FACTS_NXDOMAIN && !said.has_forbidden);
    else if (judgement->reason == MXCHECK_REASON_NO_RECORDS)
        demand(is_absent(mx) && !said.has_forbidden);
    else if (judgement->reason == MXCHECK_REASON_MX_UNRESOLVABLE)
        demand(mx == FACTS_RECORDS && options->depth == DEPTH_TARGETS && !said.has_forbidden);
    else
        demand(judgement->reason == MXCHECK_REASON_MX_FORBIDDEN && options->depth == DEPTH_TARGETS &&
               said.has_forbidden);
}

static void check_accept(const struct options *options, const struct judgement *judgement)
{
    const struct facts *facts = judgement->facts;
    enum facts_outcome mx = (enum facts_outcome)facts_answer(facts, FACTS_MX)->outcome;
    if (judgement->reason == MXCHECK_REASON_MX) {
        demand(mx == FACTS_RECORDS && (facts->exchanges > 0 || options->null_mx != NULL_MX_REJECT));
        demand(facts->exchanges == 0 || count_refused(options, facts) < facts->exchanges ||
               (facts->oddities & FACTS_MX_CUT) != 0);
        return;
    }
    demand(judgement->reason == MXCHECK_REASON_IMPLICIT_A || judgement->reason == MXCHECK_REASON_IMPLICIT_AAAA);
    enum facts_question question = judgement->reason == MXCHECK_REASON_IMPLICIT_A ? FACTS_A : FACTS_AAAA;
    demand(is_absent(mx) && takes(options, facts, question));
    demand(facts_answer(facts, question)->outcome == FACTS_RECORDS && hear_domain(options, facts).has_usable);
}

static bool is_outcome_of(const struct facts *facts, enum facts_outcome outcome)
{
    for (unsigned i = 0; i < facts->answer_count; i++) {
        if (facts_answer_at(facts, i)->outcome == outcome)
            return true;
    }
    return false;
}

/* DNS left it open, and on-dns-failure alone decides. */
static void check_failure(const struct options *options, const struct judgement *judgement)
{
    static const mxcheck_verdict verdicts[] = {MXCHECK_VERDICT_DEFER, MXCHECK_VERDICT_ACCEPT, MXCHECK_VERDICT_REJECT};
    bool is_allowed = options->on_dns_failure == ON_DNS_FAILURE_ACCEPT;
    demand(facts_is_failure(judgement->failure));
    demand(judgement->verdict == verdicts[options->on_dns_failure]);
    demand(is_allowed == (judgement->reason == MXCHECK_REASON_DNS_FAILURE_ALLOWED));
    demand(is_allowed || reasons_verdict(judgement->reason) == MXCHECK_VERDICT_DEFER);
    demand((judgement->failure == FACTS_BOGUS) == (judgement->dnssec == MXCHECK_DNSSEC_BOGUS));
    demand(judgement->hold_ms == options->cache_failure_ttl_ms);
    /* A host that nobody was asked for counts as one that failed. */
    demand(judgement->failure == FACTS_FAILURE || is_outcome_of(judgement->facts, judgement->failure));
}

void rules_check_verdict(const struct options *options, const struct judgement *judgement)
{
    demand(judgement->verdict != 0 && reasons_find(judgement->reason) != NULL);
    demand(judgement->ttl_s == judgement->hold_ms / 1000);
    demand(options->trusts_ad || judgement->dnssec == MXCHECK_DNSSEC_UNKNOWN ||
           judgement->dnssec == MXCHECK_DNSSEC_BOGUS);
    if (notes_have(judgement->notes, NOTE_OUTAGE)) {
        demand(options->outage_threshold > 0 && judgement->facts->was_outage);
        demand(judgement->verdict == MXCHECK_VERDICT_DEFER && judgement->reason == MXCHECK_REASON_DNS_FAILURE);
        demand(judgement->hold_ms == options->cache_failure_ttl_ms);
        return;
    }
    /* Only what would be accepted has notes by which it can be refused. */
    bool is_noted = (judgement->notes & options->reject_notes) != 0;
    bool is_doubted = options->outage_threshold > 0 && judgement->facts->was_outage;
    demand(judgement->reason == MXCHECK_REASON_NOTE_REFUSED ? is_noted : !is_noted || is_doubted);
    if (judgement->reason == MXCHECK_REASON_NOTE_REFUSED) {
        demand(judgement->verdict == MXCHECK_VERDICT_REJECT);
        return;
    }
    if (judgement->failure != FACTS_NOT_ASKED) {
        check_failure(options, judgement);
        return;
    }
    demand(judgement->verdict == reasons_verdict(judgement->reason));
    demand(judgement->hold_ms <= options->cache_max_ttl_ms);
    if (judgement->verdict == MXCHECK_VERDICT_REJECT)
        check_reject(options, judgement);
    else
        check_accept(options, judgement);
}
