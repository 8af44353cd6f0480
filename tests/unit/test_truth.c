/* SPDX-License-Identifier: BSD-2-Clause */
/* test_truth.c: the whole truth table of policy: every outcome of every question, role and option that bears on it,
 * against the rules written down once more as a list of which the first that fits decides; and every reply. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "facts/draft.h"
#include "judge/policy.h"
#include "options/reasons.h"
#include "options/reply_text.h"
#include "words/reply.h"

#include <stdio.h>
#include <string.h>

/* What a question may come to. */
enum said { NOTHING, GOOD, FORBIDDEN, NODATA, NXDOMAIN, TIMEOUT, FAILURE, BOGUS, SAID };

/* What may be said of MX. */
enum mx { MX_HOST, MX_NULL, MX_BOTH, MX_NODATA, MX_NXDOMAIN, MX_TIMEOUT, MX_FAILURE, MX_BOGUS, MXS };

struct row {
    enum mx mx;
    enum said a, aaaa; /* of the MX host where there is one, or else of the domain */
    mxcheck_role role;
    struct options options;
};

/* --- the facts of a row --- */

static void say(struct draft *draft, struct facts_answer *answer, enum facts_question question, enum said said)
{
    static const enum facts_outcome outcomes[SAID] = {
        [NOTHING] = FACTS_NOT_ASKED, [GOOD] = FACTS_RECORDS,    [FORBIDDEN] = FACTS_RECORDS, [NODATA] = FACTS_NODATA,
        [NXDOMAIN] = FACTS_NXDOMAIN, [TIMEOUT] = FACTS_TIMEOUT, [FAILURE] = FACTS_FAILURE,   [BOGUS] = FACTS_BOGUS,
    };
    static const uint8_t good[16] = {0x20, 1, 0x48, 0x60}, forbidden[16] = {127, 0, 0, 1}, loopback[16] = {[15] = 1};
    *answer = facts_not_asked;
    answer->outcome = (uint8_t)outcomes[said];
    answer->ttl_s = 300;
    if (said != GOOD && said != FORBIDDEN)
        return;
    answer->count = 1;
    const uint8_t *bad = question == FACTS_A ? forbidden : loopback;
    answer->addresses = draft_put_octets(draft, said == GOOD ? good : bad, question == FACTS_A ? 4 : 16);
}

static struct facts *facts_of(const struct row *row)
{
    static const enum said outcomes[MXS] = {GOOD, GOOD, GOOD, NODATA, NXDOMAIN, TIMEOUT, FAILURE, BOGUS};
    struct draft draft;
    bool has_host = row->mx == MX_HOST || row->mx == MX_BOTH;
    draft_init(&draft, &memory_libc);
    say(&draft, &draft.answer[FACTS_MX], FACTS_A, outcomes[row->mx]);
    if (row->mx == MX_NULL || row->mx == MX_BOTH)
        draft_add_mx(&draft, 0, 300, "");
    if (has_host)
        draft_add_mx(&draft, 10, 300, "mx.example.com");
    if (has_host)
        draft_choose_targets(&draft, 8);
    say(&draft, has_host ? &draft.targets[0].answer[0] : &draft.answer[FACTS_A], FACTS_A, row->a);
    say(&draft, has_host ? &draft.targets[0].answer[1] : &draft.answer[FACTS_AAAA], FACTS_AAAA, row->aaaa);
    struct facts *facts = draft_seal(&draft, "example.com", 0, 0);
    assert_non_null(facts);
    draft_clear(&draft);
    return facts;
}

/* --- the rules, once more --- */

static bool has_failed(enum said said)
{
    return said == TIMEOUT || said == FAILURE || said == BOGUS;
}

static mxcheck_reason failure_of(enum said a, enum said b)
{
    if (a == BOGUS || b == BOGUS)
        return MXCHECK_REASON_DNSSEC_BOGUS;
    return a == TIMEOUT || b == TIMEOUT ? MXCHECK_REASON_DNS_TIMEOUT : MXCHECK_REASON_DNS_FAILURE;
}

static mxcheck_reason expect_null_mx(const struct row *row)
{
    switch (row->options.null_mx) {
    case NULL_MX_REJECT:
        return MXCHECK_REASON_NULL_MX;
    case NULL_MX_REJECT_RCPT:
        return row->role == MXCHECK_ROLE_RCPT ? MXCHECK_REASON_NULL_MX : MXCHECK_REASON_MX;
    case NULL_MX_ACCEPT:
        break;
    }
    return MXCHECK_REASON_MX;
}

static mxcheck_reason expect_host(const struct row *row)
{
    if (row->options.depth == DEPTH_RECORDS || row->a == GOOD || row->aaaa == GOOD)
        return MXCHECK_REASON_MX;
    if (has_failed(row->a) || has_failed(row->aaaa))
        return failure_of(row->a, row->aaaa);
    if (row->a == NOTHING || row->aaaa == NOTHING) /* which is no lookup of these options */
        return MXCHECK_REASON_DNS_FAILURE;
    return row->a == FORBIDDEN || row->aaaa == FORBIDDEN ? MXCHECK_REASON_MX_FORBIDDEN : MXCHECK_REASON_MX_UNRESOLVABLE;
}

static mxcheck_reason expect_implicit(const struct row *row)
{
    bool is_final = row->mx == MX_NXDOMAIN && row->options.nxdomain == NXDOMAIN_FINAL;
    enum said a = is_final || row->options.implicit_mx == IMPLICIT_MX_NONE ? NOTHING : row->a;
    enum said aaaa = is_final || row->options.implicit_mx != IMPLICIT_MX_A_AAAA ? NOTHING : row->aaaa;
    bool any = row->options.depth == DEPTH_RECORDS;
    if (a == GOOD || (any && a == FORBIDDEN))
        return MXCHECK_REASON_IMPLICIT_A;
    if (aaaa == GOOD || (any && aaaa == FORBIDDEN))
        return MXCHECK_REASON_IMPLICIT_AAAA;
    if (has_failed(a) || has_failed(aaaa))
        return failure_of(a, aaaa);
    if (a == FORBIDDEN || aaaa == FORBIDDEN)
        return MXCHECK_REASON_MX_FORBIDDEN;
    return row->mx == MX_NODATA || a == NODATA || aaaa == NODATA ? MXCHECK_REASON_NO_RECORDS
                                                                 : MXCHECK_REASON_NO_SUCH_DOMAIN;
}

static mxcheck_reason expect(const struct row *row)
{
    switch (row->mx) {
    case MX_TIMEOUT:
        return MXCHECK_REASON_DNS_TIMEOUT;
    case MX_FAILURE:
        return MXCHECK_REASON_DNS_FAILURE;
    case MX_BOGUS:
        return MXCHECK_REASON_DNSSEC_BOGUS;
    case MX_NULL:
        return expect_null_mx(row);
    case MX_HOST:
    case MX_BOTH:
        return expect_host(row);
    case MX_NODATA:
    case MX_NXDOMAIN:
    case MXS:
        break;
    }
    return expect_implicit(row);
}

/* --- every row --- */

static unsigned seen[256];

static void check(const struct row *row)
{
    struct facts *facts = facts_of(row);
    struct judgement judgement = {.role = row->role, .domain = "example.com", .address = "", .rule = "", .fault = ""};
    mxcheck_reason reason = expect(row);
    bool is_failure = reason >= 200;
    mxcheck_verdict verdict = reason < 100   ? MXCHECK_VERDICT_ACCEPT
                              : reason < 200 ? MXCHECK_VERDICT_REJECT
                                             : MXCHECK_VERDICT_DEFER;
    if (is_failure && row->options.on_dns_failure == ON_DNS_FAILURE_ACCEPT) {
        reason = MXCHECK_REASON_DNS_FAILURE_ALLOWED;
        verdict = MXCHECK_VERDICT_ACCEPT;
    } else if (is_failure && row->options.on_dns_failure == ON_DNS_FAILURE_REJECT) {
        verdict = MXCHECK_VERDICT_REJECT;
    }
    policy_judge_facts(&row->options, facts, &judgement);
    if (judgement.reason != reason || judgement.verdict != verdict)
        fail_msg(
            "mx %d, a %d, aaaa %d, role %d, depth %d, implicit %d, nxdomain %d, null %d, failure %d: %s %s, not %s",
            row->mx, row->a, row->aaaa, row->role, row->options.depth, row->options.implicit_mx, row->options.nxdomain,
            row->options.null_mx, row->options.on_dns_failure, reasons_word(judgement.reason),
            reasons_verdict_word(judgement.verdict), reasons_word(reason));
    assert_int_equal(judgement.failure != FACTS_NOT_ASKED, is_failure);
    assert_int_equal(reply_code(&row->options, &judgement) / 100, verdict == MXCHECK_VERDICT_ACCEPT  ? 2
                                                                  : verdict == MXCHECK_VERDICT_DEFER ? 4
                                                                                                     : 5);
    assert_true(judgement.ttl_s <= 300);
    seen[judgement.reason]++;
    facts_unref(facts, &memory_libc);
}

static void check_options(struct row *row)
{
    for (int failure = ON_DNS_FAILURE_DEFER; failure <= ON_DNS_FAILURE_REJECT; failure++) {
        row->options.on_dns_failure = (enum on_dns_failure)failure;
        for (int role = MXCHECK_ROLE_SENDER; role <= MXCHECK_ROLE_RCPT; role++) {
            row->role = (mxcheck_role)role;
            check(row);
        }
    }
}

static void check_answers(struct row *row)
{
    for (int mx = 0; mx < MXS; mx++) {
        for (int a = 0; a < SAID; a++) {
            for (int aaaa = 0; aaaa < SAID; aaaa++) {
                row->mx = (enum mx)mx;
                row->a = (enum said)a;
                row->aaaa = (enum said)aaaa;
                check_options(row);
            }
        }
    }
}

static void test_every_answer_role_and_option_comes_to_the_verdict_of_the_rules(void **state)
{
    static const mxcheck_reason reasons[] = {1, 2, 3, 8, 100, 101, 102, 103, 104, 200, 201, 202};
    struct row row;
    (void)state;
    options_init(&row.options);
    for (int depth = DEPTH_RECORDS; depth <= DEPTH_TARGETS; depth++) {
        for (int implicit = IMPLICIT_MX_A_AAAA; implicit <= IMPLICIT_MX_NONE; implicit++) {
            for (int nxdomain = NXDOMAIN_CONFIRM; nxdomain <= NXDOMAIN_FINAL; nxdomain++) {
                for (int null_mx = NULL_MX_REJECT; null_mx <= NULL_MX_ACCEPT; null_mx++) {
                    row.options.depth = (enum depth)depth;
                    row.options.implicit_mx = (enum implicit_mx)implicit;
                    row.options.nxdomain = (enum nxdomain)nxdomain;
                    row.options.null_mx = (enum null_mx)null_mx;
                    check_answers(&row);
                }
            }
        }
    }
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        assert_true(seen[reasons[i]] > 0);
}

/* What no combination of answers may do. */
static void test_a_failure_of_dns_never_rejects_unless_the_option_says_so(void **state)
{
    struct row row = {.role = MXCHECK_ROLE_RCPT};
    (void)state;
    options_init(&row.options);
    for (int depth = DEPTH_RECORDS; depth <= DEPTH_TARGETS; depth++) {
        row.options.depth = (enum depth)depth;
        for (int mx = MX_NODATA; mx < MXS; mx++) {
            for (int said = 0; said < SAID * SAID; said++) {
                row.mx = (enum mx)mx;
                row.a = (enum said)(said / SAID);
                row.aaaa = (enum said)(said % SAID);
                if (mx < MX_TIMEOUT && !has_failed(row.a) && !has_failed(row.aaaa))
                    continue;
                struct facts *facts = facts_of(&row);
                struct judgement judgement = {.role = row.role, .domain = "example.com", .address = ""};
                policy_judge_facts(&row.options, facts, &judgement);
                assert_int_not_equal(judgement.verdict, MXCHECK_VERDICT_REJECT);
                facts_unref(facts, &memory_libc);
            }
        }
    }
}

/* --- replies --- */

static void test_every_reason_has_the_documented_reply_for_role_and_profile(void **state)
{
    /* Documented sender and rcpt, then by the registries of RFC 3463 and RFC 7372. */
    static const struct {
        int from, to;
        const char *replies[4];
    } rows[] = {
        {1,
         8,
         {"250 2.1.0 ID sender ok", "250 2.1.5 ID recipient ok", "250 2.1.0 ID sender ok",
          "250 2.1.5 ID recipient ok"}},
        {100,
         101,
         {"550 5.1.1 ID invalid domain", "550 5.1.1 ID invalid destination domain", "550 5.1.8 ID invalid domain",
          "550 5.1.2 ID invalid destination domain"}},
        {102, 102, {"550 5.7.27 ", "556 5.1.10 ", "550 5.7.27 ", "556 5.1.10 "}},
        {103,
         104,
         {"550 5.1.1 ID invalid domain", "550 5.1.1 ID invalid destination domain", "550 5.1.8 ID invalid domain",
          "550 5.1.2 ID invalid destination domain"}},
        {105, 105, {"553 5.1.7 ", "553 5.1.3 ", "553 5.1.7 ", "553 5.1.3 "}},
        {106,
         106,
         {"550 5.1.1 ID invalid domain", "550 5.1.1 ID invalid destination domain", "550 5.1.8 ID invalid domain",
          "550 5.1.2 ID invalid destination domain"}},
        {107, 107, {"553 5.1.7 ", "553 5.1.3 ", "553 5.1.7 ", "553 5.1.3 "}},
        {108,
         108,
         {"550 5.7.1 ID mail hosts of sender domain refused", "550 5.7.1 ID mail hosts of destination domain refused",
          "550 5.7.1 ID mail hosts of sender domain refused", "550 5.7.1 ID mail hosts of destination domain refused"}},
        {109,
         109,
         {"550 5.7.1 ID sender domain refused", "550 5.7.1 ID destination domain refused",
          "550 5.7.1 ID sender domain refused", "550 5.7.1 ID destination domain refused"}},
        {200, 202, {"450 4.4.3 ", "451 4.4.3 ", "450 4.1.8 ", "451 4.4.3 "}},
        {203, 203, {"450 4.3.2 ", "451 4.3.2 ", "450 4.3.2 ", "451 4.3.2 "}},
    };
    size_t checked = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int reason = rows[i].from; reason <= rows[i].to; reason++, checked++) {
            for (int kind = 0; kind < 4; kind++) {
                struct options options;
                char line[512];
                options_init(&options);
                options.reply_profile = kind < 2 ? REPLY_PROFILE_DOCUMENTED : REPLY_PROFILE_RFC;
                struct judgement judgement = {.role = kind % 2 == 0 ? MXCHECK_ROLE_SENDER : MXCHECK_ROLE_RCPT,
                                              .reason = (mxcheck_reason)reason,
                                              .verdict = reasons_verdict((mxcheck_reason)reason),
                                              .domain = "example.com",
                                              .address = "u@example.com"};
                reply_write(&options, &judgement, "ID", line, sizeof(line));
                assert_memory_equal(line, rows[i].replies[kind], strlen(rows[i].replies[kind]));
                bool is_whole = strstr(rows[i].replies[kind], "ID") != NULL;
                assert_true(!is_whole || strlen(line) == strlen(rows[i].replies[kind]));
                assert_non_null(strstr(line, " ID "));
            }
        }
    }
    assert_int_equal(checked, reasons_count());
}

/* A reply of the option is taken only if its code says what the reason says. */
static void test_a_reply_that_contradicts_the_verdict_is_refused_for_every_reason(void **state)
{
    static const char *const lines[] = {"250 2.0.0 {id} ok", "451 4.0.0 {id} later", "550 5.0.0 {id} {hint}"};
    (void)state;
    for (size_t i = 0; i < reasons_count(); i++) {
        const struct reason *row = reasons_at(i);
        for (int class = 0; class < 3; class ++) {
            static const mxcheck_verdict verdicts[] = {MXCHECK_VERDICT_ACCEPT, MXCHECK_VERDICT_DEFER,
                                                       MXCHECK_VERDICT_REJECT};
            const char *fault = reply_text_fault(lines[class], row->number);
            assert_int_equal(fault == NULL, row->verdict == verdicts[class]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_answer_role_and_option_comes_to_the_verdict_of_the_rules),
        cmocka_unit_test(test_a_failure_of_dns_never_rejects_unless_the_option_says_so),
        cmocka_unit_test(test_every_reason_has_the_documented_reply_for_role_and_profile),
        cmocka_unit_test(test_a_reply_that_contradicts_the_verdict_is_refused_for_every_reason),
    };
    return cmocka_run_group_tests_name("truth", tests, NULL, NULL);
}
