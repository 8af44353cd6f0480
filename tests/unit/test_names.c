/* SPDX-License-Identifier: BSD-2-Clause */
/* test_names.c: words for numbers: stable, and never NULL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "options/reasons.h"

#include <string.h>

static void test_reasons_have_stable_words(void **state)
{
    static const struct {
        int reason;
        const char *word;
    } rows[] = {
        {1, "mx"},
        {2, "implicit-a"},
        {3, "implicit-aaaa"},
        {4, "null-sender"},
        {5, "postmaster"},
        {6, "address-literal"},
        {7, "exempt"},
        {8, "dns-failure-allowed"},
        {100, "no-such-domain"},
        {101, "no-records"},
        {102, "null-mx"},
        {103, "mx-unresolvable"},
        {104, "mx-forbidden"},
        {105, "bad-address"},
        {106, "special-use"},
        {107, "literal-refused"},
        {108, "mx-refused"},
        {109, "note-refused"},
        {200, "dns-timeout"},
        {201, "dns-failure"},
        {202, "dnssec-bogus"},
        {203, "overloaded"},
        {0, "unknown"},
        {9999, "unknown"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(mxcheck_reason_name(rows[i].reason), rows[i].word);
    assert_int_equal(reasons_count() + 2, sizeof(rows) / sizeof(rows[0]));
}

static void test_numbers_tell_the_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < reasons_count(); i++) {
        const struct reason *row = reasons_at(i);
        assert_int_equal(row->verdict, row->number < 100   ? MXCHECK_VERDICT_ACCEPT
                                       : row->number < 200 ? MXCHECK_VERDICT_REJECT
                                                           : MXCHECK_VERDICT_DEFER);
        assert_true(i == 0 || row->number > reasons_at(i - 1)->number);
    }
    assert_null(reasons_at(reasons_count()));
}

static void test_other_names_are_stable(void **state)
{
    static const char *const statuses[] = {"ok", "invalid", "no-memory", "option", "file", "system"};
    (void)state;
    for (int i = 0; i < 6; i++) {
        assert_string_equal(mxcheck_status_name((mxcheck_status)-i), statuses[i]);
        const char *text = mxcheck_status_text((mxcheck_status)-i);
        assert_int_equal(text[strlen(text) - 1], '.');
    }
    assert_string_equal(mxcheck_status_name((mxcheck_status)-99), "unknown");
    assert_string_equal(mxcheck_status_text((mxcheck_status)-99), "unknown");
    assert_string_equal(mxcheck_verdict_name(MXCHECK_VERDICT_ACCEPT), "accept");
    assert_string_equal(mxcheck_verdict_name(MXCHECK_VERDICT_DEFER), "defer");
    assert_string_equal(mxcheck_verdict_name(MXCHECK_VERDICT_REJECT), "reject");
    assert_string_equal(mxcheck_verdict_name((mxcheck_verdict)0), "unknown");
    assert_string_equal(mxcheck_role_name(MXCHECK_ROLE_SENDER), "sender");
    assert_string_equal(mxcheck_role_name(MXCHECK_ROLE_RCPT), "rcpt");
    assert_string_equal(mxcheck_role_name((mxcheck_role)7), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reasons_have_stable_words),
        cmocka_unit_test(test_numbers_tell_the_verdict),
        cmocka_unit_test(test_other_names_are_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
