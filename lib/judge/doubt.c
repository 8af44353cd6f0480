/* SPDX-License-Identifier: BSD-2-Clause */
/* doubt.c: what is not believed of facts that were learned in an outage. */
#include "judge/doubt.h"

#include "judge/hosts.h"

/* Notes that a denial may have brought about. */
#define NOTES_BY_DENIAL                                                                                                \
    ((notes)1 << NOTE_MX_PARTLY_DEAD | (notes)1 << NOTE_LIMIT_REACHED | (notes)1 << NOTE_MX_FORBIDDEN_SOME |           \
     (notes)1 << NOTE_TTL_ZERO)

static bool hold_doubtful_denial(const struct facts *facts)
{
    return facts->was_outage && facts_hold_denial(facts);
}

static bool are_all_hosts_refused(const struct options *options, const struct facts *facts)
{
    bool are_all;
    hosts_find_refused(options, facts, &are_all);
    return are_all;
}

/* Does the rejection rest on a denial by the resolver, of MX records or of an address? */
static bool rests_on_denial(const struct options *options, const struct judgement *judgement)
{
    switch ((int)judgement->reason) {
    case MXCHECK_REASON_NO_SUCH_DOMAIN:
    case MXCHECK_REASON_NO_RECORDS:
    case MXCHECK_REASON_MX_UNRESOLVABLE:
    case MXCHECK_REASON_MX_FORBIDDEN:
        return true;
    case MXCHECK_REASON_MX_REFUSED:
        return !are_all_hosts_refused(options, judgement->facts);
    default:
        return false;
    }
}

/* A denial that was validated may be believed all the same. */
void doubt_rejection(const struct options *options, struct judgement *judgement)
{
    if (judgement->verdict != MXCHECK_VERDICT_REJECT || !hold_doubtful_denial(judgement->facts) ||
        judgement->dnssec == MXCHECK_DNSSEC_SECURE || !rests_on_denial(options, judgement))
        return;
    if (options->outage_threshold == 0) {
        if (judgement->hold_ms > options->cache_failure_ttl_ms)
            judgement->hold_ms = options->cache_failure_ttl_ms;
        return;
    }
    judgement->failure = FACTS_FAILURE;
    judgement_decide(judgement, MXCHECK_REASON_DNS_FAILURE);
    judgement->hold_ms = options->cache_failure_ttl_ms;
    notes_add(&judgement->notes, NOTE_OUTAGE);
}

notes doubt_notes(const struct options *options, const struct judgement *judgement)
{
    bool is_doubted = options->outage_threshold > 0 && hold_doubtful_denial(judgement->facts);
    return is_doubted ? judgement->notes & ~NOTES_BY_DENIAL : judgement->notes;
}
