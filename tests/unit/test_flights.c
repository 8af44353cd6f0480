/* SPDX-License-Identifier: BSD-2-Clause */
/* test_flights.c: all who wait for a domain share one lookup, and each may leave. */
#include "zone_resolver.h"

#include "base/clock.h"
#include "base/memory.h"
#include "facts/flights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char zone[] = "ok.example MX 300 10 a.example\n"
                           "late.example MX timeout\n"
                           "late-but-six.example A timeout\n"
                           "late-but-six.example AAAA 60 2001:db8::1\n"
                           "silent.example MX silent\n"
                           "late-host.example MX 300 10 late-host.test\n"
                           "late-host.example MX 300 20 forbidden.test\n"
                           "late-host.test A timeout\n"
                           "late-host.test AAAA timeout\n"
                           "forbidden.test A 60 127.0.0.1\n";

static struct loop *loop;
static struct zone_resolver resolver;
static struct flights *flights;

/* Somebody who waits, and what comes of it. */
struct passenger {
    struct waiter waiter; /* first */
    unsigned finished;
    struct facts *facts;
    struct passenger *leaves; /* who leaves when this one has finished */
    const char *goes_on_to;   /* where this one goes then */
};

static int open_flights(void **state)
{
    static const struct lookup_wants wants = {.a = true, .aaaa = true, .confirm_nxdomain = true};
    mxcheck_status status;
    (void)state;
    loop = loop_new(&memory_libc, &status);
    zone_resolver_init(&resolver, loop, zone);
    flights = flights_new(&memory_libc, &resolver.base, &wants, NULL);
    return loop == NULL || flights == NULL ? -1 : 0;
}

static int close_flights(void **state)
{
    (void)state;
    flights_free(flights);
    loop_free(loop);
    return resolver.under_way == 0 ? 0 : -1;
}

static void on_finished(struct waiter *waiter, struct facts *facts);

static void join(struct passenger *passenger, const char *domain)
{
    passenger->waiter = (struct waiter){.deadline_us = clock_now_us() + 1000000, .finished = on_finished};
    assert_int_equal(flights_join(flights, domain, &passenger->waiter), 0);
}

static void on_finished(struct waiter *waiter, struct facts *facts)
{
    struct passenger *passenger = (struct passenger *)(void *)waiter;
    const char *next = passenger->goes_on_to;
    passenger->finished++;
    facts_unref(passenger->facts, &memory_libc);
    passenger->facts = facts;
    if (passenger->leaves != NULL)
        flights_leave(&passenger->leaves->waiter);
    passenger->goes_on_to = NULL;
    if (next != NULL)
        join(passenger, next);
}

static void turn(void)
{
    for (int turns = 0; turns < 20; turns++)
        loop_turn(loop, 0);
}

static void release(struct passenger *passengers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        facts_unref(passengers[i].facts, &memory_libc);
}

static void test_all_who_wait_share_one_lookup(void **state)
{
    struct passenger passengers[100] = {0};
    (void)state;
    for (int i = 0; i < 100; i++)
        join(&passengers[i], "ok.example");
    assert_int_equal(resolver.asked, 1);
    turn();
    assert_int_equal(resolver.asked, 1);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(passengers[i].finished, 1);
        assert_ptr_equal(passengers[i].facts, passengers[0].facts);
    }
    release(passengers, 100);
}

static void test_what_has_landed_is_asked_for_anew(void **state)
{
    struct passenger passengers[2] = {0};
    (void)state;
    for (int i = 0; i < 2; i++) {
        join(&passengers[i], "ok.example");
        turn();
    }
    assert_int_equal(resolver.asked, 2);
    release(passengers, 2);
}

static void test_one_who_leaves_hears_nothing_and_the_others_do(void **state)
{
    struct passenger passengers[3] = {0};
    (void)state;
    for (int i = 0; i < 3; i++)
        join(&passengers[i], "ok.example");
    flights_leave(&passengers[1].waiter);
    flights_leave(&passengers[1].waiter);
    turn();
    assert_int_equal(passengers[0].finished, 1);
    assert_int_equal(passengers[1].finished, 0);
    assert_int_equal(passengers[2].finished, 1);
    release(passengers, 3);
}

static void test_the_last_who_leaves_ends_the_lookup(void **state)
{
    struct passenger passengers[2] = {0};
    (void)state;
    join(&passengers[0], "silent.example");
    join(&passengers[1], "silent.example");
    turn();
    flights_leave(&passengers[0].waiter);
    assert_int_equal(resolver.under_way, 1);
    flights_leave(&passengers[1].waiter);
    assert_int_equal(resolver.under_way, 0);
    turn();
    assert_int_equal(passengers[0].finished + passengers[1].finished, 0);
}

/* Whoever lands first makes the other leave: one of the two hears. */
static void test_one_may_leave_while_others_land(void **state)
{
    struct passenger passengers[3] = {0};
    (void)state;
    passengers[0].leaves = &passengers[1];
    passengers[1].leaves = &passengers[0];
    for (int i = 0; i < 3; i++)
        join(&passengers[i], "ok.example");
    turn();
    assert_int_equal(passengers[0].finished + passengers[1].finished, 1);
    assert_int_equal(passengers[2].finished, 1);
    release(passengers, 3);
}

static void test_one_may_join_again_while_landing(void **state)
{
    struct passenger passenger = {.goes_on_to = "ok.example"};
    (void)state;
    join(&passenger, "ok.example");
    turn();
    assert_int_equal(passenger.finished, 2);
    assert_non_null(passenger.facts);
    release(&passenger, 1);
}

/* One whose time is up, and one who has a minute yet; the lookup times out. */
static void join_early_and_late(struct passenger *early, struct passenger *late, const char *domain)
{
    early->waiter = (struct waiter){.deadline_us = clock_now_us(), .finished = on_finished};
    late->waiter = (struct waiter){.deadline_us = clock_now_us() + 60000000, .finished = on_finished};
    assert_int_equal(flights_join(flights, domain, &early->waiter), 0);
    assert_int_equal(flights_join(flights, domain, &late->waiter), 0);
}

static void test_who_joined_late_does_not_time_out_early(void **state)
{
    struct passenger early = {0}, late = {0};
    (void)state;
    join_early_and_late(&early, &late, "late.example");
    assert_true(resolver.deadline_us == early.waiter.deadline_us);
    loop_turn(loop, 0);
    assert_int_equal(early.finished, 1);
    assert_int_equal(late.finished, 0);
    assert_int_equal(resolver.asked, 2);
    assert_true(resolver.deadline_us == late.waiter.deadline_us);
    flights_leave(&late.waiter);
    release(&early, 1);
}

/* A host has timed out, and an address that does not count is no answer in its place. */
static void test_who_joined_late_does_not_time_out_early_for_a_forbidden_host(void **state)
{
    static const struct lookup_wants wants = {
        .targets = {.most = 8, .forbidden = &networks_bogons, .patience_us = 1000000}};
    struct passenger early = {0}, late = {0};
    (void)state;
    flights_free(flights);
    flights = flights_new(&memory_libc, &resolver.base, &wants, NULL);
    join_early_and_late(&early, &late, "late-host.example");
    for (int turns = 0; turns < 20 && early.finished == 0; turns++)
        loop_turn(loop, 0);
    unsigned finished = late.finished;
    flights_leave(&late.waiter);
    facts_unref(late.facts, &memory_libc);
    release(&early, 1);
    assert_int_equal(finished, 0);
}

static void test_who_joined_late_is_told_when_there_is_no_other_lookup(void **state)
{
    struct passenger early = {0}, late = {0};
    (void)state;
    resolver.fails_from = 2;
    join_early_and_late(&early, &late, "late.example");
    turn();
    assert_int_equal(early.finished, 1);
    assert_non_null(early.facts);
    assert_int_equal(late.finished, 1);
    assert_null(late.facts);
    release(&early, 1);
}

/* A has timed out, but AAAA is there. */
static void test_who_joined_late_takes_an_answer_though_part_of_it_timed_out(void **state)
{
    struct passenger passengers[2] = {0};
    (void)state;
    join_early_and_late(&passengers[0], &passengers[1], "late-but-six.example");
    turn();
    assert_int_equal(passengers[0].finished, 1);
    assert_int_equal(passengers[1].finished, 1);
    assert_int_equal(resolver.asked, 3);
    release(passengers, 2);
}

static void test_another_resolver_is_asked_from_then_on(void **state)
{
    struct passenger passengers[3] = {0};
    struct zone_resolver other;
    (void)state;
    zone_resolver_init(&other, loop, "ok.example MX 300 10 other.example\n");
    join(&passengers[0], "ok.example");
    join(&passengers[1], "late.example");
    flights_use(flights, &other.base, 1);
    join(&passengers[2], "nowhere.example");
    assert_int_equal(resolver.asked, 2);
    assert_int_equal(other.asked, 1);
    turn();
    assert_string_equal(facts_text(passengers[0].facts, facts_mx(passengers[0].facts)[0].host), "a.example");
    assert_int_equal(resolver.under_way + other.under_way, 0);
    release(passengers, 3);
}

static void test_a_lookup_that_cannot_start_is_told(void **state)
{
    struct passenger passenger = {0};
    (void)state;
    resolver.fails_from = 1;
    passenger.waiter = (struct waiter){.deadline_us = clock_now_us() + 1000000, .finished = on_finished};
    assert_int_equal(flights_join(flights, "ok.example", &passenger.waiter), -1);
    flights_leave(&passenger.waiter);
    turn();
    assert_int_equal(passenger.finished, 0);
}

static void test_memory_that_runs_out_under_way_lands_all_without_facts(void **state)
{
    struct passenger passengers[2] = {0};
    (void)state;
    resolver.fails_from = 2;
    join(&passengers[0], "nowhere.example");
    join(&passengers[1], "nowhere.example");
    turn();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(passengers[i].finished, 1);
        assert_null(passengers[i].facts);
    }
}

static struct passenger passengers_of_all[3000];

/* Everybody to a place of his own, and all arrive there. */
static void fly_apart(unsigned count)
{
    char domain[40];
    memset(passengers_of_all, 0, sizeof(passengers_of_all));
    for (unsigned i = 0; i < count; i++) {
        snprintf(domain, sizeof(domain), "n%u.example", i);
        join(&passengers_of_all[i], domain);
    }
    for (unsigned turns = 0; turns < 20000 && resolver.under_way > 0; turns++)
        loop_turn(loop, 0);
    for (unsigned i = 0; i < count; i++) {
        snprintf(domain, sizeof(domain), "n%u.example", i);
        assert_int_equal(passengers_of_all[i].finished, 1);
        assert_string_equal(facts_domain(passengers_of_all[i].facts), domain);
    }
    release(passengers_of_all, count);
}

static void test_thousands_of_domains_are_kept_apart(void **state)
{
    (void)state;
    fly_apart(3000);
}

/* Memory that notes the largest block, and gives none larger than it may. */
static struct {
    size_t largest;
    size_t most;
} measured;

static void *measured_malloc(size_t size, void *user_data)
{
    (void)user_data;
    if (size > measured.most)
        return NULL;
    measured.largest = size > measured.largest ? size : measured.largest;
    return malloc(size);
}

static void open_measured_flights(size_t most)
{
    static const struct lookup_wants wants = {.a = true, .aaaa = true, .confirm_nxdomain = true};
    static struct memory memory;
    memory = memory_libc;
    memory.malloc = measured_malloc;
    measured.largest = 0;
    measured.most = most;
    flights_free(flights);
    flights = flights_new(&memory, &resolver.base, &wants, NULL);
    assert_non_null(flights);
}

static void test_the_table_grows_with_those_under_way_alone(void **state)
{
    (void)state;
    open_measured_flights(SIZE_MAX);
    for (int i = 0; i < 10000; i++) {
        struct passenger passenger = {0};
        join(&passenger, "silent.example");
        flights_leave(&passenger.waiter);
    }
    assert_in_range(measured.largest, 1, 8192);
    fly_apart(3000);
    size_t grown = measured.largest;
    assert_in_range(grown, 3000 / 2 * sizeof(void *), 2 * 4096 * sizeof(void *));
    fly_apart(3000);
    assert_int_equal(measured.largest, grown);
}

static void test_a_table_that_cannot_grow_keeps_domains_apart_too(void **state)
{
    (void)state;
    open_measured_flights(4096);
    fly_apart(1500);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_flights, close_flights)
    const struct CMUnitTest tests[] = {
        TEST(test_all_who_wait_share_one_lookup),
        TEST(test_what_has_landed_is_asked_for_anew),
        TEST(test_one_who_leaves_hears_nothing_and_the_others_do),
        TEST(test_the_last_who_leaves_ends_the_lookup),
        TEST(test_one_may_leave_while_others_land),
        TEST(test_one_may_join_again_while_landing),
        TEST(test_who_joined_late_does_not_time_out_early),
        TEST(test_who_joined_late_does_not_time_out_early_for_a_forbidden_host),
        TEST(test_who_joined_late_is_told_when_there_is_no_other_lookup),
        TEST(test_who_joined_late_takes_an_answer_though_part_of_it_timed_out),
        TEST(test_another_resolver_is_asked_from_then_on),
        TEST(test_a_lookup_that_cannot_start_is_told),
        TEST(test_memory_that_runs_out_under_way_lands_all_without_facts),
        TEST(test_thousands_of_domains_are_kept_apart),
        TEST(test_the_table_grows_with_those_under_way_alone),
        TEST(test_a_table_that_cannot_grow_keeps_domains_apart_too),
    };
    return cmocka_run_group_tests_name("flights", tests, NULL, NULL);
}
