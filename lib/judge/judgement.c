/* SPDX-License-Identifier: BSD-2-Clause */
/* judgement.c: the steps that all judging is made of. */
#include "judge/judgement.h"

#include "judge/reasons.h"

void judgement_forget_facts(struct judgement *judgement)
{
    judgement->facts = NULL;
    judgement->failure = FACTS_NOT_ASKED;
    judgement->dnssec = MXCHECK_DNSSEC_UNKNOWN;
    judgement->hold_ms = 0;
    judgement->until_us = 0;
    judgement->ttl_s = 0;
    judgement->is_cached = false;
    judgement->is_stale = false;
    judgement->notes = 0;
}

void judgement_decide(struct judgement *judgement, mxcheck_reason reason)
{
    judgement->reason = reason;
    judgement->verdict = reasons_verdict(reason);
}

void judgement_note_name(struct judgement *judgement)
{
    if (domain_has_underscore(judgement->domain))
        notes_add(&judgement->notes, NOTE_UNDERSCORE);
    if (domain_is_dotless(judgement->domain)) /* RFC 7085 */
        notes_add(&judgement->notes, NOTE_DOTLESS);
}
