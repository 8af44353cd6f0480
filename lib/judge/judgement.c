/* SPDX-License-Identifier: BSD-2-Clause */
/* judgement.c: the steps that all judging is made of. */
#include "judge/judgement.h"

#include "options/reasons.h"

void judgement_decide(struct judgement *judgement, mxcheck_reason reason)
{
    judgement->reason = reason;
    judgement->verdict = reasons_verdict(reason);
}

notes judgement_address_notes(const struct judgement *judgement)
{
    notes set = 0;
    if (judgement->is_path_too_long)
        notes_add(&set, NOTE_PATH_TOO_LONG);
    if (judgement->domain[0] == '\0')
        return set;
    if (domain_has_underscore(judgement->domain))
        notes_add(&set, NOTE_UNDERSCORE);
    if (domain_is_idna_disallowed(judgement->domain))
        notes_add(&set, NOTE_IDNA_DISALLOWED);
    if (domain_is_dotless(judgement->domain)) /* RFC 7085 */
        notes_add(&set, NOTE_DOTLESS);
    return set;
}
