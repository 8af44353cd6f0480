/* SPDX-License-Identifier: BSD-2-Clause */
/* reasons.c: looks up the rows of reasons.def. */
#include "options/reasons.h"

#define REASON(number, id, word, verdict, sender, rcpt, rfc_sender, rfc_rcpt, rule, hint)                              \
    {MXCHECK_REASON_##id, word, MXCHECK_VERDICT_##verdict, {{sender, rcpt}, {rfc_sender, rfc_rcpt}}, rule, hint},
static const struct reason rows[] = {
#include "options/reasons.def"
};
#undef REASON

/* The numbers of the table are those of the header. */
#define REASON(number, id, ...) _Static_assert((number) == MXCHECK_REASON_##id, "reasons.def and mxcheck.h differ");
#include "options/reasons.def"
#undef REASON

size_t reasons_count(void)
{
    return sizeof(rows) / sizeof(rows[0]);
}

const struct reason *reasons_at(size_t index)
{
    return index < reasons_count() ? &rows[index] : NULL;
}

const struct reason *reasons_find(mxcheck_reason number)
{
    for (size_t i = 0; i < reasons_count(); i++) {
        if (rows[i].number == number)
            return &rows[i];
    }
    return NULL;
}

mxcheck_verdict reasons_verdict(mxcheck_reason reason)
{
    const struct reason *row = reasons_find(reason);
    return row == NULL ? MXCHECK_VERDICT_DEFER : row->verdict;
}

const char *reasons_word(mxcheck_reason number)
{
    const struct reason *reason = reasons_find(number);
    return reason == NULL ? "unknown" : reason->word;
}

const char *reasons_verdict_word(mxcheck_verdict verdict)
{
    switch (verdict) {
    case MXCHECK_VERDICT_ACCEPT:
        return "accept";
    case MXCHECK_VERDICT_DEFER:
        return "defer";
    case MXCHECK_VERDICT_REJECT:
        return "reject";
    }
    return "unknown";
}

const char *reasons_role_word(mxcheck_role role)
{
    switch (role) {
    case MXCHECK_ROLE_SENDER:
        return "sender";
    case MXCHECK_ROLE_RCPT:
        return "rcpt";
    }
    return "unknown";
}

const char *reasons_dnssec_word(int state)
{
    switch (state) {
    case MXCHECK_DNSSEC_UNKNOWN:
        return "unknown";
    case MXCHECK_DNSSEC_SECURE:
        return "secure";
    case MXCHECK_DNSSEC_INSECURE:
        return "insecure";
    case MXCHECK_DNSSEC_BOGUS:
        return "bogus";
    default:
        return "unknown";
    }
}
