/* SPDX-License-Identifier: BSD-2-Clause */
/* test_joint_lookup.c: threads that wait for one domain: who looks it up, and what the others get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
#include "engine/joint_lookup.h"
#include "facts/draft.h"

#include <time.h>

#define DOMAIN "example.com"
#define SECOND_US 1000000U
#define THREADS 20

static struct settings *settings;
static struct pool pool;

static int open_pool(void **state)
{
    struct options options;
    struct log silence = {0, NULL, NULL};
    (void)state;
    options_init(&options);
    assert_int_equal(settings_new(&memory_libc, &silence, &options, &settings, NULL, 0), MXCHECK_OK);
    return settings == NULL ? -1 : pool_init(&pool, settings, NULL);
}

static int close_pool(void **state)
{
    (void)state;
    pool_clear(&pool);
    settings_close(settings);
    return 0;
}

static struct facts *make_facts(enum facts_outcome outcome, bool is_local)
{
    struct draft draft;
    draft_init(&draft, &memory_libc);
    draft.answer[FACTS_MX].outcome = (uint8_t)outcome;
    draft.is_local = is_local;
    struct facts *facts = draft_seal(&draft, DOMAIN, clock_now_us(), clock_now_us());
    draft_clear(&draft);
    assert_non_null(facts);
    return facts;
}

/* A thread that wants the facts of DOMAIN; when it is to look for itself it gives `own` to all who wait for it. */
struct asker {
    pthread_t thread;
    uint64_t deadline_us;
    struct facts *own;
    bool has_looked;
    struct facts *got;
};

static void *ask(void *argument)
{
    struct asker *asker = argument;
    struct joint_lookup lookup;
    asker->has_looked = joint_lookup_begin(&lookup, &pool, DOMAIN, asker->deadline_us, &asker->got);
    if (asker->has_looked)
        joint_lookup_end(&lookup, asker->own);
    return NULL;
}

static void start(struct asker *asker, uint64_t deadline_us, struct facts *own)
{
    *asker = (struct asker){.deadline_us = deadline_us, .own = own};
    assert_int_equal(pthread_create(&asker->thread, NULL, ask, asker), 0);
}

static size_t count_followers(const struct joint_lookup *lookup)
{
    size_t count = 0;
    pthread_mutex_lock(&pool.lock);
    for (const struct joint_follower *follower = lookup->followers; follower != NULL; follower = follower->next)
        count++;
    pthread_mutex_unlock(&pool.lock);
    return count;
}

static void wait_for_followers(const struct joint_lookup *lookup, size_t count)
{
    const struct timespec moment = {0, 1000000};
    while (count_followers(lookup) != count)
        nanosleep(&moment, NULL);
}

static struct facts *join(struct asker *asker)
{
    pthread_join(asker->thread, NULL);
    return asker->got;
}

static void begin(struct joint_lookup *lookup, uint64_t deadline_us)
{
    struct facts *facts;
    assert_true(joint_lookup_begin(lookup, &pool, DOMAIN, deadline_us, &facts));
    assert_null(facts);
}

static void test_one_looks_and_all_who_wait_have_its_facts(void **state)
{
    struct joint_lookup lookup;
    struct asker askers[THREADS];
    uint64_t deadline_us = clock_now_us() + 60 * SECOND_US;
    struct facts *facts = make_facts(FACTS_RECORDS, false);
    (void)state;
    begin(&lookup, deadline_us);
    for (size_t i = 0; i < THREADS; i++)
        start(&askers[i], deadline_us + i, NULL);
    wait_for_followers(&lookup, THREADS);
    joint_lookup_end(&lookup, facts);
    for (size_t i = 0; i < THREADS; i++) {
        assert_ptr_equal(join(&askers[i]), facts);
        assert_false(askers[i].has_looked);
        facts_unref(askers[i].got, &memory_libc);
    }
    assert_null(pool.lookups);
    facts_unref(facts, &memory_libc);
}

static void test_another_domain_is_not_waited_for(void **state)
{
    struct joint_lookup lookup, other;
    struct facts *facts;
    (void)state;
    begin(&lookup, UINT64_MAX);
    assert_true(joint_lookup_begin(&other, &pool, "other.example", UINT64_MAX, &facts));
    joint_lookup_end(&lookup, NULL);
    joint_lookup_end(&other, NULL);
    assert_null(pool.lookups);
}

static void test_who_must_be_done_earlier_looks_for_itself(void **state)
{
    struct joint_lookup lookup, sooner;
    uint64_t deadline_us = clock_now_us() + 60 * SECOND_US;
    (void)state;
    begin(&lookup, deadline_us);
    begin(&sooner, deadline_us - 1);
    joint_lookup_end(&sooner, NULL);
    joint_lookup_end(&lookup, NULL);
}

static void test_who_waits_ends_by_a_second_after_its_own_deadline(void **state)
{
    struct joint_lookup lookup, mine;
    uint64_t deadline_us = clock_now_us() + SECOND_US / 20;
    (void)state;
    begin(&lookup, deadline_us);
    begin(&mine, deadline_us);
    assert_true(clock_now_us() >= deadline_us);
    joint_lookup_end(&mine, NULL);
    joint_lookup_end(&lookup, NULL);
}

/* What the first thread comes to, and whether the one that waits has to look for itself. */
static bool looks_again(struct facts *facts, uint64_t left_us)
{
    struct joint_lookup lookup;
    struct asker asker;
    uint64_t deadline_us = clock_now_us() + left_us;
    begin(&lookup, deadline_us - left_us / 2);
    start(&asker, deadline_us, NULL);
    wait_for_followers(&lookup, 1);
    joint_lookup_end(&lookup, facts);
    facts_unref(join(&asker), &memory_libc);
    facts_unref(facts, &memory_libc);
    return asker.has_looked;
}

/* As of threads that begin at the same moment. */
static void test_what_is_learned_at_the_last_moment_counts_for_all(void **state)
{
    struct joint_lookup lookup;
    struct asker asker;
    uint64_t deadline_us = clock_now_us() + SECOND_US / 10;
    struct facts *facts = make_facts(FACTS_RECORDS, false);
    (void)state;
    begin(&lookup, deadline_us);
    start(&asker, deadline_us, NULL);
    while (clock_now_us() < deadline_us + SECOND_US / 10)
        continue;
    joint_lookup_end(&lookup, facts);
    assert_ptr_equal(join(&asker), facts);
    facts_unref(facts, &memory_libc);
    facts_unref(facts, &memory_libc);
}

static void test_what_says_nothing_of_dns_is_not_handed_on(void **state)
{
    (void)state;
    assert_true(looks_again(NULL, 60 * SECOND_US));
    assert_true(looks_again(make_facts(FACTS_FAILURE, true), 60 * SECOND_US));
    assert_false(looks_again(make_facts(FACTS_FAILURE, false), 60 * SECOND_US));
}

static void test_who_has_time_left_asks_again_after_a_timeout(void **state)
{
    (void)state;
    assert_true(looks_again(make_facts(FACTS_TIMEOUT, false), 60 * SECOND_US));
}

static void test_of_those_who_ask_again_one_does(void **state)
{
    struct joint_lookup lookup;
    struct asker askers[THREADS];
    uint64_t deadline_us = clock_now_us() + 60 * SECOND_US;
    struct facts *timeout = make_facts(FACTS_TIMEOUT, false), *records = make_facts(FACTS_RECORDS, false);
    size_t looked = 0;
    (void)state;
    begin(&lookup, deadline_us);
    for (size_t i = 0; i < THREADS; i++)
        start(&askers[i], deadline_us, records);
    wait_for_followers(&lookup, THREADS);
    joint_lookup_end(&lookup, timeout);
    for (size_t i = 0; i < THREADS; i++) {
        facts_unref(join(&askers[i]), &memory_libc);
        looked += askers[i].has_looked;
    }
    assert_in_range(looked, 1, THREADS);
    assert_null(pool.lookups);
    facts_unref(timeout, &memory_libc);
    facts_unref(records, &memory_libc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_looks_and_all_who_wait_have_its_facts),
        cmocka_unit_test(test_another_domain_is_not_waited_for),
        cmocka_unit_test(test_who_must_be_done_earlier_looks_for_itself),
        cmocka_unit_test(test_who_waits_ends_by_a_second_after_its_own_deadline),
        cmocka_unit_test(test_what_is_learned_at_the_last_moment_counts_for_all),
        cmocka_unit_test(test_what_says_nothing_of_dns_is_not_handed_on),
        cmocka_unit_test(test_who_has_time_left_asks_again_after_a_timeout),
        cmocka_unit_test(test_of_those_who_ask_again_one_does),
    };
    return cmocka_run_group_tests_name("joint_lookup", tests, open_pool, close_pool);
}
