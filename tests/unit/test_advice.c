/* SPDX-License-Identifier: BSD-2-Clause */
/* test_advice.c: the sentence for whom it concerns, by all that is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "facts/draft.h"
#include "judge/policy.h"
#include "words/advice.h"
#include "words/extended_errors.h"

#include <stdio.h>
#include <string.h>

/* One answer of a row: the outcome, and what else was said. */
struct said {
    enum facts_outcome outcome;
    const char *zone, *alias, *failure, *error_text;
    const char *address; /* octets: four for A */
    int error_code;      /* 0: none */
};

static void say(struct draft *draft, struct facts_answer *answer, const struct said *said)
{
    *answer = facts_not_asked;
    answer->outcome = (uint8_t)said->outcome;
    answer->ttl_s = 60;
    answer->error_code = said->error_code == 0 ? -1 : said->error_code;
    answer->zone = draft_put(draft, said->zone == NULL ? "" : said->zone);
    answer->alias = draft_put(draft, said->alias == NULL ? "" : said->alias);
    answer->failure = draft_put(draft, said->failure == NULL ? "" : said->failure);
    answer->error_text = draft_put(draft, said->error_text == NULL ? "" : said->error_text);
    answer->count = said->address != NULL;
    if (said->address != NULL)
        answer->addresses = draft_put_octets(draft, said->address, 4);
}

struct row {
    const char *domain;
    const char *host; /* the MX; NULL: there is none */
    struct said mx, a, aaaa;
    const char *hint;
};

/* Judged with depth = targets. */
static void advise(const struct options *options, const struct row *row, char *hint, size_t size)
{
    struct draft draft;
    struct judgement judgement = {
        .role = MXCHECK_ROLE_RCPT, .domain = row->domain, .address = "", .rule = "", .fault = ""};
    draft_init(&draft, &memory_libc);
    say(&draft, &draft.answer[FACTS_MX], &row->mx);
    if (row->host != NULL)
        draft_add_mx(&draft, 10, 60, row->host);
    if (row->host != NULL)
        draft_choose_targets(&draft, 8);
    say(&draft, row->host != NULL ? &draft.targets[0].answer[0] : &draft.answer[FACTS_A], &row->a);
    say(&draft, row->host != NULL ? &draft.targets[0].answer[1] : &draft.answer[FACTS_AAAA], &row->aaaa);
    struct facts *facts = draft_seal(&draft, row->domain, 0, 0);
    assert_non_null(facts);
    draft_clear(&draft);
    policy_judge_facts(options, facts, &judgement);
    size_t length = advice_write(options, &judgement, hint, size);
    assert_int_equal(length, strlen(hint));
    facts_unref(facts, &memory_libc);
}

static void test_the_sentence_says_what_is_known(void **state)
{
    static const struct said nothing = {FACTS_NOT_ASKED, NULL, NULL, NULL, NULL, NULL, 0};
    static const struct said records = {FACTS_RECORDS, NULL, NULL, NULL, NULL, NULL, 0};
    static const struct said nodata = {FACTS_NODATA, "example.com", NULL, NULL, NULL, NULL, 0};
    static const struct said nx = {FACTS_NXDOMAIN, NULL, NULL, NULL, NULL, NULL, 0};
    static const struct said nx_com = {FACTS_NXDOMAIN, "com", NULL, NULL, NULL, NULL, 0};
    static const struct said nx_sub = {FACTS_NXDOMAIN, "example.com", NULL, NULL, NULL, NULL, 0};
    static const struct said nx_root = {FACTS_NXDOMAIN, ".", NULL, NULL, NULL, NULL, 0};
    static const struct said dangling = {FACTS_NXDOMAIN, "net", "gone.example.net", NULL, NULL, NULL, 0};
    static const struct said alias = {FACTS_NODATA, "net", "web.example.net", NULL, NULL, NULL, 0};
    static const struct said blocked = {FACTS_NXDOMAIN, "com", NULL, NULL, NULL, NULL, 15};
    static const struct said elsewhere = {FACTS_NXDOMAIN, "rpz.isp.net", NULL, NULL, NULL, NULL, 0};
    static const struct said loopback = {FACTS_RECORDS, NULL, NULL, NULL, NULL, "\x7f\0\0\1", 0};
    static const struct said servfail = {FACTS_FAILURE, NULL, NULL, "SERVFAIL", NULL, NULL, 0};
    static const struct said lame = {FACTS_FAILURE, NULL, NULL, "SERVFAIL", "at delegation", NULL, 22};
    static const struct said silence = {FACTS_TIMEOUT, NULL, NULL, "no answer", NULL, NULL, 0};
    static const struct said bogus = {FACTS_BOGUS, NULL, NULL, "SERVFAIL", "validation failure", NULL, 9};
    static const struct said expired = {FACTS_BOGUS, NULL, NULL, "SERVFAIL", NULL, NULL, 7};
    const struct row rows[] = {
        {"example.com", NULL, nx_com, nx_com, nx_com,
         "Check the spelling of example.com: com has no such domain; if it is yours, it has expired or was never "
         "registered."},
        {"mail.example.com", NULL, nx_sub, nx_sub, nx_sub,
         "Check the spelling of mail.example.com: example.com has no such name; if it is yours, publish an MX record "
         "for "
         "it, or renew the domain if it has expired."},
        {"example.con", NULL, nx_root, nx_root, nx_root,
         "Check the spelling of example.con: there is no top-level domain con."},
        {"con", NULL, nx_root, nx_root, nx_root, "Check the spelling of con: there is no top-level domain con."},
        {"example.com", NULL, nx, nx, nx,
         "Check the spelling of example.com: no such domain exists; if it is yours, register it and publish an MX "
         "record."},
        {"example.com", NULL, dangling, nx, nx,
         "Correct the alias example.com: it points to gone.example.net, which does not exist."},
        {"example.com", NULL, blocked, nx, nx,
         "Ask the operator of this server's resolver why it blocks example.com (EDE 15 Blocked)."},
        {"example.com", NULL, nodata, nodata, nodata,
         "Check the spelling, or publish an MX or A record for example.com: it has none."},
        {"example.com", NULL, alias, nodata, nodata,
         "Publish an MX record for web.example.net, which example.com is an alias of: it has no records for mail."},
        {"example.com", "mx.example.com", records, nx, nx,
         "Correct the MX record of example.com: it names a host that does not exist: mx.example.com."},
        {"example.com", "mx.example.com", records, nodata, nodata,
         "Publish an A or AAAA record for mx.example.com: the MX record of example.com names it, and it has none."},
        {"example.com", "192.0.2.1", records, nx, nx,
         "Put a host name in the MX record of example.com: 192.0.2.1 is an IP address, which an MX record cannot "
         "hold."},
        {"example.com", "localhost", records, nothing, nothing,
         "Put a public host name in the MX record of example.com: localhost never has an address in public DNS (RFC "
         "6761 "
         "section 6.3)."},
        {"example.com", "mx.example.com", records, loopback, nodata,
         "Give mx.example.com, an MX host of example.com, an address to which this server can send mail: "
         "127.0.0.1 (127.0.0.0/8, loopback, RFC 1122 section 3.2.1.3) is none."},
        {"example.com", NULL, nodata, loopback, nodata,
         "Publish an MX record for example.com, or give it an address to which this server can send mail: 127.0.0.1 "
         "(127.0.0.0/8, loopback, RFC 1122 section 3.2.1.3) is none."},
        {"example.com", NULL, servfail, nothing, nothing,
         "Try again later; if it lasts, check the name servers of example.com: SERVFAIL."},
        {"example.com", NULL, lame, nothing, nothing,
         "Try again later; if it lasts, check the name servers of example.com: SERVFAIL, EDE 22 No Reachable "
         "Authority."},
        {"example.com", NULL, silence, nothing, nothing,
         "Try again later; if it lasts, check that the name servers of example.com can be reached."},
        {"example.com", NULL, nodata, nodata, silence,
         "Try again later; if it lasts, check that the name servers of example.com can be reached."},
        {"example.com", NULL, bogus, nothing, nothing,
         "Check the DNSSEC signatures and DS records of example.com: they do not validate (EDE 9 DNSKEY "
         "Missing)."},
        {"example.com", NULL, expired, nothing, nothing,
         "Sign the zone of example.com again: its DNSSEC signatures have expired."},
        {"example.com", "alias.example.com", records, dangling, dangling,
         "Correct the MX record of example.com: alias.example.com is an alias of gone.example.net, which has no "
         "address."},
        {"example.com", "mx.example.com", records, blocked, blocked,
         "Ask the operator of this server's resolver why it blocks mx.example.com, an MX host of example.com (EDE 15 "
         "Blocked)."},
        {"example.com", NULL, elsewhere, elsewhere, elsewhere,
         "Check the spelling of example.com: no such domain exists; if it is yours, register it and publish an MX "
         "record."},
        {"example.com", "mx.example.com", records, servfail, servfail,
         "Try again later; if it lasts, check the name servers of mx.example.com, an MX host of example.com: "
         "SERVFAIL."},
        {"example.com", "mx.example.com", records, silence, silence,
         "Try again later; if it lasts, check that the name servers of mx.example.com can be reached: it is an MX host "
         "of "
         "example.com."},
    };
    struct options options;
    char hint[256];
    (void)state;
    options_init(&options);
    options.depth = DEPTH_TARGETS;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        advise(&options, &rows[i], hint, sizeof(hint));
        assert_string_equal(hint, rows[i].hint);
        assert_true(strlen(hint) <= ADVICE_MAX);
    }
    const struct row refused = {"example.com", NULL, servfail, nothing, nothing, ""};
    options.on_dns_failure = ON_DNS_FAILURE_REJECT;
    advise(&options, &refused, hint, sizeof(hint));
    assert_string_equal(hint, "Check the name servers of example.com (SERVFAIL): this server refuses domains that it "
                              "cannot look up.");
    options.implicit_mx = IMPLICIT_MX_NONE;
    const struct row mx_only = {"example.com", NULL, nodata, nothing, nothing, ""};
    advise(&options, &mx_only, hint, sizeof(hint));
    assert_string_equal(
        hint, "Publish an MX record for example.com: it has none, and this server does not use its address records "
              "instead.");
}

static void test_the_sentence_is_short_and_printable_whatever_the_names_are(void **state)
{
    char domain[254], hint[256];
    struct options options;
    const struct row rows[] = {
        {domain, domain, {.outcome = FACTS_RECORDS}, {.outcome = FACTS_NXDOMAIN}, {.outcome = FACTS_NXDOMAIN}, ""},
        {domain, NULL, {.outcome = FACTS_NXDOMAIN, .zone = domain}, {.outcome = FACTS_NXDOMAIN}, {.outcome = 0}, ""},
        {domain, NULL, {.outcome = FACTS_NXDOMAIN, .alias = domain}, {.outcome = FACTS_NXDOMAIN}, {.outcome = 0}, ""},
        {domain,
         "a\\013\\010b\\\"",
         {.outcome = FACTS_RECORDS},
         {.outcome = FACTS_NODATA},
         {.outcome = FACTS_NODATA},
         ""},
    };
    (void)state;
    options_init(&options);
    options.depth = DEPTH_TARGETS;
    memset(domain, 'd', sizeof(domain) - 1);
    domain[sizeof(domain) - 1] = '\0';
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        advise(&options, &rows[i], hint, sizeof(hint));
        assert_true(strlen(hint) > 20 && strlen(hint) <= ADVICE_MAX);
        assert_int_equal(hint[strlen(hint) - 1], '.');
        for (const char *p = hint; *p != '\0'; p++)
            assert_true(*p >= 0x20 && *p < 0x7f && *p != '{');
    }
}

static void test_extended_errors_have_the_names_of_the_registry(void **state)
{
    (void)state;
    assert_string_equal(extended_errors_name(6), "DNSSEC Bogus");
    assert_string_equal(extended_errors_name(22), "No Reachable Authority");
    assert_string_equal(extended_errors_name(30), "Invalid Query Type");
    assert_string_equal(extended_errors_name(31), "");
    assert_string_equal(extended_errors_name(-1), "");
    for (int code = -1; code < 40; code++)
        assert_int_equal(extended_errors_is_policy(code), code >= 15 && code <= 18);
}

/* Where validation fails for an MX host, its zone is to be mended, which is seldom that of the domain. */
static void test_a_host_that_does_not_validate_is_named(void **state)
{
    struct options options;
    char hint[256];
    (void)state;
    options_init(&options);
    options.depth = DEPTH_TARGETS;
    for (int code = 6; code <= 7; code++) {
        const struct said bogus = {.outcome = FACTS_BOGUS, .failure = "SERVFAIL", .error_code = code};
        const struct row row = {"customer.example", "mx.provider.test", {.outcome = FACTS_RECORDS}, bogus, bogus, ""};
        advise(&options, &row, hint, sizeof(hint));
        if (strstr(hint, "mx.provider.test") == NULL)
            fail_msg("%s", hint);
    }
}

/* Mail that is taken is not to be tried again. */
static void test_who_is_accepted_is_not_told_to_try_again(void **state)
{
    const struct row row = {"customer.example", NULL,           {.outcome = FACTS_FAILURE, .failure = "SERVFAIL"},
                            {.outcome = 0},     {.outcome = 0}, ""};
    struct options options;
    char hint[256];
    (void)state;
    options_init(&options);
    options.on_dns_failure = ON_DNS_FAILURE_ACCEPT;
    advise(&options, &row, hint, sizeof(hint));
    if (strncmp(hint, "Try again later", 15) == 0)
        fail_msg("%s", hint);
}

/* null-mx = accept lets the domain pass, which names no host all the same. */
static void test_a_null_mx_that_passes_names_no_hosts(void **state)
{
    struct options options;
    struct draft draft;
    struct judgement judgement = {
        .role = MXCHECK_ROLE_RCPT, .domain = "customer.example", .address = "", .rule = "", .fault = ""};
    char hint[256];
    (void)state;
    options_init(&options);
    options.null_mx = NULL_MX_ACCEPT;
    draft_init(&draft, &memory_libc);
    say(&draft, &draft.answer[FACTS_MX], &(struct said){.outcome = FACTS_RECORDS});
    draft_add_mx(&draft, 0, 60, "");
    struct facts *facts = draft_seal(&draft, "customer.example", 0, 0);
    draft_clear(&draft);
    policy_judge_facts(&options, facts, &judgement);
    advice_write(&options, &judgement, hint, sizeof(hint));
    facts_unref(facts, &memory_libc);
    if (strstr(hint, "names the hosts that take its mail") != NULL)
        fail_msg("%s", hint);
}

/* A network of one's own list may be as public as any. */
static void test_a_public_address_is_not_called_none(void **state)
{
    const struct row row = {"customer.example",         "mx.provider.test",
                            {.outcome = FACTS_RECORDS}, {.outcome = FACTS_RECORDS, .address = "\x08\x08\x08\x08"},
                            {.outcome = FACTS_NODATA},  ""};
    struct networks *networks;
    struct options options;
    const char *why;
    char hint[256];
    (void)state;
    options_init(&options);
    options.depth = DEPTH_TARGETS;
    assert_int_equal(networks_parse(&memory_libc, "8.0.0.0/8", &networks, &why), MXCHECK_OK);
    options.forbidden = networks;
    advise(&options, &row, hint, sizeof(hint));
    networks_free(networks, &memory_libc);
    if (strstr(hint, "a public address: 8.8.8.8") != NULL)
        fail_msg("%s", hint);
}

/* What DNS says is cut before the name that was asked about. */
static void test_a_long_host_leaves_the_domain_whole(void **state)
{
    char host[254];
    struct options options;
    const struct row row = {"customer.example",          host, {.outcome = FACTS_RECORDS}, {.outcome = FACTS_NXDOMAIN},
                            {.outcome = FACTS_NXDOMAIN}, ""};
    char hint[256];
    (void)state;
    memset(host, 'h', sizeof(host) - 1);
    host[sizeof(host) - 1] = '\0';
    options_init(&options);
    options.depth = DEPTH_TARGETS;
    advise(&options, &row, hint, sizeof(hint));
    if (strstr(hint, "customer.example") == NULL)
        fail_msg("%s", hint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_sentence_says_what_is_known),
        cmocka_unit_test(test_the_sentence_is_short_and_printable_whatever_the_names_are),
        cmocka_unit_test(test_a_host_that_does_not_validate_is_named),
        cmocka_unit_test(test_who_is_accepted_is_not_told_to_try_again),
        cmocka_unit_test(test_a_null_mx_that_passes_names_no_hosts),
        cmocka_unit_test(test_a_public_address_is_not_called_none),
        cmocka_unit_test(test_a_long_host_leaves_the_domain_whole),
        cmocka_unit_test(test_extended_errors_have_the_names_of_the_registry),
    };
    return cmocka_run_group_tests_name("advice", tests, NULL, NULL);
}
