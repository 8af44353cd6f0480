/* SPDX-License-Identifier: BSD-2-Clause */
/* test_policy.c: facts + options + role = verdict and reason, by tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "facts/draft.h"
#include "judge/form.h"
#include "judge/policy.h"
#include "options/reasons.h"

#include <stdio.h>
#include <string.h>

#define SENDER MXCHECK_ROLE_SENDER
#define RCPT MXCHECK_ROLE_RCPT
#define REASON(id) MXCHECK_REASON_##id

static void set(struct options *options, const char *assignments)
{
    char error[512] = "";
    char line[256];
    char *rest = line;

    options_init(options);
    snprintf(line, sizeof(line), "%s", assignments);
    while (*rest != '\0') {
        char *name = rest;
        char *value = strchr(name, '=');
        assert_non_null(value);
        *value++ = '\0';
        rest = value + strcspn(value, ";");
        if (*rest == ';')
            *rest++ = '\0';
        assert_int_equal(options_set(options, &memory_libc, name, value, error, sizeof(error)), MXCHECK_OK);
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

/* --- without DNS --- */

struct form {
    const char *name;
    const char *options;
    enum address_kind kind;
    const char *domain;
    mxcheck_role role;
    mxcheck_reason reason; /* 0: DNS must be asked */
};

static void check_form(const struct form *row)
{
    struct options options;
    struct judgement judgement;
    struct address parsed;

    memset(&judgement, 0xa5, sizeof(judgement));
    memset(&parsed, 0, sizeof(parsed));
    parsed.kind = row->kind;
    parsed.fault = row->kind == ADDRESS_BAD ? "the local part is empty" : "";
    snprintf(parsed.domain, sizeof(parsed.domain), "%s", row->domain);
    parsed.domain_length = strlen(parsed.domain);
    set(&options, row->options);
    if (form_judge(&options, &parsed, row->role, &judgement) != (row->reason != 0) || judgement.reason != row->reason)
        fail_msg("%s: reason %d, not %d", row->name, (int)judgement.reason, (int)row->reason);
    assert_int_equal(judgement.role, row->role);
    assert_string_equal(judgement.domain, row->kind == ADDRESS_DOMAIN ? row->domain : "");
    assert_true((judgement.fault[0] != '\0') == (row->reason == REASON(BAD_ADDRESS)));
    assert_true((judgement.rule[0] != '\0') == (row->reason == REASON(SPECIAL_USE)));
    if (row->reason != 0)
        assert_int_equal(judgement.verdict, reasons_verdict(row->reason));
    assert_null(judgement.facts);
    assert_int_equal(judgement.ttl_s, 0);
    options_clear(&options, &memory_libc);
}

static void test_form_is_judged_without_dns(void **state)
{
    static const struct form rows[] = {
        {"empty sender", "", ADDRESS_EMPTY, "", SENDER, REASON(NULL_SENDER)},
        {"empty recipient", "", ADDRESS_EMPTY, "", RCPT, REASON(BAD_ADDRESS)},
        {"postmaster as recipient", "", ADDRESS_POSTMASTER, "", RCPT, REASON(POSTMASTER)},
        {"postmaster as sender", "", ADDRESS_POSTMASTER, "", SENDER, REASON(BAD_ADDRESS)},
        {"bad sender", "", ADDRESS_BAD, "", SENDER, REASON(BAD_ADDRESS)},
        {"bad recipient", "", ADDRESS_BAD, "", RCPT, REASON(BAD_ADDRESS)},
        {"literal", "", ADDRESS_LITERAL, "", RCPT, REASON(ADDRESS_LITERAL)},
        {"literal refused", "address-literals=reject", ADDRESS_LITERAL, "", SENDER, REASON(LITERAL_REFUSED)},
        {"domain", "", ADDRESS_DOMAIN, "example.com", SENDER, 0},
        {"special use", "", ADDRESS_DOMAIN, "host.invalid", RCPT, REASON(SPECIAL_USE)},
        {"note refused", "reject-notes=dotless", ADDRESS_DOMAIN, "dotless", RCPT, 0},
        {"exempt and noted", "reject-notes=dotless;exempt-domains=dotless", ADDRESS_DOMAIN, "dotless", RCPT,
         REASON(EXEMPT)},
        {"special use queried", "special-use=query", ADDRESS_DOMAIN, "host.invalid", RCPT, 0},
        {"test is asked", "", ADDRESS_DOMAIN, "a.test", RCPT, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_form(&rows[i]);
}

static void test_exempt_domains_are_accepted_without_dns(void **state)
{
    static const struct form rows[] = {
        {"equal", "exempt-domains=example.com", ADDRESS_DOMAIN, "example.com", RCPT, REASON(EXEMPT)},
        {"below, without dot", "exempt-domains=example.com", ADDRESS_DOMAIN, "a.example.com", RCPT, 0},
        {"below, with dot", "exempt-domains=.example.com", ADDRESS_DOMAIN, "a.example.com", RCPT, REASON(EXEMPT)},
        {"equal, with dot", "exempt-domains=.example.com", ADDRESS_DOMAIN, "example.com", RCPT, REASON(EXEMPT)},
        {"ends alike", "exempt-domains=.example.com", ADDRESS_DOMAIN, "badexample.com", RCPT, 0},
        {"last of list", "exempt-domains=a.org, b.org c.org", ADDRESS_DOMAIN, "c.org", SENDER, REASON(EXEMPT)},
        {"upper case", "exempt-domains=EXAMPLE.Com", ADDRESS_DOMAIN, "example.com", SENDER, REASON(EXEMPT)},
        {"U-label",
         "exempt-domains=b\xc3\xbc"
         "cher.example",
         ADDRESS_DOMAIN, "xn--bcher-kva.example", SENDER, REASON(EXEMPT)},
        {"before special use", "exempt-domains=.invalid", ADDRESS_DOMAIN, "a.invalid", SENDER, REASON(EXEMPT)},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_form(&rows[i]);
}

/* --- by facts --- */

#define NONE FACTS_NOT_ASKED
#define REC FACTS_RECORDS
#define NODATA FACTS_NODATA
#define NX FACTS_NXDOMAIN
#define TIMEOUT FACTS_TIMEOUT
#define FAILURE FACTS_FAILURE
#define BOGUS FACTS_BOGUS

struct said {
    const char *name;
    const char *options;
    mxcheck_role role;
    const char *mx; /* hosts, separated by spaces; "." is the null MX */
    enum facts_outcome outcome[FACTS_QUESTIONS];
    mxcheck_reason reason;
    unsigned ttl_s; /* the TTLs are 300 of MX, 200 of A, 100 of AAAA */
    const char *notes;
};

static struct facts *make_facts(const struct said *row, bool has_ttl)
{
    struct draft draft;
    char hosts[256];
    char *rest = hosts;

    draft_init(&draft, &memory_libc);
    snprintf(hosts, sizeof(hosts), "%s", row->mx);
    while (*rest != '\0') {
        char *host = rest;
        rest += strcspn(rest, " ");
        if (*rest != '\0')
            *rest++ = '\0';
        draft_add_mx(&draft, 10, 300, strcmp(host, ".") == 0 ? "" : host);
    }
    for (int i = 0; i < FACTS_QUESTIONS; i++) {
        draft.answer[i].outcome = (uint8_t)row->outcome[i];
        draft.answer[i].ttl_s = row->outcome[i] == NONE || !has_ttl ? 0 : 300 - 100 * (unsigned)i;
    }
    struct facts *facts = draft_seal(&draft, "example.com", 0, 0);
    assert_non_null(facts);
    draft_clear(&draft);
    return facts;
}

static struct facts *facts_of(const struct said *row)
{
    return make_facts(row, true);
}

static void check_said(const struct said *row)
{
    struct options options;
    struct judgement judgement = {.role = row->role, .domain = "example.com", .address = "u@example.com"};
    struct facts *facts = facts_of(row);

    set(&options, row->options);
    policy_judge_facts(&options, facts, &judgement);
    if (judgement.reason != row->reason || judgement.ttl_s != row->ttl_s)
        fail_msg("%s: reason %d, not %d; ttl %u, not %u", row->name, (int)judgement.reason, (int)row->reason,
                 judgement.ttl_s, row->ttl_s);
    if (strcmp(notes_of(&judgement), row->notes) != 0)
        fail_msg("%s: notes '%s', not '%s'", row->name, notes_of(&judgement), row->notes);
    if (options.on_dns_failure != ON_DNS_FAILURE_REJECT)
        assert_int_equal(judgement.verdict, reasons_verdict(row->reason));
    assert_ptr_equal(judgement.facts, facts);
    options_clear(&options, &memory_libc);
    facts_unref(facts, &memory_libc);
}

static void check_all(const struct said *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_said(&rows[i]);
}
#define CHECK_ALL(rows) check_all(rows, sizeof(rows) / sizeof((rows)[0]))

static void test_mx_is_accepted(void **state)
{
    static const struct said rows[] = {
        {"one", "", RCPT, "mx.example.com", {REC, NONE, NONE}, REASON(MX), 300, ""},
        {"two", "", SENDER, "a.example b.example", {REC, NONE, NONE}, REASON(MX), 300, ""},
        {"twice", "", SENDER, "a.example a.example", {REC, NONE, NONE}, REASON(MX), 300, "mx-duplicate"},
        {"literal", "", SENDER, "192.0.2.1", {REC, NONE, NONE}, REASON(MX), 300, "mx-is-literal"},
        {"mixed", "", RCPT, ". a.example", {REC, NONE, NONE}, REASON(MX), 300, "null-mx-mixed"},
        {"though addresses fail", "", RCPT, "a.example", {REC, BOGUS, FAILURE}, REASON(MX), 300, ""},
        {"without implicit", "implicit-mx=none", RCPT, "a.example", {REC, NONE, NONE}, REASON(MX), 300, ""},
    };
    (void)state;
    CHECK_ALL(rows);
}

static void test_hosts_are_refused_by_name(void **state)
{
    static const struct said rows[] = {
        {"one", "refused-hosts=a.example", RCPT, "a.example", {REC, NONE, NONE}, REASON(MX_REFUSED), 300, ""},
        {"both",
         "refused-hosts=*.example",
         SENDER,
         "a.example b.example",
         {REC, NONE, NONE},
         REASON(MX_REFUSED),
         300,
         ""},
        {"some",
         "refused-hosts=a.example",
         RCPT,
         "a.example b.example",
         {REC, NONE, NONE},
         REASON(MX),
         300,
         "mx-refused-some"},
        {"null MX beside it",
         "refused-hosts=a.example",
         RCPT,
         ". a.example",
         {REC, NONE, NONE},
         REASON(MX_REFUSED),
         300,
         ""},
        {"null MX alone", "refused-hosts=.example", RCPT, ".", {REC, NONE, NONE}, REASON(NULL_MX), 300, ""},
        {"none", "refused-hosts=c.example", RCPT, "a.example b.example", {REC, NONE, NONE}, REASON(MX), 300, ""},
        {"required", "required-hosts=.example", RCPT, "a.example", {REC, NONE, NONE}, REASON(MX), 300, ""},
        {"required, some",
         "required-hosts=a.example",
         RCPT,
         "a.example b.org",
         {REC, NONE, NONE},
         REASON(MX),
         300,
         "mx-refused-some"},
        {"required, none", "required-hosts=.example", RCPT, "a.org", {REC, NONE, NONE}, REASON(MX_REFUSED), 300, ""},
        {"own host", "refused-hosts=example.com", RCPT, "", {NODATA, REC, NODATA}, REASON(MX_REFUSED), 200, ""},
        {"own host, AAAA",
         "required-hosts=mx.example.com",
         RCPT,
         "",
         {NODATA, NODATA, REC},
         REASON(MX_REFUSED),
         100,
         ""},
        {"own host without address",
         "refused-hosts=example.com",
         RCPT,
         "",
         {NX, NX, NX},
         REASON(NO_SUCH_DOMAIN),
         100,
         ""},
        {"failure", "refused-hosts=example.com", RCPT, "", {NODATA, FAILURE, NODATA}, REASON(DNS_FAILURE), 5, ""},
    };
    (void)state;
    CHECK_ALL(rows);
}

static void test_notes_reject_when_the_option_names_them(void **state)
{
    static const struct said rows[] = {
        {"literal",
         "reject-notes=mx-is-literal",
         RCPT,
         "192.0.2.1",
         {REC, NONE, NONE},
         REASON(NOTE_REFUSED),
         300,
         "mx-is-literal"},
        {"another",
         "reject-notes=dotless mx-duplicate",
         RCPT,
         "192.0.2.1",
         {REC, NONE, NONE},
         REASON(MX),
         300,
         "mx-is-literal"},
        {"one of two",
         "reject-notes=mx-is-literal",
         SENDER,
         ". 192.0.2.1",
         {REC, NONE, NONE},
         REASON(NOTE_REFUSED),
         300,
         "null-mx-mixed mx-is-literal"},
        {"null MX that passes",
         "null-mx=accept;reject-notes=null-mx",
         RCPT,
         ".",
         {REC, NONE, NONE},
         REASON(NOTE_REFUSED),
         300,
         "null-mx"},
        {"host refused",
         "refused-hosts=a.example;reject-notes=mx-refused-some",
         RCPT,
         "a.example b.example",
         {REC, NONE, NONE},
         REASON(NOTE_REFUSED),
         300,
         "mx-refused-some"},
    };
    (void)state;
    CHECK_ALL(rows);
}

static void test_absence_is_doubted_in_an_outage_where_the_option_says_so(void **state)
{
    static const struct {
        const char *options;
        enum facts_outcome outcome[FACTS_QUESTIONS];
        bool was_outage;
        mxcheck_reason reason;
    } rows[] = {
        {"outage-threshold=30%", {NX, NX, NX}, true, REASON(DNS_FAILURE)},
        {"outage-threshold=30%", {NODATA, NODATA, NODATA}, true, REASON(DNS_FAILURE)},
        {"outage-threshold=30%;on-dns-failure=reject", {NX, NX, NX}, true, REASON(DNS_FAILURE)},
        {"outage-threshold=30%", {NX, NX, NX}, false, REASON(NO_SUCH_DOMAIN)},
        {"outage-threshold=30%", {NODATA, REC, NX}, true, REASON(IMPLICIT_A)},
        {"outage-threshold=30%;required-hosts=a.example", {NODATA, REC, NX}, true, REASON(DNS_FAILURE)},
        {"outage-threshold=30%;required-hosts=a.example", {NODATA, REC, NX}, false, REASON(MX_REFUSED)},
        {"", {NX, NX, NX}, true, REASON(NO_SUCH_DOMAIN)},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct said said = {"", "", RCPT, "", {rows[i].outcome[0], rows[i].outcome[1], rows[i].outcome[2]}, 0, 0, ""};
        struct judgement judgement = {.role = RCPT, .domain = "example.com", .address = ""};
        struct facts *facts = facts_of(&said);
        struct options options;
        bool is_doubted = rows[i].reason == REASON(DNS_FAILURE);
        set(&options, rows[i].options);
        facts->was_outage = rows[i].was_outage;
        policy_judge_facts(&options, facts, &judgement);
        assert_int_equal(judgement.reason, rows[i].reason);
        assert_int_equal(judgement.verdict, reasons_verdict(rows[i].reason));
        assert_string_equal(notes_of(&judgement), is_doubted ? "outage" : "");
        /* Who does not doubt is told the verdict, but not for longer than a failure. */
        bool is_short = rows[i].was_outage && judgement.verdict != MXCHECK_VERDICT_ACCEPT;
        assert_int_equal(judgement.hold_ms == options.cache_failure_ttl_ms, is_short);
        assert_int_equal(judgement.failure != NONE, is_doubted); /* an older answer may be used */
        options_clear(&options, &memory_libc);
        facts_unref(facts, &memory_libc);
    }
}

static void test_null_mx_is_judged_by_option_and_role(void **state)
{
    static const struct said rows[] = {
        {"rcpt", "", RCPT, ".", {REC, NONE, NONE}, REASON(NULL_MX), 300, ""},
        {"sender", "", SENDER, ".", {REC, NONE, NONE}, REASON(NULL_MX), 300, ""},
        {"twice", "", RCPT, ". .", {REC, NONE, NONE}, REASON(NULL_MX), 300, ""},
        {"though an A exists", "", RCPT, ".", {REC, REC, NONE}, REASON(NULL_MX), 300, ""},
        {"reject-rcpt, rcpt", "null-mx=reject-rcpt", RCPT, ".", {REC, NONE, NONE}, REASON(NULL_MX), 300, ""},
        {"reject-rcpt, sender", "null-mx=reject-rcpt", SENDER, ".", {REC, NONE, NONE}, REASON(MX), 300, "null-mx"},
        {"accept, rcpt", "null-mx=accept", RCPT, ".", {REC, NONE, NONE}, REASON(MX), 300, "null-mx"},
    };
    (void)state;
    CHECK_ALL(rows);
}

static void test_null_mx_for_recipient_is_rejected(void **state)
{
    static const struct said row = {"rcpt", "", RCPT, ".", {REC, NONE, NONE}, REASON(NULL_MX), 300, ""};
    (void)state;
    assert_int_equal(reasons_verdict(row.reason), MXCHECK_VERDICT_REJECT);
    check_said(&row);
}

static void test_address_stands_for_mx(void **state)
{
    static const struct said rows[] = {
        {"A", "", RCPT, "", {NODATA, REC, NODATA}, REASON(IMPLICIT_A), 200, ""},
        {"both", "", RCPT, "", {NODATA, REC, REC}, REASON(IMPLICIT_A), 200, ""},
        {"AAAA", "", RCPT, "", {NODATA, NODATA, REC}, REASON(IMPLICIT_AAAA), 100, ""},
        {"A, AAAA fails", "", RCPT, "", {NODATA, REC, FAILURE}, REASON(IMPLICIT_A), 200, ""},
        {"AAAA, A fails", "", RCPT, "", {NODATA, FAILURE, REC}, REASON(IMPLICIT_AAAA), 100, ""},
        {"AAAA, A bogus", "", RCPT, "", {NODATA, BOGUS, REC}, REASON(IMPLICIT_AAAA), 100, ""},
        {"NXDOMAIN for MX alone", "", RCPT, "", {NX, REC, NX}, REASON(IMPLICIT_A), 200, ""},
        {"a: AAAA ignored", "implicit-mx=a", RCPT, "", {NODATA, NODATA, REC}, REASON(NO_RECORDS), 200, ""},
        {"a: failing AAAA ignored", "implicit-mx=a", RCPT, "", {NODATA, NODATA, FAILURE}, REASON(NO_RECORDS), 200, ""},
        {"none: A ignored", "implicit-mx=none", RCPT, "", {NODATA, REC, REC}, REASON(NO_RECORDS), 300, ""},
        {"none: not asked", "implicit-mx=none", RCPT, "", {NX, NONE, NONE}, REASON(NO_SUCH_DOMAIN), 300, ""},
        {"final: A ignored", "nxdomain=final", RCPT, "", {NX, REC, REC}, REASON(NO_SUCH_DOMAIN), 300, ""},
        {"final: NODATA asks", "nxdomain=final", RCPT, "", {NODATA, REC, NONE}, REASON(IMPLICIT_A), 200, ""},
    };
    (void)state;
    CHECK_ALL(rows);
}

static void test_absence_is_rejected(void **state)
{
    static const struct said rows[] = {
        {"NXDOMAIN", "", RCPT, "", {NX, NX, NX}, REASON(NO_SUCH_DOMAIN), 100, ""},
        {"NXDOMAIN, not asked", "", RCPT, "", {NX, NONE, NONE}, REASON(NO_SUCH_DOMAIN), 300, ""},
        {"NODATA", "", RCPT, "", {NODATA, NODATA, NODATA}, REASON(NO_RECORDS), 100, ""},
        {"NXDOMAIN but NODATA for A", "", RCPT, "", {NX, NODATA, NX}, REASON(NO_RECORDS), 100, ""},
        {"NODATA but NXDOMAIN for A", "", RCPT, "", {NODATA, NX, NX}, REASON(NO_RECORDS), 100, ""},
    };
    (void)state;
    CHECK_ALL(rows);
}

static void test_failure_is_never_absence(void **state)
{
    static const struct said rows[] = {
        {"MX timeout", "", RCPT, "", {TIMEOUT, NONE, NONE}, REASON(DNS_TIMEOUT), 5, ""},
        {"MX failure", "", RCPT, "", {FAILURE, NONE, NONE}, REASON(DNS_FAILURE), 5, ""},
        {"MX bogus", "", RCPT, "", {BOGUS, NONE, NONE}, REASON(DNSSEC_BOGUS), 5, ""},
        {"MX failure, A exists", "", RCPT, "", {FAILURE, REC, REC}, REASON(DNS_FAILURE), 5, ""},
        {"records without records", "", RCPT, "", {REC, NONE, NONE}, REASON(DNS_FAILURE), 5, ""},
        {"nothing was asked", "", RCPT, "", {NONE, NONE, NONE}, REASON(DNS_FAILURE), 5, ""},
        {"A failure", "", RCPT, "", {NODATA, FAILURE, NODATA}, REASON(DNS_FAILURE), 5, ""},
        {"AAAA timeout", "", RCPT, "", {NODATA, NODATA, TIMEOUT}, REASON(DNS_TIMEOUT), 5, ""},
        {"failure and timeout", "", RCPT, "", {NODATA, FAILURE, TIMEOUT}, REASON(DNS_TIMEOUT), 5, ""},
        {"timeout and bogus", "", RCPT, "", {NODATA, TIMEOUT, BOGUS}, REASON(DNSSEC_BOGUS), 5, ""},
        {"NXDOMAIN and failure", "", RCPT, "", {NX, NX, FAILURE}, REASON(DNS_FAILURE), 5, ""},
        {"allowed", "on-dns-failure=accept", RCPT, "", {TIMEOUT, NONE, NONE}, REASON(DNS_FAILURE_ALLOWED), 5, ""},
        {"allowed for A", "on-dns-failure=accept", RCPT, "", {NX, BOGUS, NX}, REASON(DNS_FAILURE_ALLOWED), 5, ""},
    };
    (void)state;
    CHECK_ALL(rows);
}

static void test_failure_is_rejected_when_the_option_says_so(void **state)
{
    static const enum facts_outcome outcomes[] = {TIMEOUT, FAILURE, BOGUS};
    static const mxcheck_reason reasons[] = {REASON(DNS_TIMEOUT), REASON(DNS_FAILURE), REASON(DNSSEC_BOGUS)};
    struct options options;

    (void)state;
    set(&options, "on-dns-failure=reject");
    for (int i = 0; i < 3; i++) {
        struct said row = {"", "", RCPT, "", {outcomes[i], NONE, NONE}, reasons[i], 0, ""};
        struct judgement judgement = {.role = RCPT, .domain = "example.com", .address = ""};
        struct facts *facts = facts_of(&row);
        policy_judge_facts(&options, facts, &judgement);
        assert_int_equal(judgement.reason, reasons[i]);
        assert_int_equal(judgement.verdict, MXCHECK_VERDICT_REJECT);
        facts_unref(facts, &memory_libc);
    }
    options_clear(&options, &memory_libc);
}

static void test_odd_names_are_noted_when_accepted(void **state)
{
    struct options options;
    struct said odd = {"", "", RCPT, "mx.example", {REC, NONE, NONE}, REASON(MX), 0, ""};
    struct said absent = {"", "", RCPT, "", {NX, NX, NX}, REASON(NO_SUCH_DOMAIN), 0, ""};
    struct judgement judgement = {.role = RCPT, .domain = "xn--a_b-zzzz", .address = "", .is_path_too_long = true};
    struct facts *facts = make_facts(&odd, false);

    (void)state;
    set(&options, "");
    policy_judge_facts(&options, facts, &judgement);
    assert_string_equal(notes_of(&judgement), "underscore idna-disallowed path-too-long dotless ttl-zero");
    facts_unref(facts, &memory_libc);
    facts = make_facts(&absent, false);
    policy_judge_facts(&options, facts, &judgement);
    assert_string_equal(notes_of(&judgement), "");
    facts_unref(facts, &memory_libc);
}

static void test_an_overload_knows_nothing_of_earlier_facts(void **state)
{
    struct options options;
    struct said odd = {"", "", RCPT, "192.0.2.1", {REC, NONE, NONE}, REASON(MX), 0, ""};
    struct judgement judgement = {.role = RCPT, .domain = "example.com", .address = ""};
    struct facts *facts = facts_of(&odd);

    (void)state;
    set(&options, "");
    policy_judge_facts(&options, facts, &judgement);
    assert_string_equal(notes_of(&judgement), "mx-is-literal");
    judgement.is_cached = true;
    policy_judge_overload(&judgement);
    assert_int_equal(judgement.reason, MXCHECK_REASON_OVERLOADED);
    assert_string_equal(notes_of(&judgement), "");
    assert_null(judgement.facts);
    assert_int_equal(judgement.ttl_s, 0);
    assert_int_equal(judgement.until_us, 0);
    assert_false(judgement.is_cached);
    facts_unref(facts, &memory_libc);
}

static void test_implicit_mx_says_which_questions_are_wanted(void **state)
{
    static const struct {
        const char *options;
        bool a, aaaa;
    } rows[] = {{"", true, true}, {"implicit-mx=a", true, false}, {"implicit-mx=none", false, false}};
    struct options options;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        set(&options, rows[i].options);
        assert_int_equal(policy_wants_address_question(&options, FACTS_A), rows[i].a);
        assert_int_equal(policy_wants_address_question(&options, FACTS_AAAA), rows[i].aaaa);
        options_clear(&options, &memory_libc);
    }
}

static void test_overload_defers(void **state)
{
    struct judgement judgement = {.role = RCPT};
    (void)state;
    policy_judge_overload(&judgement);
    assert_int_equal(judgement.reason, MXCHECK_REASON_OVERLOADED);
    assert_int_equal(judgement.verdict, MXCHECK_VERDICT_DEFER);
    assert_int_equal(reasons_verdict((mxcheck_reason)9999), MXCHECK_VERDICT_DEFER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form_is_judged_without_dns),
        cmocka_unit_test(test_exempt_domains_are_accepted_without_dns),
        cmocka_unit_test(test_mx_is_accepted),
        cmocka_unit_test(test_hosts_are_refused_by_name),
        cmocka_unit_test(test_notes_reject_when_the_option_names_them),
        cmocka_unit_test(test_absence_is_doubted_in_an_outage_where_the_option_says_so),
        cmocka_unit_test(test_null_mx_is_judged_by_option_and_role),
        cmocka_unit_test(test_null_mx_for_recipient_is_rejected),
        cmocka_unit_test(test_address_stands_for_mx),
        cmocka_unit_test(test_absence_is_rejected),
        cmocka_unit_test(test_failure_is_never_absence),
        cmocka_unit_test(test_failure_is_rejected_when_the_option_says_so),
        cmocka_unit_test(test_odd_names_are_noted_when_accepted),
        cmocka_unit_test(test_an_overload_knows_nothing_of_earlier_facts),
        cmocka_unit_test(test_implicit_mx_says_which_questions_are_wanted),
        cmocka_unit_test(test_overload_defers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
