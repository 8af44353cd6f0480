/* SPDX-License-Identifier: BSD-2-Clause */
/* test_lookup.c: what is asked of DNS for a domain, and what facts come of it. */
#include "scarce.h"
#include "zone_resolver.h"

#include "base/clock.h"
#include "base/memory.h"
#include "facts/inquiry.h"
#include "facts/lookup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char zone[] = "ok.example MX 300 20 b.example\n"
                           "ok.example MX 200 10 a.example\n"
                           "ok.example A 60 192.0.2.1\n"
                           "null.example MX 60 0 .\n"
                           "a.example A 60 192.0.2.1\n"
                           "six.example AAAA 60 2001:db8::1\n"
                           "both.example A 60 192.0.2.1\n"
                           "both.example AAAA 50 2001:db8::1\n"
                           "empty.example TXT nodata\n"
                           "nx-but-a.example MX nxdomain\n"
                           "nx-but-a.example A 60 192.0.2.1\n"
                           "mx-fails.example MX servfail\n"
                           "mx-fails.example A 60 192.0.2.1\n"
                           "mx-late.example MX timeout\n"
                           "mx-bogus.example MX bogus\n"
                           "a-fails.example A servfail\n"
                           "a-fails.example AAAA nodata\n"
                           "a-fails-6.example A servfail\n"
                           "a-fails-6.example AAAA 60 2001:db8::1\n"
                           "six-fails.example A nodata\n"
                           "six-fails.example AAAA timeout\n"
                           "a-6-silent.example A 60 192.0.2.1\n"
                           "a-6-silent.example AAAA silent\n"
                           "alias.example MX alias ok.example\n"
                           "alias-a.example MX alias a.example\n"
                           "alias-a.example A alias a.example\n"
                           "alias-a.example AAAA alias a.example\n"
                           "dangling.example MX alias nowhere.example\n"
                           "loop.example MX alias loop.example\n"
                           "loop.example A alias loop.example\n"
                           "loop.example AAAA alias loop.example\n"
                           "eight.example MX alias s1.example\n"
                           "s1.example MX alias s2.example\n"
                           "s2.example MX alias s3.example\n"
                           "s3.example MX alias s4.example\n"
                           "s4.example MX alias s5.example\n"
                           "s5.example MX alias s6.example\n"
                           "s6.example MX alias s7.example\n"
                           "s7.example MX alias ok.example\n"
                           "nine.example MX alias eight.example\n"
                           "alias-fails.example MX alias mx-fails.example\n"
                           "a-both-fail.example A servfail\n"
                           "a-both-fail.example AAAA bogus\n"
                           "a-late-6.example A timeout\n"
                           "a-late-6.example AAAA 60 2001:db8::1\n"
                           "nx-all-fails.example MX nxdomain\n"
                           "nx-all-fails.example A servfail\n"
                           "nx-all-fails.example AAAA nxdomain\n"
                           "null-mixed.example MX 60 0 .\n"
                           "null-mixed.example MX 50 5 a.example\n"
                           "null.example A 60 192.0.2.1\n"
                           "silent.example MX silent\n"
                           "denied-mx.example MX denied\n"
                           "denied-mx.example MX 60 10 a.example\n"
                           "empty-mx.example MX empty\n"
                           "empty-mx.example MX 60 10 a.example\n"
                           "denied-a.example MX denied\n"
                           "denied-a.example A 60 192.0.2.1\n"
                           "denied-a-6-fails.example MX denied\n"
                           "denied-a-6-fails.example MX 60 10 other.example\n"
                           "denied-a-6-fails.example A 60 192.0.2.1\n"
                           "denied-a-6-fails.example AAAA servfail\n"
                           "denied-a-6-nx.example MX denied\n"
                           "denied-a-6-nx.example MX 60 10 other.example\n"
                           "denied-a-6-nx.example A 60 192.0.2.1\n"
                           "denied-a-6-nx.example AAAA nxdomain\n"
                           "denied-6-a-late.example MX denied\n"
                           "denied-6-a-late.example MX 60 10 other.example\n"
                           "denied-6-a-late.example A timeout\n"
                           "denied-6-a-late.example AAAA 60 2001:db8::1\n"
                           "denied-nothing.example MX denied\n"
                           "denied-nx.example MX denied\n"
                           "denied-nx.example A nxdomain\n"
                           "denied-nx.example AAAA nxdomain\n"
                           "denied-fails.example MX denied\n"
                           "denied-fails.example MX servfail\n"
                           "empty-a-fails.example MX empty\n"
                           "empty-a-fails.example A servfail\n";

struct fixture {
    struct loop *loop;
    struct zone_resolver resolver;
    struct facts *facts;
    bool is_done;
};

static int open_fixture(void **state)
{
    static struct fixture fixture;
    mxcheck_status status;
    memset(&fixture, 0, sizeof(fixture));
    fixture.loop = loop_new(&memory_libc, &status);
    zone_resolver_init(&fixture.resolver, fixture.loop, zone);
    *state = &fixture;
    return fixture.loop == NULL ? -1 : 0;
}

static int close_fixture(void **state)
{
    struct fixture *fixture = *state;
    loop_free(fixture->loop);
    return fixture->resolver.under_way == 0 ? 0 : -1;
}

static void on_facts(void *user, struct facts *facts)
{
    struct fixture *fixture = user;
    assert_false(fixture->is_done);
    fixture->is_done = true;
    fixture->facts = facts;
}

/* Gives facts, NULL when memory ran out. */
static struct facts *look_up(struct fixture *fixture, const char *domain, struct lookup_wants wants)
{
    struct lookup *lookup;
    fixture->is_done = false;
    fixture->resolver.asked = 0;
    if (lookup_start(&memory_libc, &fixture->resolver.base, domain, &wants, clock_now_us() + 1000000, on_facts, fixture,
                     &lookup) != 0)
        return NULL;
    assert_false(fixture->is_done);
    for (int turns = 0; !fixture->is_done && turns < 100; turns++)
        loop_turn(fixture->loop, 0);
    assert_true(fixture->is_done);
    return fixture->facts;
}

static const char *outcome_name(const struct facts *facts, enum facts_question question)
{
    return facts_outcome_name((enum facts_outcome)facts_answer(facts, question)->outcome);
}

static const struct lookup_wants everything = {.a = true, .aaaa = true, .confirm_nxdomain = true};

static void test_what_is_asked_and_what_comes_of_it(void **state)
{
    static const struct {
        const char *domain;
        const char *outcomes; /* of MX, A and AAAA */
        unsigned asked;
        unsigned mx;
    } rows[] = {
        {"ok.example", "records not-asked not-asked", 1, 2},
        {"null.example", "records not-asked not-asked", 1, 1},
        {"a.example", "nodata records not-asked", 3, 0},
        {"six.example", "nodata nodata records", 3, 0},
        {"both.example", "nodata records not-asked", 3, 0},
        {"empty.example", "nodata nodata nodata", 3, 0},
        {"nowhere.example", "nxdomain nxdomain nxdomain", 3, 0},
        {"nx-but-a.example", "nxdomain records not-asked", 3, 0},
        {"mx-fails.example", "failure not-asked not-asked", 1, 0},
        {"mx-late.example", "timeout not-asked not-asked", 1, 0},
        {"mx-bogus.example", "bogus not-asked not-asked", 1, 0},
        {"a-fails.example", "nodata failure nodata", 3, 0},
        {"a-fails-6.example", "nodata failure records", 3, 0},
        {"six-fails.example", "nodata nodata timeout", 3, 0},
        {"a-6-silent.example", "nodata records not-asked", 3, 0},
        {"alias.example", "records not-asked not-asked", 2, 2},
        {"alias-a.example", "nodata records not-asked", 6, 0},
        {"dangling.example", "nxdomain nodata nodata", 4, 0},
        {"eight.example", "records not-asked not-asked", 9, 2},
        {"nine.example", "nodata nodata nodata", 9 + 2, 0},
        {"alias-fails.example", "failure not-asked not-asked", 2, 0},
        {"a-both-fail.example", "nodata failure bogus", 3, 0},
        {"a-late-6.example", "nodata timeout records", 3, 0},
        {"nx-all-fails.example", "nxdomain failure nxdomain", 3, 0},
        {"null-mixed.example", "records not-asked not-asked", 1, 2},
        {"loop.example", "nodata nodata nodata", 3 * (INQUIRY_ALIAS_MAX + 1), 0},
        /* A negative answer that must not decide alone is asked for again, unless something else decides. */
        {"denied-mx.example", "records not-asked not-asked", 4, 1},
        {"empty-mx.example", "records not-asked not-asked", 4, 1},
        {"denied-a.example", "nxdomain records not-asked", 3, 0},
        {"denied-nothing.example", "nodata nodata nodata", 4, 0},
        {"denied-nx.example", "nxdomain nxdomain nxdomain", 3, 0},
        {"denied-fails.example", "failure nodata nodata", 4, 0},
        {"empty-a-fails.example", "nodata failure nodata", 3, 0},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char outcomes[100];
        struct facts *facts = look_up(fixture, rows[i].domain, everything);
        assert_non_null(facts);
        snprintf(outcomes, sizeof(outcomes), "%s %s %s", outcome_name(facts, FACTS_MX), outcome_name(facts, FACTS_A),
                 outcome_name(facts, FACTS_AAAA));
        if (strcmp(outcomes, rows[i].outcomes) != 0 || fixture->resolver.asked != rows[i].asked)
            fail_msg("%s: %s, after %u questions", rows[i].domain, outcomes, fixture->resolver.asked);
        assert_int_equal(facts->mx_count, rows[i].mx);
        assert_string_equal(facts_domain(facts), rows[i].domain);
        assert_int_equal(fixture->resolver.under_way, 0);
        facts_unref(facts, &memory_libc);
    }
}

static void test_what_is_not_wanted_is_not_asked(void **state)
{
    static const struct {
        const char *domain;
        struct lookup_wants wants;
        const char *outcomes;
        unsigned asked;
    } rows[] = {
        {"both.example", {.a = true, .confirm_nxdomain = true}, "nodata records not-asked", 2},
        {"both.example", {.aaaa = true, .confirm_nxdomain = true}, "nodata not-asked records", 2},
        {"both.example", {.confirm_nxdomain = true}, "nodata not-asked not-asked", 1},
        {"nx-but-a.example", {.a = true, .aaaa = true}, "nxdomain not-asked not-asked", 1},
        {"a.example", {.a = true, .aaaa = true}, "nodata records not-asked", 3},
        {"denied-mx.example", {.a = true, .aaaa = true}, "records not-asked not-asked", 2},
        {"empty-mx.example", {.confirm_nxdomain = true}, "records not-asked not-asked", 2},
        {"denied-nx.example", {.a = true, .aaaa = true}, "nodata not-asked not-asked", 2},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char outcomes[100];
        struct facts *facts = look_up(fixture, rows[i].domain, rows[i].wants);
        snprintf(outcomes, sizeof(outcomes), "%s %s %s", outcome_name(facts, FACTS_MX), outcome_name(facts, FACTS_A),
                 outcome_name(facts, FACTS_AAAA));
        assert_string_equal(outcomes, rows[i].outcomes);
        assert_int_equal(fixture->resolver.asked, rows[i].asked);
        facts_unref(facts, &memory_libc);
    }
}

/* Where the domain as its own host is refused, the absence of MX decides, and an address does not. */
static void test_absence_of_mx_is_confirmed_where_it_would_refuse(void **state)
{
    static const struct {
        const char *domain, *required;
        unsigned asked;
    } rows[] = {
        {"denied-a.example", "other.example", 4},         {"denied-a.example", "denied-a.example", 3},
        {"denied-a-6-fails.example", "other.example", 4}, {"denied-a-6-nx.example", "other.example", 4},
        {"denied-6-a-late.example", "other.example", 4},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lookup_wants wants = everything;
        struct name_list *list;
        const char *why;
        assert_int_equal(name_list_parse(&memory_libc, rows[i].required, &list, &why), MXCHECK_OK);
        wants.targets.required = list;
        facts_unref(look_up(fixture, rows[i].domain, wants), &memory_libc);
        if (fixture->resolver.asked != rows[i].asked)
            fail_msg("%s: %u questions", rows[i].domain, fixture->resolver.asked);
        name_list_free(list, &memory_libc);
    }
}

static void test_an_upstream_that_is_contradicted_is_told_of(void **state)
{
    struct fixture *fixture = *state;
    facts_unref(look_up(fixture, "denied-nothing.example", everything), &memory_libc);
    assert_int_equal(fixture->resolver.contradicted, 0);
    facts_unref(look_up(fixture, "denied-mx.example", everything), &memory_libc);
    assert_int_equal(fixture->resolver.contradicted, 1);
}

static void test_facts_hold_what_dns_said(void **state)
{
    struct facts *facts = look_up(*state, "ok.example", everything);
    assert_int_equal(facts_mx(facts)[0].preference, 10);
    assert_string_equal(facts_text(facts, facts_mx(facts)[0].host), "a.example");
    assert_string_equal(facts_text(facts, facts_mx(facts)[1].host), "b.example");
    assert_int_equal(facts_answer(facts, FACTS_MX)->ttl_s, 200);
    assert_int_equal(facts_answer(facts, FACTS_MX)->count, 2);
    assert_int_equal(facts_answer(facts, FACTS_MX)->rcode, 0);
    assert_string_equal(facts_text(facts, facts_answer(facts, FACTS_MX)->alias), "");
    assert_string_equal(facts_text(facts, facts_answer(facts, FACTS_MX)->upstream), "192.0.2.53:53");
    facts_unref(facts, &memory_libc);
    facts = look_up(*state, "six.example", everything);
    const struct facts_answer *aaaa = facts_answer(facts, FACTS_AAAA);
    assert_int_equal(facts_address_count(aaaa), 1);
    assert_memory_equal(facts_address(facts, FACTS_AAAA, aaaa, 0), "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
    assert_int_equal(facts_answer(facts, FACTS_MX)->ttl_s, 30);
    facts_unref(facts, &memory_libc);
    facts = look_up(*state, "alias.example", everything);
    assert_string_equal(facts_text(facts, facts_answer(facts, FACTS_MX)->alias), "ok.example");
    facts_unref(facts, &memory_libc);
    facts = look_up(*state, "mx-fails.example", everything);
    assert_string_equal(facts_text(facts, facts_answer(facts, FACTS_MX)->failure), "SERVFAIL");
    assert_int_equal(facts_answer(facts, FACTS_MX)->rcode, 2);
    facts_unref(facts, &memory_libc);
    facts = look_up(*state, "nowhere.example", everything);
    assert_string_equal(facts_zone(facts, facts_answer(facts, FACTS_MX)), "example");
    facts_unref(facts, &memory_libc);
}

static void test_a_cancelled_lookup_is_silent(void **state)
{
    struct fixture *fixture = *state;
    struct lookup *lookup;
    assert_int_equal(lookup_start(&memory_libc, &fixture->resolver.base, "ok.example", &everything,
                                  clock_now_us() + 1000000, on_facts, fixture, &lookup),
                     0);
    lookup_cancel(lookup);
    for (int turns = 0; turns < 10; turns++)
        loop_turn(fixture->loop, 0);
    assert_false(fixture->is_done);
    assert_int_equal(fixture->resolver.under_way, 0);
    lookup_cancel(NULL);
}

static void test_a_question_that_cannot_be_asked_ends_the_lookup(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned from = 1; from <= 3; from++) {
        fixture->resolver.fails_from = from;
        assert_null(look_up(fixture, "empty.example", everything));
        assert_int_equal(fixture->resolver.under_way, 0);
    }
    fixture->resolver.fails_from = 2;
    assert_null(look_up(fixture, "alias.example", everything));
}

static void test_every_question_has_the_deadline_of_the_lookup(void **state)
{
    struct fixture *fixture = *state;
    uint64_t deadline_us = clock_now_us() + 12345678;
    struct lookup *lookup;
    assert_int_equal(lookup_start(&memory_libc, &fixture->resolver.base, "alias-a.example", &everything, deadline_us,
                                  on_facts, fixture, &lookup),
                     0);
    for (int turns = 0; !fixture->is_done && turns < 100; turns++) {
        assert_true(fixture->resolver.deadline_us == deadline_us);
        loop_turn(fixture->loop, 0);
    }
    facts_unref(fixture->facts, &memory_libc);
}

static void test_memory_that_runs_out_is_told_once_and_leaks_nothing(void **state)
{
    struct fixture *fixture = *state;
    bool has_facts = false;
    long n = 0;
    for (; !has_facts && n < 100; n++) {
        struct lookup *lookup;
        scarce.left = n;
        fixture->is_done = false;
        fixture->facts = NULL;
        int status = lookup_start(&scarce_memory, &fixture->resolver.base, "ok.example", &everything,
                                  clock_now_us() + 1000000, on_facts, fixture, &lookup);
        for (int turns = 0; !fixture->is_done && turns < 10; turns++)
            loop_turn(fixture->loop, 0);
        assert_int_equal(fixture->is_done, status == 0);
        has_facts = fixture->facts != NULL;
        assert_true(!has_facts || fixture->facts->mx_count == 2);
        facts_unref(fixture->facts, &scarce_memory);
        assert_int_equal(scarce.live, 0);
    }
    assert_in_range(n, 4, 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_asked_and_what_comes_of_it, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_what_is_not_wanted_is_not_asked, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_absence_of_mx_is_confirmed_where_it_would_refuse, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(test_an_upstream_that_is_contradicted_is_told_of, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_facts_hold_what_dns_said, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_a_cancelled_lookup_is_silent, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_a_question_that_cannot_be_asked_ends_the_lookup, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(test_every_question_has_the_deadline_of_the_lookup, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(test_memory_that_runs_out_is_told_once_and_leaks_nothing, open_fixture,
                                        close_fixture),
    };
    return cmocka_run_group_tests_name("lookup", tests, NULL, NULL);
}
