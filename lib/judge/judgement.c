/* SPDX-License-Identifier: BSD-2-Clause */
/* judgement.c: the steps that all judging is made of. */
#include "judge/judgement.h"

#include "judge/reasons.h"

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
