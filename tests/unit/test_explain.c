/* SPDX-License-Identifier: BSD-2-Clause */
/* test_explain.c: the story, the hint and the JSON of a judgement. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "facts/draft.h"
#include "judge/policy.h"
#include "options/reasons.h"
#include "words/advice.h"
#include "words/explain.h"

#include <stdio.h>
#include <string.h>

static struct options options;

static int init(void **state)
{
    (void)state;
    options_init(&options);
    return 0;
}

static struct judgement judged(mxcheck_reason reason)
{
    struct judgement judgement = {.role = MXCHECK_ROLE_RCPT, .reason = reason, .verdict = reasons_verdict(reason)};
    judgement.address = "u@example.com";
    judgement.address_length = strlen(judgement.address);
    judgement.domain = "example.com";
    judgement.fault = "";
    judgement.rule = "";
    return judgement;
}

static void test_hints_are_one_short_sentence(void **state)
{
    char domain[254];
    char hint[256];

    (void)state;
    memset(domain, 'd', sizeof(domain) - 1);
    domain[sizeof(domain) - 1] = '\0';
    for (size_t i = 0; i <= reasons_count(); i++) {
        struct judgement judgement = judged(i < reasons_count() ? reasons_at(i)->number : 9999);
        judgement.domain = domain;
        judgement.fault = "the local part is empty";
        judgement.rule = "RFC 6761 section 6.4";
        size_t length = advice_write(&options, &judgement, hint, sizeof(hint));
        assert_int_equal(length, strlen(hint));
        assert_true(length > 10 && length <= 200);
        assert_int_equal(hint[length - 1], '.');
        assert_null(strchr(hint, '{'));
    }
    struct judgement judgement = judged(MXCHECK_REASON_NO_RECORDS);
    advice_write(&options, &judgement, hint, sizeof(hint));
    assert_string_equal(hint, "Check the spelling, or publish an MX or A record for example.com: it has none.");
    judgement = judged(MXCHECK_REASON_BAD_ADDRESS);
    judgement.fault = "The domain is empty.";
    advice_write(&options, &judgement, hint, sizeof(hint));
    assert_string_equal(hint, "Correct the address: The domain is empty.");
}

static struct facts *implicit_facts(void)
{
    struct draft draft;
    draft_init(&draft, &memory_libc);
    struct facts_answer *mx = &draft.answer[FACTS_MX], *a = &draft.answer[FACTS_A], *aaaa = &draft.answer[FACTS_AAAA];
    mx->outcome = FACTS_NODATA;
    mx->rcode = 0;
    mx->ttl_s = 60;
    mx->elapsed_us = 12345;
    mx->upstream = draft_put(&draft, "127.0.0.1:53");
    *a = *mx;
    a->upstream = draft_put(&draft, "127.0.0.1:53");
    a->outcome = FACTS_RECORDS;
    a->count = 1;
    a->alias = draft_put(&draft, "host.example.net");
    a->addresses = draft_put_octets(&draft, "\xc0\0\2\1", 4);
    *aaaa = *mx;
    aaaa->upstream = draft_put(&draft, "127.0.0.1:53");
    aaaa->outcome = FACTS_FAILURE;
    aaaa->rcode = 2;
    aaaa->ttl_s = 0;
    aaaa->failure = draft_put(&draft, "SERVFAIL");
    struct facts *facts = draft_seal(&draft, "example.com", 0, 0);
    assert_non_null(facts);
    draft_clear(&draft);
    return facts;
}

static void test_story_tells_what_was_asked_and_what_decided(void **state)
{
    static const char *const expected = "Checked <u@example.com> as recipient (RCPT TO).\n"
                                        "The domain is example.com.\n"
                                        "MX of example.com: the name has no such record (NODATA), TTL 60 s "
                                        "(127.0.0.1:53, 12.3 ms)\n"
                                        "A of example.com: 1 record, TTL 60 s, an alias of host.example.net "
                                        "(127.0.0.1:53, 12.3 ms)\n"
                                        "    192.0.2.1\n"
                                        "AAAA of example.com: failed: SERVFAIL (127.0.0.1:53, 12.3 ms)\n"
                                        "Rule: The domain has no MX record; its A record stands in for one "
                                        "(implicit MX, RFC 5321 section 5.1).\n"
                                        "This answer is valid for 60 s.\n"
                                        "Verdict: accept (implicit-a).\n"
                                        "Reply: 250 2.1.5 recipient ok\n"
                                        "To do: Mail goes to the IPv4 address of example.com. An MX record would make "
                                        "that explicit.\n";
    struct judgement judgement = judged(0);
    struct facts *facts = implicit_facts();
    char story[4096];

    (void)state;
    policy_judge_facts(&options, facts, &judgement);
    assert_int_equal(explain_write(&options, &judgement, NULL, story, sizeof(story)), strlen(expected));
    assert_string_equal(story, expected);
    assert_int_equal(explain_write(&options, &judgement, NULL, NULL, 0), strlen(expected));
    facts_unref(facts, &memory_libc);
}

static void test_json_is_one_object(void **state)
{
    static const char *const expected =
        "{\"address\":\"u@example.com\",\"role\":\"rcpt\",\"domain\":\"example.com\",\"verdict\":\"accept\","
        "\"reason\":\"implicit-a\",\"smtp_code\":250,\"enhanced_code\":\"2.1.5\",\"reply\":\"250 2.1.5 recipient ok\","
        "\"hint\":\"Mail goes to the IPv4 address of example.com. An MX record would make that explicit.\","
        "\"ttl\":60,\"elapsed_us\":0,\"cached\":false,\"stale\":false,\"dnssec\":\"unknown\",\"mx\":[],"
        "\"targets\":[],\"notes\":[],\"questions\":["
        "{\"type\":\"MX\",\"name\":\"example.com\",\"outcome\":\"nodata\",\"rcode\":0,\"ttl\":60,\"count\":0,"
        "\"elapsed_us\":12345,\"upstream\":\"127.0.0.1:53\",\"alias\":\"\",\"zone\":\"\",\"failure\":\"\","
        "\"extended_error\":null,\"dnssec\":\"unknown\",\"addresses\":[]},"
        "{\"type\":\"A\",\"name\":\"example.com\",\"outcome\":\"records\",\"rcode\":0,\"ttl\":60,\"count\":1,"
        "\"elapsed_us\":12345,\"upstream\":\"127.0.0.1:53\",\"alias\":\"host.example.net\",\"zone\":\"\","
        "\"failure\":\"\",\"extended_error\":null,\"dnssec\":\"unknown\",\"addresses\":[\"192.0.2.1\"]},"
        "{\"type\":\"AAAA\",\"name\":\"example.com\",\"outcome\":\"failure\",\"rcode\":2,\"ttl\":0,\"count\":0,"
        "\"elapsed_us\":12345,\"upstream\":\"127.0.0.1:53\",\"alias\":\"\",\"zone\":\"\",\"failure\":\"SERVFAIL\","
        "\"extended_error\":null,\"dnssec\":\"unknown\",\"addresses\":[]}]}";
    struct judgement judgement = judged(0);
    struct facts *facts = implicit_facts();
    char json[4096];

    (void)state;
    policy_judge_facts(&options, facts, &judgement);
    assert_int_equal(explain_json(&options, &judgement, NULL, json, sizeof(json)), strlen(expected));
    assert_string_equal(json, expected);
    facts_unref(facts, &memory_libc);
}

static void test_json_lists_exchanges_without_the_null_mx(void **state)
{
    struct judgement judgement = judged(0);
    struct draft draft;
    char json[4096];

    (void)state;
    draft_init(&draft, &memory_libc);
    draft.answer[FACTS_MX].outcome = FACTS_RECORDS;
    draft.answer[FACTS_MX].ttl_s = 5;
    draft_add_mx(&draft, 20, 7, "b.example");
    draft_add_mx(&draft, 0, 7, "");
    draft_add_mx(&draft, 10, 5, "a\\\"x.example");
    struct facts *facts = draft_seal(&draft, "example.com", 0, 0);
    assert_non_null(facts);
    draft_clear(&draft);
    policy_judge_facts(&options, facts, &judgement);
    explain_json(&options, &judgement, NULL, json, sizeof(json));
    assert_non_null(strstr(json, "\"mx\":[{\"host\":\"a\\u005c\\u0022x.example\",\"preference\":10,\"ttl\":5},"
                                 "{\"host\":\"b.example\",\"preference\":20,\"ttl\":7}],"
                                 "\"targets\":[],\"notes\":[\"null-mx-mixed\"]"));
    facts_unref(facts, &memory_libc);
}

static void test_what_is_odd_about_an_address_is_told_of_one_that_is_refused_too(void **state)
{
    struct judgement judgement = judged(MXCHECK_REASON_NO_SUCH_DOMAIN);
    char out[4096];

    (void)state;
    judgement.domain = "xn--n3h.example";
    judgement.is_path_too_long = true;
    explain_write(&options, &judgement, NULL, out, sizeof(out));
    assert_non_null(strstr(out, "Note idna-disallowed: the name has a label that IDNA2008 does not allow"));
    assert_non_null(strstr(out, "Note path-too-long: "));
    explain_json(&options, &judgement, NULL, out, sizeof(out));
    assert_non_null(strstr(out, "\"notes\":[]"));
}

static void test_output_is_printable_whatever_the_client_said(void **state)
{
    struct judgement judgement = judged(MXCHECK_REASON_BAD_ADDRESS);
    char address[256];
    char out[8192];

    (void)state;
    for (int i = 1; i < 256; i++)
        address[i - 1] = (char)i;
    address[255] = '\0';
    judgement.address = address;
    judgement.address_length = strlen(address);
    judgement.domain = "xn--bcher-kva.example";
    judgement.verdict = MXCHECK_VERDICT_REJECT;
    explain_write(&options, &judgement, NULL, out, sizeof(out));
    for (const char *p = out; *p != '\0'; p++)
        assert_true(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
    explain_json(&options, &judgement, NULL, out, sizeof(out));
    for (const char *p = out; *p != '\0'; p++)
        assert_true(*p >= 0x20 && *p < 0x7f);
    assert_non_null(strstr(out, "\"domain_unicode\":\"b\\u00fccher.example\""));
}

static void test_there_is_nothing_to_do_for_a_good_address(void **state)
{
    static const struct {
        mxcheck_reason reason;
        mxcheck_verdict verdict;
        bool has_advice;
    } rows[] = {
        {MXCHECK_REASON_MX, MXCHECK_VERDICT_ACCEPT, false},
        {MXCHECK_REASON_NULL_SENDER, MXCHECK_VERDICT_ACCEPT, false},
        {MXCHECK_REASON_EXEMPT, MXCHECK_VERDICT_ACCEPT, false},
        {MXCHECK_REASON_IMPLICIT_A, MXCHECK_VERDICT_ACCEPT, true},
        {MXCHECK_REASON_NO_RECORDS, MXCHECK_VERDICT_REJECT, true},
        {MXCHECK_REASON_DNS_TIMEOUT, MXCHECK_VERDICT_DEFER, true},
    };
    struct options defaults;
    (void)state;
    options_init(&defaults);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct judgement judgement = judged(0);
        char story[4096];
        judgement.reason = rows[i].reason;
        judgement.verdict = rows[i].verdict;
        explain_write(&defaults, &judgement, NULL, story, sizeof(story));
        assert_int_equal(strstr(story, "To do: ") != NULL, rows[i].has_advice);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hints_are_one_short_sentence),
        cmocka_unit_test(test_story_tells_what_was_asked_and_what_decided),
        cmocka_unit_test(test_json_is_one_object),
        cmocka_unit_test(test_json_lists_exchanges_without_the_null_mx),
        cmocka_unit_test(test_what_is_odd_about_an_address_is_told_of_one_that_is_refused_too),
        cmocka_unit_test(test_output_is_printable_whatever_the_client_said),
        cmocka_unit_test(test_there_is_nothing_to_do_for_a_good_address),
    };
    return cmocka_run_group_tests(tests, init, NULL);
}
