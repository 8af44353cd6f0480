/* SPDX-License-Identifier: BSD-2-Clause */
/* test_hosts.c: MX hosts judged one by one: bounds, notes, how long it holds, and whether others' facts will do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "facts/draft.h"
#include "judge/form.h"
#include "judge/hosts.h"
#include "judge/policy.h"
#include "options/reasons.h"

#include <stdio.h>
#include <string.h>

/* A host is a letter for its A and one for its AAAA: + a good address, x a forbidden one, * one of each, # forbidden
 * ones, more than are kept, - NODATA, ! SERVFAIL, ? timeout, . not asked for. "@" before them: an alias. */
static void say(struct draft *draft, struct facts_answer *answer, size_t size, char letter, bool is_alias)
{
    static const uint8_t good[16] = {0x20, 1, 0x48, 0x60}, forbidden[16] = {127, 0, 0, 1}, forbidden6[16] = {[15] = 1};
    const uint8_t *bad = size == 4 ? forbidden : forbidden6;
    uint8_t octets[FACTS_ADDRESSES_MAX * 16];
    unsigned count = letter == '*' ? 2 : letter == '#' ? FACTS_ADDRESSES_MAX + 1 : letter == '+' || letter == 'x';
    *answer = facts_not_asked;
    answer->outcome = count > 0       ? FACTS_RECORDS
                      : letter == '-' ? FACTS_NODATA
                      : letter == '!' ? FACTS_FAILURE
                      : letter == '?' ? FACTS_TIMEOUT
                                      : FACTS_NOT_ASKED;
    answer->ttl_s = letter == '+' ? 100 : letter == 'x' ? 50 : 200;
    answer->count = (uint16_t)count;
    if (is_alias)
        answer->alias = draft_put(draft, "alias.example.net");
    unsigned kept = count < FACTS_ADDRESSES_MAX ? count : FACTS_ADDRESSES_MAX;
    for (unsigned i = 0; i < kept; i++)
        memcpy(octets + i * size, letter == '+' || (letter == '*' && i == 1) ? good : bad, size);
    answer->addresses = draft_put_octets(draft, octets, kept * size);
}

/* Facts of a lookup that looked at `most` of the hosts. */
static struct facts *facts_of(const char *hosts, size_t most)
{
    struct draft draft;
    char names[200][24];
    size_t count = 0;
    draft_init(&draft, &memory_libc);
    draft.answer[FACTS_MX].outcome = FACTS_RECORDS;
    draft.answer[FACTS_MX].ttl_s = 300;
    for (const char *p = hosts; *p != '\0'; p += strcspn(p, " "), p += *p == ' ', count++) {
        snprintf(names[count], sizeof(names[count]), *p == 'L' ? "localhost" : "mx%zu.example.com", count);
        draft_add_mx(&draft, (uint16_t)count, 300, names[count]);
    }
    if (most > 0)
        draft_choose_targets(&draft, most);
    const char *p = hosts;
    for (size_t i = 0; i < draft.target_count; i++) {
        bool is_alias = *p == '@';
        p += is_alias || *p == 'L';
        say(&draft, &draft.targets[i].answer[0], 4, p[0], is_alias);
        say(&draft, &draft.targets[i].answer[1], 16, p[1], is_alias);
        p += strcspn(p, " ");
        p += *p == ' ';
    }
    struct facts *facts = draft_seal(&draft, "example.com", 0, 2000000);
    assert_non_null(facts);
    draft_clear(&draft);
    return facts;
}

static void set(struct options *options, const char *assignments)
{
    char error[512] = "";
    char line[256];
    char *rest = line;
    options_init(options);
    options->depth = DEPTH_TARGETS;
    snprintf(line, sizeof(line), "%s", assignments);
    for (char *setting; (setting = strtok_r(rest, ";", &rest)) != NULL;) {
        char *value = strchr(setting, '=');
        assert_non_null(value);
        *value++ = '\0';
        assert_int_equal(options_set(options, &memory_libc, setting, value, error, sizeof(error)), MXCHECK_OK);
    }
}

static const char *notes_of(const struct judgement *judgement)
{
    static char line[256];
    line[0] = '\0';
    for (size_t i = 0; i < notes_count(judgement->notes); i++)
        snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s", i == 0 ? "" : " ",
                 notes_word(judgement->notes, i));
    return line;
}

static void test_hosts_come_to_a_verdict_with_notes_and_time(void **state)
{
    static const struct {
        const char *hosts;
        const char *options;
        const char *reason;
        const char *notes;
        unsigned ttl_s; /* 300 of MX, 100 of a good address, 50 of a forbidden one, 200 of all else */
    } rows[] = {
        {"+.", "", "mx", "", 100},
        {"-+", "", "mx", "", 100},
        {"!+", "", "mx", "", 100},
        {"-- +.", "", "mx", "mx-partly-dead", 100},
        {"+. ..", "", "mx", "", 100},
        {"@+.", "", "mx", "mx-is-alias", 100},
        {"x- +.", "", "mx", "mx-forbidden-some", 100},
        {"*.", "", "mx", "mx-forbidden-some", 200},
        {"x+", "", "mx", "mx-forbidden-some", 100},
        {"-- x- @+.", "", "mx", "mx-is-alias mx-partly-dead mx-forbidden-some", 100},
        {"!! +.", "", "mx", "", 100},
        {"--", "", "mx-unresolvable", "", 200},
        {"-- --", "", "mx-unresolvable", "", 200},
        {"--", "cache-negative-ttl=60s", "mx-unresolvable", "", 60},
        {"x-", "", "mx-forbidden", "", 50},
        {"xx", "", "mx-forbidden", "", 50},
        {"-x", "", "mx-forbidden", "", 50},
        {"-- x-", "", "mx-forbidden", "", 50},
        {"x- --", "", "mx-forbidden", "", 50},
        {"x-", "forbidden-networks=none", "mx", "", 50},
        {"x-", "forbidden-networks=10.0.0.0/8", "mx", "", 50},
        {"x-", "forbidden-networks=127.0.0.1", "mx-forbidden", "", 50},
        {"x-", "depth=records", "mx", "", 300},
        {"--", "depth=records", "mx", "", 300},
        {"!!", "", "dns-failure", "", 5},
        {"!-", "", "dns-failure", "", 5},
        {"x!", "", "dns-failure", "", 5},
        {"?-", "", "dns-timeout", "", 5},
        {"!! ??", "", "dns-timeout", "", 5},
        {"-- !!", "", "dns-failure", "", 5},
        {"x- !!", "", "dns-failure", "", 5},
        {"L..", "", "mx-unresolvable", "", 300},
        {"L.. +.", "", "mx", "mx-partly-dead", 100},
        {"L+.", "", "mx-unresolvable", "", 100},
        {"L+.", "special-use=query", "mx", "", 100},
        {"Lx-", "special-use=query", "mx-forbidden", "", 50},
        {"#-", "", "mx", "mx-forbidden-some limit-reached", 200},
        {"#- --", "", "mx", "mx-partly-dead mx-forbidden-some limit-reached", 200},
        {"#!", "", "dns-failure", "", 5},
        {"-- -- +.", "max-targets=2", "mx", "mx-partly-dead limit-reached", 200},
        {"x- -- +.", "max-targets=2", "mx", "mx-partly-dead mx-forbidden-some limit-reached", 50},
        {"!! -- +.", "max-targets=2", "mx", "mx-partly-dead limit-reached", 200},
        {"-- --", "max-targets=2", "mx-unresolvable", "", 200},
        {"-- +. ..", "max-targets=2", "mx", "mx-partly-dead", 100},
        {"--", "refused-hosts=mx0.example.com", "mx-refused", "", 300},
        {"..", "refused-hosts=mx0.example.com", "mx-refused", "", 300},
        {"+. +.", "refused-hosts=mx0.example.com", "mx", "mx-refused-some", 100},
        {"+. --", "refused-hosts=mx0.example.com", "mx-refused", "", 100},
        {"+. x-", "refused-hosts=mx0.example.com", "mx-refused", "", 50},
        {"+. !!", "refused-hosts=mx0.example.com", "dns-failure", "", 5},
        {"!! +.", "refused-hosts=mx0.example.com", "mx", "mx-refused-some", 100},
        {"!! --", "refused-hosts=mx0.example.com", "mx-refused", "", 200},
        {"-- +. ..", "refused-hosts=mx1.example.com;max-targets=2", "mx",
         "mx-partly-dead mx-refused-some limit-reached", 100},
        {"+. +.", "required-hosts=mx2.example.com", "mx-refused", "", 300},
        {"..", "", "dns-failure", "", 5},
        {".. +.", "max-targets=1", "dns-failure", "", 5},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options;
        struct judgement judgement = {.role = MXCHECK_ROLE_RCPT, .domain = "example.com", .address = ""};
        set(&options, rows[i].options);
        struct facts *facts = facts_of(rows[i].hosts, options.max_targets);
        policy_judge_facts(&options, facts, &judgement);
        print_message("# %s %s\n", rows[i].hosts, rows[i].options);
        assert_string_equal(reasons_word(judgement.reason), rows[i].reason);
        assert_string_equal(notes_of(&judgement), rows[i].notes);
        assert_int_equal(judgement.ttl_s, rows[i].ttl_s);
        options_clear(&options, &memory_libc);
        facts_unref(facts, &memory_libc);
    }
}

/* What rests on nothing that is said not to be there, stands. */
static void test_addresses_that_hosts_lack_are_doubted_in_an_outage(void **state)
{
    static const struct {
        const char *hosts, *options, *reason;
    } rows[] = {
        {"--", "outage-threshold=30%", "dns-failure"},
        {"x-", "outage-threshold=30%", "dns-failure"},
        {"xx", "outage-threshold=30%", "mx-forbidden"},
        {"+. --", "outage-threshold=30%;refused-hosts=mx0.example.com", "dns-failure"},
        {"+. --", "outage-threshold=30%;refused-hosts=.example.com", "mx-refused"},
        {"-- +.", "outage-threshold=30%", "mx"},
        {"-- +.", "outage-threshold=30%;reject-notes=mx-partly-dead", "mx"},
        {"--", "", "mx-unresolvable"},
        /* Whoever looked had a usable host, which this context refuses, or forbids. */
        {"+. --", "outage-threshold=30%;timeout=2s;refused-hosts=mx0.example.com", "dns-failure"},
        {"+- --", "outage-threshold=30%;timeout=2s;forbidden-networks=0.0.0.0/0 ::/0", "dns-failure"},
        {"-- -- +.", "outage-threshold=30%;max-targets=2;reject-notes=limit-reached", "mx"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct judgement judgement = {.role = MXCHECK_ROLE_RCPT, .domain = "example.com", .address = ""};
        struct facts *facts = facts_of(rows[i].hosts, 8);
        struct options options;
        facts->was_outage = true;
        facts->none_usable = strchr(rows[i].hosts, '+') == NULL;
        set(&options, rows[i].options);
        policy_judge_facts(&options, facts, &judgement);
        if (strcmp(reasons_word(judgement.reason), rows[i].reason) != 0)
            fail_msg("%s, %s: %s", rows[i].hosts, rows[i].options, reasons_word(judgement.reason));
        options_clear(&options, &memory_libc);
        facts_unref(facts, &memory_libc);
    }
}

/* More hosts of the name that was seen, or others, stand behind those that were kept. */
static void test_a_cut_answer_rejects_nobody(void **state)
{
    static const char *const options[] = {"", "refused-hosts=.example.com", "refused-hosts=.example.com;depth=records"};
    (void)state;
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        struct judgement judgement = {.role = MXCHECK_ROLE_RCPT, .domain = "example.com", .address = ""};
        struct facts *facts = facts_of("-- --", 8);
        struct options set_options;
        facts->oddities |= FACTS_MX_CUT;
        facts->none_usable = true;
        set(&set_options, options[i]);
        policy_judge_facts(&set_options, facts, &judgement);
        assert_string_equal(reasons_word(judgement.reason), "mx");
        assert_non_null(strstr(notes_of(&judgement), "limit-reached"));
        options_clear(&set_options, &memory_libc);
        facts_unref(facts, &memory_libc);
    }
}

static void test_facts_of_others_will_do_when_they_answer_what_is_asked(void **state)
{
    static const struct {
        const char *hosts;
        size_t most; /* that others looked at, having waited for two seconds */
        const char *options;
        bool will_do;
    } rows[] = {
        {"+.", 8, "", true},
        {"+. ..", 8, "", true},
        {"--", 8, "", true},
        {"..", 8, "", false},
        {"-- ..", 8, "", false},
        {"+.", 0, "", false},
        {"+.", 0, "depth=records", true},
        {"-- -- -- +.", 2, "", false},
        {"-- -- -- +.", 2, "max-targets=2", true},
        {"-- -- -- +.", 4, "max-targets=2", true},
        {"-- +. .. ..", 2, "", true},
        {"x- ..", 8, "forbidden-networks=none", true},
        {"x- ..", 8, "", false},
        {"x.", 8, "", false},
        {"x.", 8, "forbidden-networks=none", true},
        {"??", 8, "timeout=1s", true},
        {"??", 8, "timeout=8s", false},
        {"?- +.", 8, "timeout=8s", true},
        {"!!", 8, "timeout=8s", true},
        {"L..", 8, "", true},
        {".. --", 8, "refused-hosts=mx0.example.com", true},
        {"-- ..", 8, "refused-hosts=mx0.example.com", false},
        {"..", 8, "required-hosts=mx5.example.com", true},
        {"+. ..", 8, "refused-hosts=mx0.example.com", false},
        {"L..", 8, "special-use=query", false},
        {"+.", 8, "dnssec=trust-ad", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options;
        set(&options, rows[i].options);
        struct facts *facts = facts_of(rows[i].hosts, rows[i].most);
        print_message("# %s %zu %s\n", rows[i].hosts, rows[i].most, rows[i].options);
        assert_int_equal(policy_is_answered(&options, facts), rows[i].will_do);
        options_clear(&options, &memory_libc);
        facts_unref(facts, &memory_libc);
    }
}

static void test_a_literal_is_judged_by_its_address_with_depth_targets(void **state)
{
    static const struct {
        const char *address;
        const char *options;
        mxcheck_reason reason;
    } rows[] = {
        {"u@[127.0.0.1]", "", MXCHECK_REASON_MX_FORBIDDEN},
        {"u@[IPv6:::1]", "", MXCHECK_REASON_MX_FORBIDDEN},
        {"u@[IPv6:::ffff:10.1.2.3]", "", MXCHECK_REASON_MX_FORBIDDEN},
        {"u@[8.8.8.8]", "", MXCHECK_REASON_ADDRESS_LITERAL},
        {"u@[IPv6:2001:4860::8888]", "", MXCHECK_REASON_ADDRESS_LITERAL},
        {"u@[127.0.0.1]", "forbidden-networks=none", MXCHECK_REASON_ADDRESS_LITERAL},
        {"u@[127.0.0.1]", "depth=records", MXCHECK_REASON_ADDRESS_LITERAL},
        {"u@[127.0.0.1]", "address-literals=reject", MXCHECK_REASON_LITERAL_REFUSED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options;
        struct address parsed;
        struct judgement judgement;
        set(&options, rows[i].options);
        assert_int_equal(address_parse(rows[i].address, strlen(rows[i].address), &parsed), 0);
        assert_true(form_judge(&options, &parsed, MXCHECK_ROLE_RCPT, &judgement));
        assert_int_equal(judgement.reason, rows[i].reason);
        options_clear(&options, &memory_libc);
    }
}

static void test_validation_is_told_of_the_answers_that_carry_the_verdict(void **state)
{
    enum { unknown = MXCHECK_DNSSEC_UNKNOWN, secure = MXCHECK_DNSSEC_SECURE, insecure = MXCHECK_DNSSEC_INSECURE };
    static const struct {
        const char *options;
        int mx, first, second; /* two hosts, of which the second has the good address */
        int dnssec;
    } rows[] = {
        {"dnssec=trust-ad", secure, secure, secure, secure},
        {"dnssec=trust-ad", secure, insecure, secure, secure},
        {"dnssec=trust-ad", secure, secure, insecure, insecure},
        {"dnssec=trust-ad", insecure, secure, secure, insecure},
        {"dnssec=trust-ad", secure, secure, unknown, unknown},
        {"dnssec=trust-ad;depth=records", secure, insecure, insecure, secure},
        {"dnssec=off", secure, secure, secure, unknown},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options;
        struct judgement judgement = {.role = MXCHECK_ROLE_RCPT, .domain = "example.com", .address = ""};
        struct facts *facts = facts_of("-- +.", 8);
        struct facts_answer *answers = (struct facts_answer *)(void *)(facts + 1);
        set(&options, rows[i].options);
        answers[0].dnssec = (uint8_t)rows[i].mx;
        answers[1].dnssec = answers[2].dnssec = (uint8_t)rows[i].first;
        answers[3].dnssec = (uint8_t)rows[i].second;
        policy_judge_facts(&options, facts, &judgement);
        assert_int_equal(judgement.dnssec, rows[i].dnssec);
        options_clear(&options, &memory_libc);
        facts_unref(facts, &memory_libc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_come_to_a_verdict_with_notes_and_time),
        cmocka_unit_test(test_addresses_that_hosts_lack_are_doubted_in_an_outage),
        cmocka_unit_test(test_a_cut_answer_rejects_nobody),
        cmocka_unit_test(test_facts_of_others_will_do_when_they_answer_what_is_asked),
        cmocka_unit_test(test_a_literal_is_judged_by_its_address_with_depth_targets),
        cmocka_unit_test(test_validation_is_told_of_the_answers_that_carry_the_verdict),
    };
    return cmocka_run_group_tests_name("hosts", tests, NULL, NULL);
}
