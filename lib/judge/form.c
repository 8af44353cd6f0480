/* SPDX-License-Identifier: BSD-2-Clause */
/* form.c: judges an address as far as that needs no DNS. */
#include "judge/form.h"

#include "mail/name_list.h"

static void refuse_form(struct judgement *judgement, const char *fault)
{
    judgement->fault = fault;
    judgement_decide(judgement, MXCHECK_REASON_BAD_ADDRESS);
}

static void judge_domain(const struct options *options, const struct address *parsed, struct judgement *judgement)
{
    const char *domain = parsed->domain;
    const char *rule = options->query_special_use ? NULL : domain_special_use(domain, parsed->domain_length);

    judgement->domain = domain;
    judgement->domain_length = parsed->domain_length;
    if (name_list_holds(options->exempt, domain)) {
        judgement_decide(judgement, MXCHECK_REASON_EXEMPT);
    } else if (rule != NULL) {
        judgement->rule = rule;
        judgement_decide(judgement, MXCHECK_REASON_SPECIAL_USE);
    }
}

/* DNS has no say in it; it is a place that mail goes to all the same. */
static void judge_literal(const struct options *options, const struct address *parsed, struct judgement *judgement)
{
    if (options->refuse_literals)
        judgement_decide(judgement, MXCHECK_REASON_LITERAL_REFUSED);
    else if (options->depth == DEPTH_TARGETS &&
             networks_hold(options->forbidden, parsed->literal_family, parsed->literal))
        judgement_decide(judgement, MXCHECK_REASON_MX_FORBIDDEN);
    else
        judgement_decide(judgement, MXCHECK_REASON_ADDRESS_LITERAL);
}

bool form_judge(const struct options *options, const struct address *parsed, mxcheck_role role,
                struct judgement *judgement)
{
    judgement->role = role;
    judgement->reason = (mxcheck_reason)0;
    judgement->verdict = (mxcheck_verdict)0;
    judgement->domain = "";
    judgement->domain_length = 0;
    judgement->is_path_too_long = parsed->is_too_long;
    judgement->fault = "";
    judgement->rule = "";
    judgement_forget_facts(judgement);

    switch (parsed->kind) {
    case ADDRESS_BAD:
        refuse_form(judgement, parsed->fault);
        break;
    case ADDRESS_EMPTY: /* RFC 5321 section 4.5.5 */
        if (role == MXCHECK_ROLE_SENDER)
            judgement_decide(judgement, MXCHECK_REASON_NULL_SENDER);
        else /* RFC 5321 section 4.1.1.3: a forward-path is no null path */
            refuse_form(judgement, "a recipient is never empty");
        break;
    case ADDRESS_POSTMASTER: /* RFC 5321 section 4.5.1 */
        if (role == MXCHECK_ROLE_RCPT)
            judgement_decide(judgement, MXCHECK_REASON_POSTMASTER);
        else /* RFC 5321 section 4.1.2: Reverse-path = Path / "<>", and a Mailbox has a domain */
            refuse_form(judgement, "a sender has a domain");
        break;
    case ADDRESS_LITERAL:
        judge_literal(options, parsed, judgement);
        break;
    case ADDRESS_DOMAIN:
        judge_domain(options, parsed, judgement);
        break;
    }
    if (judgement->verdict == MXCHECK_VERDICT_ACCEPT)
        judgement->notes = judgement_address_notes(judgement);
    if ((judgement->notes & options->reject_notes) != 0 && judgement->reason != MXCHECK_REASON_EXEMPT)
        judgement_decide(judgement, MXCHECK_REASON_NOTE_REFUSED);
    return judgement->verdict != 0;
}
