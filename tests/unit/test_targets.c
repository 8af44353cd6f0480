/* SPDX-License-Identifier: BSD-2-Clause */
/* test_targets.c: which MX hosts are asked for, in which order, and when that ends. */
#include "scarce.h"
#include "zone_resolver.h"

#include "base/clock.h"
#include "base/memory.h"
#include "facts/lookup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char zone[] = "good.example A 60 192.0.2.1\n"
                           "good6.example AAAA 60 2001:db8::1\n"
                           "loopback.example A 60 127.0.0.1\n"
                           "mixed.example A 60 127.0.0.1\n"
                           "mixed.example A 60 192.0.2.1\n"
                           "empty.example TXT nodata\n"
                           "failing.example A servfail\n"
                           "failing.example AAAA servfail\n"
                           "silent.example A silent\n"
                           "silent.example AAAA silent\n"
                           "alias.example A alias good.example\n"
                           "alias.example AAAA alias good.example\n"
                           "one.test MX 300 10 good.example\n"
                           "six.test MX 300 10 good6.example\n"
                           "six-first.test MX 300 10 good6.example\n"
                           "six-first.test MX 300 20 good.example\n"
                           "two.test MX 300 10 dead.example\n"
                           "two.test MX 300 20 good.example\n"
                           "order.test MX 300 20 dead.example\n"
                           "order.test MX 300 10 good.example\n"
                           "dead.test MX 300 10 dead.example\n"
                           "dead.test MX 300 20 empty.example\n"
                           "loopback.test MX 300 10 loopback.example\n"
                           "mixed.test MX 300 10 mixed.example\n"
                           "failing.test MX 300 10 failing.example\n"
                           "failing.test MX 300 20 good.example\n"
                           "silent.test MX 300 10 silent.example\n"
                           "silent.test MX 300 20 good.example\n"
                           "alias.test MX 300 10 alias.example\n"
                           "special.test MX 300 10 localhost\n"
                           "special.test MX 300 20 a.invalid\n"
                           "both.test MX 300 10 localhost\n"
                           "both.test MX 300 20 good.example\n"
                           "null.test MX 300 0 .\n"
                           "nulled.test MX 300 0 .\n"
                           "nulled.test MX 300 10 good.example\n"
                           "again.test MX 300 10 dead.example\n"
                           "again.test MX 300 20 dead.example\n"
                           "again.test MX 300 30 good.example\n"
                           "many.test MX 300 1 d1.example\n"
                           "many.test MX 300 2 d2.example\n"
                           "many.test MX 300 3 d3.example\n"
                           "many.test MX 300 4 good.example\n"
                           "implicit.test A 60 127.0.0.1\n"
                           "implicit.test AAAA 60 2001:db8::1\n"
                           "implicit4.test A 60 192.0.2.1\n"
                           "implicit4.test AAAA silent\n"
                           "secure.test MX 300 10 secure.example\n"
                           "secure.test MX secure\n"
                           "secure.example A 60 192.0.2.1\n"
                           "secure.example A insecure\n"
                           "chain.test MX alias secure.test\n"
                           "chain.test MX insecure\n"
                           "chain2.test MX alias secure.test\n"
                           "chain2.test MX secure\n"
                           "hidden.example A denied\n"
                           "hidden.example A 60 192.0.2.1\n"
                           "gone.example A denied\n"
                           "gone.example AAAA nxdomain\n"
                           "bare.example A empty\n"
                           "hidden.test MX 300 10 hidden.example\n"
                           "gone.test MX 300 10 gone.example\n"
                           "bare.test MX 300 10 bare.example\n"
                           "hidden2.test MX 300 10 hidden.example\n"
                           "hidden2.test MX 300 20 good.example\n"
                           "hidden3.test MX 300 10 hidden.example\n"
                           "hidden3.test MX 300 20 failing.example\n";

struct fixture {
    struct loop *loop;
    struct zone_resolver resolver;
    struct networks *forbidden;
    struct facts *facts;
    bool is_done;
};

static int open_fixture(void **state)
{
    static struct fixture fixture;
    mxcheck_status status;
    const char *why;
    memset(&fixture, 0, sizeof(fixture));
    fixture.loop = loop_new(&memory_libc, &status);
    zone_resolver_init(&fixture.resolver, fixture.loop, zone);
    *state = &fixture;
    return fixture.loop != NULL && networks_parse(&memory_libc, "127.0.0.0/8", &fixture.forbidden, &why) == MXCHECK_OK
               ? 0
               : -1;
}

static int close_fixture(void **state)
{
    struct fixture *fixture = *state;
    networks_free(fixture->forbidden, &memory_libc);
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

/* The first host is asked alone for long, unless `patience_us` says otherwise. */
static struct lookup_wants wants_of(const struct fixture *fixture, size_t most, uint64_t patience_us)
{
    return (struct lookup_wants){
        .a = true,
        .aaaa = true,
        .confirm_nxdomain = true,
        .targets = {
            .most = most, .forbidden = fixture->forbidden, .skips_special_use = true, .patience_us = patience_us}};
}

static struct facts *look_up(struct fixture *fixture, const char *domain, struct lookup_wants wants)
{
    struct lookup *lookup;
    fixture->is_done = false;
    fixture->resolver.asked = 0;
    assert_int_equal(lookup_start(&memory_libc, &fixture->resolver.base, domain, &wants, clock_now_us() + 1000000,
                                  on_facts, fixture, &lookup),
                     0);
    for (int turns = 0; !fixture->is_done && turns < 100; turns++)
        loop_turn(fixture->loop, 0);
    assert_true(fixture->is_done);
    return fixture->facts;
}

/* "dead.example nxdomain nxdomain, good.example records not-asked". */
static void describe(const struct facts *facts, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < facts->target_count; i++) {
        const struct facts_target *target = &facts_targets(facts)[i];
        size_t length = strlen(text);
        snprintf(text + length, size - length, "%s%s %s %s", i == 0 ? "" : ", ", facts_text(facts, target->host),
                 facts_outcome_name((enum facts_outcome)facts_target_answer(facts, target, FACTS_A)->outcome),
                 facts_outcome_name((enum facts_outcome)facts_target_answer(facts, target, FACTS_AAAA)->outcome));
    }
}

static void test_hosts_are_asked_by_preference_until_one_is_usable(void **state)
{
    static const struct {
        const char *domain;
        const char *targets; /* host, and what became of A and AAAA */
        unsigned asked;
        size_t most;
        bool has_more;
    } rows[] = {
        {"one.test", "good.example records not-asked", 3, 8, false},
        {"six.test", "good6.example nodata records", 3, 8, false},
        {"six-first.test", "good6.example nodata records, good.example not-asked not-asked", 3, 8, false},
        {"two.test", "dead.example nxdomain nxdomain, good.example records not-asked", 5, 8, false},
        {"order.test", "good.example records not-asked, dead.example not-asked not-asked", 3, 8, false},
        {"dead.test", "dead.example nxdomain nxdomain, empty.example nodata nodata", 5, 8, false},
        {"loopback.test", "loopback.example records nodata", 3, 8, false},
        {"mixed.test", "mixed.example records not-asked", 3, 8, false},
        {"failing.test", "failing.example failure failure, good.example records not-asked", 5, 8, false},
        {"alias.test", "alias.example records not-asked", 5, 8, false},
        {"special.test", "localhost not-asked not-asked, a.invalid not-asked not-asked", 1, 8, false},
        {"both.test", "localhost not-asked not-asked, good.example records not-asked", 3, 8, false},
        {"null.test", "", 1, 8, false},
        {"nulled.test", "good.example records not-asked", 3, 8, false},
        {"again.test", "dead.example nxdomain nxdomain, good.example records not-asked", 5, 2, false},
        {"many.test", "d1.example nxdomain nxdomain, d2.example nxdomain nxdomain", 5, 2, true},
        {"many.test", "d1.example nxdomain nxdomain", 3, 1, true},
        {"one.test", "", 1, 0, true},
        /* An address that is missing by an answer which must not decide alone is asked for again, if it decides. */
        {"hidden.test", "hidden.example records nodata", 4, 8, false},
        {"gone.test", "gone.example nxdomain nxdomain", 3, 8, false},
        {"bare.test", "bare.example nodata nodata", 4, 8, false},
        {"hidden2.test", "hidden.example nxdomain nodata, good.example records not-asked", 5, 8, false},
        {"hidden3.test", "hidden.example nxdomain nodata, failing.example failure failure", 5, 8, false},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[400];
        struct facts *facts = look_up(fixture, rows[i].domain, wants_of(fixture, rows[i].most, 3600000000));
        assert_non_null(facts);
        describe(facts, text, sizeof(text));
        print_message("# %s\n", rows[i].domain);
        assert_string_equal(text, rows[i].targets);
        assert_int_equal(fixture->resolver.asked, rows[i].asked);
        assert_int_equal(facts->has_more_hosts, rows[i].has_more);
        facts_unref(facts, &memory_libc);
        assert_int_equal(fixture->resolver.under_way, 0);
    }
}

/* Three questions under way, until patience ends; then the other host is asked beside the first. */
static void test_a_silent_first_host_does_not_hold_up_the_others(void **state)
{
    struct fixture *fixture = *state;
    char text[400];
    struct facts *facts = look_up(fixture, "silent.test", wants_of(fixture, 8, 0));
    assert_non_null(facts);
    describe(facts, text, sizeof(text));
    assert_string_equal(text, "silent.example not-asked not-asked, good.example records not-asked");
    facts_unref(facts, &memory_libc);

    struct lookup *lookup;
    struct lookup_wants patient = wants_of(fixture, 8, 3600000000);
    fixture->is_done = false;
    fixture->resolver.asked = 0;
    assert_int_equal(lookup_start(&memory_libc, &fixture->resolver.base, "silent.test", &patient,
                                  clock_now_us() + 1000000, on_facts, fixture, &lookup),
                     0);
    for (int turns = 0; turns < 20; turns++)
        loop_turn(fixture->loop, 0);
    assert_false(fixture->is_done);
    assert_int_equal(fixture->resolver.asked, 3);
    lookup_cancel(lookup);
}

static void test_an_implicit_mx_is_settled_by_an_address_that_counts(void **state)
{
    struct fixture *fixture = *state;
    struct facts *facts = look_up(fixture, "implicit.test", wants_of(fixture, 8, 0));
    assert_int_equal(facts_answer(facts, FACTS_A)->outcome, FACTS_RECORDS);
    assert_int_equal(facts_answer(facts, FACTS_AAAA)->outcome, FACTS_RECORDS);
    facts_unref(facts, &memory_libc);
    facts = look_up(fixture, "implicit4.test", wants_of(fixture, 8, 0));
    assert_int_equal(facts_answer(facts, FACTS_AAAA)->outcome, FACTS_NOT_ASKED);
    facts_unref(facts, &memory_libc);
    facts = look_up(fixture, "implicit.test", wants_of(fixture, 0, 0));
    assert_int_equal(facts_answer(facts, FACTS_AAAA)->outcome, FACTS_NOT_ASKED);
    facts_unref(facts, &memory_libc);
}

static void test_each_answer_keeps_what_is_believed_of_its_validation(void **state)
{
    static const struct {
        const char *domain;
        int mx, a;
    } rows[] = {
        {"secure.test", MXCHECK_DNSSEC_SECURE, MXCHECK_DNSSEC_INSECURE},
        {"chain.test", MXCHECK_DNSSEC_INSECURE, MXCHECK_DNSSEC_INSECURE},
        {"chain2.test", MXCHECK_DNSSEC_SECURE, MXCHECK_DNSSEC_INSECURE},
        {"one.test", MXCHECK_DNSSEC_UNKNOWN, MXCHECK_DNSSEC_UNKNOWN},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lookup_wants wants = wants_of(fixture, 8, 0);
        wants.dnssec = i % 2 == 0;
        struct facts *facts = look_up(fixture, rows[i].domain, wants);
        assert_int_equal(facts_answer(facts, FACTS_MX)->dnssec, rows[i].mx);
        assert_int_equal(facts_target_answer(facts, &facts_targets(facts)[0], FACTS_A)->dnssec, rows[i].a);
        assert_int_equal(facts->has_asked_dnssec, wants.dnssec);
        facts_unref(facts, &memory_libc);
    }
}

static void test_facts_fail_when_no_host_has_answered(void **state)
{
    struct fixture *fixture = *state;
    struct lookup_wants one = wants_of(fixture, 1, 3600000000);
    struct facts *facts = look_up(fixture, "failing.test", one);
    assert_int_equal(facts_failure(facts), FACTS_FAILURE);
    facts_unref(facts, &memory_libc);
    facts = look_up(fixture, "failing.test", wants_of(fixture, 2, 3600000000));
    assert_int_equal(facts_failure(facts), FACTS_NOT_ASKED);
    facts_unref(facts, &memory_libc);
    facts = look_up(fixture, "dead.test", wants_of(fixture, 2, 3600000000));
    assert_int_equal(facts_failure(facts), FACTS_NOT_ASKED);
    facts_unref(facts, &memory_libc);
}

static void test_a_cancelled_lookup_of_hosts_is_silent(void **state)
{
    struct fixture *fixture = *state;
    for (int after = 0; after < 6; after++) {
        struct lookup *lookup;
        struct lookup_wants wants = wants_of(fixture, 8, 0);
        fixture->is_done = false;
        assert_int_equal(lookup_start(&memory_libc, &fixture->resolver.base, "dead.test", &wants,
                                      clock_now_us() + 1000000, on_facts, fixture, &lookup),
                         0);
        for (int turns = 0; turns < after && !fixture->is_done; turns++)
            loop_turn(fixture->loop, 0);
        if (fixture->is_done)
            facts_unref(fixture->facts, &memory_libc);
        else
            lookup_cancel(lookup);
        assert_int_equal(fixture->resolver.under_way, 0);
    }
}

static void test_a_host_that_cannot_be_asked_for_ends_the_lookup(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned from = 2; from <= 5; from++) {
        fixture->resolver.fails_from = from;
        assert_null(look_up(fixture, "dead.test", wants_of(fixture, 8, from % 2 == 0 ? 0 : 3600000000)));
        assert_int_equal(fixture->resolver.under_way, 0);
    }
}

static void test_memory_that_runs_out_under_way_is_told_and_leaks_nothing(void **state)
{
    struct fixture *fixture = *state;
    bool has_facts = false;
    long n = 0;
    for (; !has_facts; n++) {
        struct lookup *lookup;
        struct lookup_wants wants = wants_of(fixture, 8, 3600000000);
        scarce.left = n;
        fixture->is_done = false;
        fixture->facts = NULL;
        int status = lookup_start(&scarce_memory, &fixture->resolver.base, "dead.test", &wants,
                                  clock_now_us() + 1000000, on_facts, fixture, &lookup);
        for (int turns = 0; status == 0 && !fixture->is_done && turns < 50; turns++)
            loop_turn(fixture->loop, 0);
        assert_int_equal(fixture->is_done, status == 0);
        has_facts = fixture->facts != NULL;
        facts_unref(fixture->facts, &scarce_memory);
        assert_int_equal(scarce.live, 0);
    }
    assert_in_range(n, 5, 99);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        TEST(test_hosts_are_asked_by_preference_until_one_is_usable),
        TEST(test_a_silent_first_host_does_not_hold_up_the_others),
        TEST(test_an_implicit_mx_is_settled_by_an_address_that_counts),
        TEST(test_each_answer_keeps_what_is_believed_of_its_validation),
        TEST(test_facts_fail_when_no_host_has_answered),
        TEST(test_a_cancelled_lookup_of_hosts_is_silent),
        TEST(test_a_host_that_cannot_be_asked_for_ends_the_lookup),
        TEST(test_memory_that_runs_out_under_way_is_told_and_leaks_nothing),
    };
    return cmocka_run_group_tests_name("targets", tests, NULL, NULL);
}
