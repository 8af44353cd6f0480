/* SPDX-License-Identifier: BSD-2-Clause */
/* test_cache_lookup.c: what is fresh, fading, stale or of no use, by options, as time goes by. The clock is this
 * file's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
#include "engine/cache_lookup.h"
#include "facts/draft.h"
#include "judge/form.h"
#include "judge/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UPSTREAM "127.0.0.1"
#define ASKER (asker())
#define DOMAIN "example.com"
#define START_US UINT64_C(1000000000)

static uint64_t now_us;

uint64_t clock_now_us(void)
{
    return now_us;
}

uint64_t clock_coarse_us(struct clock_sleep *sleep)
{
    (void)sleep;
    return now_us;
}

/* --- one domain, one cache ---------------------------------------------------------------------------------------- */

static mxcheck_cache *cache;
static bool is_outage; /* while it is learned */

/* Under whose number the contexts of this test remember. */
static uint64_t asker(void)
{
    struct upstreams upstreams;
    char error[100];
    assert_int_equal(upstreams_parse(UPSTREAM, &upstreams, error, sizeof(error)), 0);
    return upstreams_identify(&upstreams);
}

static int open_cache(void **state)
{
    (void)state;
    now_us = START_US;
    cache = cache_new(&memory_libc, 1 << 20);
    if (cache == NULL)
        return -1;
    cache_note_asker(cache, ASKER);
    return 0;
}

static int close_cache(void **state)
{
    (void)state;
    cache_unref(cache);
    return 0;
}

/* "name=value name=value" */
static struct settings *settings_of(const char *text)
{
    struct options options;
    struct log silence = {0, NULL, NULL};
    char copy[256], error[256];
    options_init(&options);
    snprintf(copy, sizeof(copy), "upstreams=" UPSTREAM " %s", text);
    for (char *rest = copy, *item; (item = strtok_r(rest, " ", &rest)) != NULL;) {
        char *value = strchr(item, '=');
        *value++ = '\0';
        if (options_set(&options, &memory_libc, item, value, error, sizeof(error)) != MXCHECK_OK)
            fail_msg("%s", error);
    }
    struct settings *settings;
    assert_int_equal(settings_new(&memory_libc, &silence, &options, &settings, NULL, 0), MXCHECK_OK);
    assert_non_null(settings);
    options_clear(&options, &memory_libc);
    return settings;
}

static void remember(struct draft *draft)
{
    struct facts *facts = draft_seal(draft, DOMAIN, now_us - 8000000, now_us);
    assert_non_null(facts);
    facts->was_outage = is_outage;
    cache_put(cache, ASKER, facts, cache_generation(cache));
    draft_clear(draft);
    facts_unref(facts, &memory_libc);
}

/* What DNS says: outcomes of MX, A and AAAA, and the TTL of all that have one. */
static void learn(int mx, int a, int aaaa, uint32_t ttl_s)
{
    const int outcomes[] = {mx, a, aaaa};
    struct draft draft;
    draft_init(&draft, &memory_libc);
    for (int i = 0; i < FACTS_QUESTIONS; i++) {
        draft.answer[i].outcome = (uint8_t)outcomes[i];
        draft.answer[i].ttl_s = ttl_s;
    }
    if (mx == FACTS_RECORDS)
        draft_add_mx(&draft, 10, ttl_s, "mx.example.com");
    remember(&draft);
}

/* An MX for 300 s, and what becomes of its host. */
static void learn_host(int a, int aaaa, uint32_t ttl_s)
{
    const int outcomes[] = {a, aaaa};
    struct draft draft;
    draft_init(&draft, &memory_libc);
    draft.answer[FACTS_MX].outcome = FACTS_RECORDS;
    draft.answer[FACTS_MX].ttl_s = 300;
    draft_add_mx(&draft, 10, 300, "mx.example.com");
    draft_choose_targets(&draft, 8);
    for (int i = 0; i < 2; i++) {
        draft.targets[0].answer[i].outcome = (uint8_t)outcomes[i];
        draft.targets[0].answer[i].ttl_s = ttl_s;
    }
    if (a == FACTS_RECORDS) {
        draft.targets[0].answer[0].count = 1;
        draft.targets[0].answer[0].addresses = draft_put_octets(&draft, "\x08\x08\x08\x08", 4);
    }
    remember(&draft);
}

static void wait_ms(uint64_t milliseconds)
{
    now_us += milliseconds * 1000;
}

static const char *words[] = {"nothing", "fresh", "fading", "stale"};

/* What is recalled, and as what: "fresh mx 300". */
static const char *looked_up(const char *options, bool has_failed)
{
    static char line[64];
    struct settings *settings = settings_of(options);
    struct address parsed;
    struct judgement judgement;
    struct cached_facts cached;
    assert_int_equal(address_parse("u@" DOMAIN, strlen("u@" DOMAIN), &parsed), 0);
    assert_false(form_judge(&settings->options, &parsed, MXCHECK_ROLE_RCPT, &judgement));
    enum cache_lookup outcome = cache_lookup(settings, cache, has_failed, &cached, &judgement);
    snprintf(line, sizeof(line), "%s", words[outcome]);
    if (outcome != CACHE_LOOKUP_NOTHING) {
        snprintf(line, sizeof(line), "%s %s %u", words[outcome], mxcheck_reason_name((int)judgement.reason),
                 judgement.ttl_s);
        assert_true(judgement.is_cached);
        assert_int_equal(judgement.is_stale, outcome == CACHE_LOOKUP_STALE);
        assert_string_equal(facts_domain(judgement.facts), DOMAIN);
        cache_lookup_forget(settings, &cached);
    }
    settings_close(settings);
    return line;
}

enum { none = FACTS_NOT_ASKED, records, nodata, nx, timeout, failure, bogus };

/* --- time --------------------------------------------------------------------------------------------------------- */

static void test_an_answer_counts_down_fades_and_goes(void **state)
{
    (void)state;
    assert_string_equal(looked_up("", false), "nothing");
    learn(records, none, none, 300);
    assert_string_equal(looked_up("", false), "fresh mx 300");
    wait_ms(100000);
    assert_string_equal(looked_up("", false), "fresh mx 200");
    wait_ms(170000);
    assert_string_equal(looked_up("", false), "fresh mx 30");
    wait_ms(1);
    assert_string_equal(looked_up("", false), "fading mx 30");
    wait_ms(29998);
    assert_string_equal(looked_up("", false), "fading mx 0");
    wait_ms(1);
    assert_string_equal(looked_up("", false), "nothing");
}

static void test_options_bound_how_long_an_answer_holds(void **state)
{
    static const struct {
        int mx, a, aaaa;
        uint32_t ttl_s;
        const char *options, *expected;
    } rows[] = {
        {records, none, none, 0, "", "fresh mx 5"},
        {records, none, none, 0, "cache-min-ttl=0", "nothing"},
        {records, none, none, 86400, "", "fresh mx 3600"},
        {records, none, none, INT32_MAX, "cache-max-ttl=168h", "fresh mx 604800"},
        {records, none, none, UINT32_MAX, "cache-max-ttl=168h", "fresh mx 604800"},
        {records, none, none, 300, "cache-max-ttl=1s", "fresh mx 1"},
        {records, none, none, 300, "cache-min-ttl=1h cache-max-ttl=1m", "fresh mx 60"},
        {nx, nx, nx, 86400, "", "fresh no-such-domain 900"},
        {nx, nx, nx, 60, "", "fresh no-such-domain 60"},
        {nx, nx, nx, 0, "", "fresh no-such-domain 5"},
        {nodata, nodata, nodata, 86400, "cache-negative-ttl=1m", "fresh no-records 60"},
        {nodata, records, none, 300, "", "fresh implicit-a 300"},
        {failure, none, none, 0, "", "fresh dns-failure 5"},
        {failure, none, none, 0, "cache-failure-ttl=30s", "fresh dns-failure 30"},
        {failure, none, none, 0, "cache-failure-ttl=0", "nothing"},
        {bogus, none, none, 0, "", "fresh dnssec-bogus 5"},
        {nodata, timeout, nodata, 300, "", "fresh dns-timeout 5"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cache_flush(cache, NULL);
        learn(rows[i].mx, rows[i].a, rows[i].aaaa, rows[i].ttl_s);
        if (strcmp(looked_up(rows[i].options, false), rows[i].expected) != 0)
            fail_msg("row %zu, %s: %s, not %s", i, rows[i].options, looked_up(rows[i].options, false),
                     rows[i].expected);
    }
}

/* --- who asked ---------------------------------------------------------------------------------------------------- */

static void test_facts_of_others_count_where_they_answer_what_is_asked(void **state)
{
    static const struct {
        int mx, a, aaaa;
        const char *options, *expected;
    } rows[] = {
        {nodata, nodata, none, "", "nothing"},
        {nodata, nodata, none, "implicit-mx=a", "fresh no-records 300"},
        {nodata, none, none, "implicit-mx=a", "nothing"},
        {nodata, none, none, "implicit-mx=none", "fresh no-records 300"},
        {nodata, nodata, records, "implicit-mx=a", "fresh no-records 300"},
        {nx, none, none, "", "nothing"},
        {nx, none, none, "nxdomain=final", "fresh no-such-domain 300"},
        {nx, records, none, "nxdomain=final", "fresh no-such-domain 300"},
        {nx, records, none, "", "fresh implicit-a 300"},
        {timeout, none, none, "timeout=8s", "fresh dns-timeout 5"},
        {timeout, none, none, "timeout=9s", "nothing"},
        {nodata, timeout, nodata, "timeout=9s", "nothing"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cache_flush(cache, NULL);
        learn(rows[i].mx, rows[i].a, rows[i].aaaa, 300);
        if (strcmp(looked_up(rows[i].options, false), rows[i].expected) != 0)
            fail_msg("row %zu, %s: %s, not %s", i, rows[i].options, looked_up(rows[i].options, false),
                     rows[i].expected);
    }
}

/* --- failures and what is stale ----------------------------------------------------------------------------------- */

static void test_a_fresh_answer_counts_more_than_a_failure_since(void **state)
{
    (void)state;
    learn(records, none, none, 300);
    learn(failure, none, none, 0);
    assert_string_equal(looked_up("", false), "fresh mx 300");
}

static void test_what_was_good_stays_good_while_dns_fails(void **state)
{
    static const char *const option = "serve-stale=1h";
    (void)state;
    learn(records, none, none, 300);
    wait_ms(300000);
    assert_string_equal(looked_up(option, false), "nothing");
    assert_string_equal(looked_up("", true), "nothing");
    assert_string_equal(looked_up(option, true), "stale mx 5");
    learn(failure, none, none, 0);
    assert_string_equal(looked_up("", false), "fresh dns-failure 5");
    assert_string_equal(looked_up(option, false), "stale mx 5");
    wait_ms(5000);
    assert_string_equal(looked_up(option, false), "nothing");
    wait_ms(3600000 - 5001);
    assert_string_equal(looked_up(option, true), "stale mx 5");
    wait_ms(1);
    assert_string_equal(looked_up(option, true), "nothing");
}

static void test_hosts_that_fail_fail_those_who_look_at_them(void **state)
{
    static const char *const stale = "depth=targets serve-stale=1h";
    (void)state;
    learn_host(records, none, 60);
    assert_string_equal(looked_up("", false), "fresh mx 300");
    assert_string_equal(looked_up("depth=targets", false), "fresh mx 60");
    wait_ms(61000);
    assert_string_equal(looked_up("depth=targets", false), "nothing");
    learn_host(failure, failure, 0);
    assert_string_equal(looked_up("depth=targets", false), "fresh dns-failure 5");
    assert_string_equal(looked_up(stale, false), "stale mx 5");
    wait_ms(4000);
    assert_string_equal(looked_up("", false), "fresh mx 235"); /* as first learned */
    wait_ms(235000);
    assert_string_equal(looked_up("serve-stale=1h", false), "fresh mx 61"); /* as learned when the host failed */
    assert_string_equal(looked_up("depth=targets", false), "nothing");
}

/* Two hosts of the MX: one has an address that is forbidden, the other comes to this. */
static void learn_forbidden_host_beside(int outcome)
{
    struct draft draft;
    draft_init(&draft, &memory_libc);
    draft.answer[FACTS_MX].outcome = FACTS_RECORDS;
    draft.answer[FACTS_MX].ttl_s = 300;
    draft_add_mx(&draft, 10, 300, "mx.example.com");
    draft_add_mx(&draft, 20, 300, "mx2.example.com");
    draft_choose_targets(&draft, 8);
    draft.targets[0].answer[0].outcome = (uint8_t)outcome;
    draft.targets[0].answer[1].outcome = (uint8_t)outcome;
    draft.targets[0].answer[0].ttl_s = 300;
    draft.targets[0].answer[1].ttl_s = 300;
    for (size_t i = outcome == FACTS_RECORDS ? 0 : 1; i < 2; i++) {
        draft.targets[i].answer[0].outcome = FACTS_RECORDS;
        draft.targets[i].answer[0].ttl_s = 300;
        draft.targets[i].answer[0].count = 1;
        draft.targets[i].answer[0].addresses = draft_put_octets(&draft, i == 0 ? "\x08\x08\x08\x08" : "\x0a\0\0\1", 4);
        draft.none_usable = outcome != FACTS_RECORDS;
        draft.targets[i].answer[1].outcome = FACTS_NODATA;
        draft.targets[i].answer[1].ttl_s = 300;
    }
    remember(&draft);
}

/* That another host has an address that does not count is no answer: it leaves what was good where it is. */
static void test_a_good_host_stays_good_while_dns_fails_for_it_beside_a_forbidden_one(void **state)
{
    (void)state;
    learn_forbidden_host_beside(FACTS_RECORDS);
    assert_string_equal(looked_up("depth=targets serve-stale=1h", false), "fresh mx 300");
    wait_ms(400000);
    learn_forbidden_host_beside(FACTS_FAILURE);
    assert_string_equal(looked_up("depth=targets", false), "fresh dns-failure 5");
    assert_string_equal(looked_up("depth=targets serve-stale=1h", true), "stale mx 5");
    assert_string_equal(looked_up("depth=targets serve-stale=1h", false), "stale mx 5");
}

static void test_what_was_bad_is_not_held_against_anyone_while_dns_fails(void **state)
{
    (void)state;
    learn(nx, nx, nx, 300);
    wait_ms(300000);
    learn(timeout, none, none, 0);
    assert_string_equal(looked_up("serve-stale=1h", true), "nothing");
    assert_string_equal(looked_up("serve-stale=1h", false), "fresh dns-timeout 5");
    assert_string_equal(looked_up("serve-stale=1h on-dns-failure=accept", false), "fresh dns-failure-allowed 5");
}

static void learn_in_outage(int mx, int a, int aaaa, uint32_t ttl_s)
{
    is_outage = true;
    learn(mx, a, aaaa, ttl_s);
    is_outage = false;
}

/* That there is nothing is as good as a failure to those who doubt it, and to all others an answer for no longer than
 * one.
 */
static void test_absence_of_an_outage_leaves_what_was_good_where_it_is(void **state)
{
    (void)state;
    learn(records, none, none, 300);
    wait_ms(300000);
    learn_in_outage(nx, nx, nx, 300);
    assert_string_equal(looked_up("outage-threshold=30%", false), "fresh dns-failure 5");
    assert_string_equal(looked_up("outage-threshold=30% serve-stale=1h", true), "stale mx 5");
    assert_string_equal(looked_up("outage-threshold=30% serve-stale=1h", false), "stale mx 5");
    assert_string_equal(looked_up("", false), "fresh no-such-domain 5");
    wait_ms(5000);
    assert_string_equal(looked_up("outage-threshold=30%", false), "nothing");
    assert_string_equal(looked_up("", false), "nothing"); /* nor is it held against anyone later */
}

/* Neither a lie about MX nor one about hosts takes the place of what was good, whatever else it comes with. */
static void test_what_was_good_survives_a_lie_that_holds_records(void **state)
{
    (void)state;
    learn(records, none, none, 300);
    wait_ms(300000);
    learn_in_outage(nodata, records, none, 300);
    assert_string_equal(looked_up("serve-stale=1h outage-threshold=30% required-hosts=mx.example.com", false),
                        "stale mx 5");
    assert_string_equal(looked_up("outage-threshold=30%", false), "fresh implicit-a 300");
}

static void test_rejections_from_before_an_outage_stand(void **state)
{
    (void)state;
    learn(nx, nx, nx, 300);
    wait_ms(10000);
    learn_in_outage(nx, nx, nx, 300);
    assert_string_equal(looked_up("outage-threshold=30%", false), "fresh no-such-domain 290");
}

static void test_facts_larger_than_the_room_are_recalled_whole(void **state)
{
    struct draft draft;
    char host[64];
    (void)state;
    draft_init(&draft, &memory_libc);
    draft.answer[FACTS_MX].outcome = FACTS_RECORDS;
    draft.answer[FACTS_MX].ttl_s = 300;
    for (int i = 0; i < 100; i++) {
        snprintf(host, sizeof(host), "host-%d.mx.example.net", i);
        draft_add_mx(&draft, (uint16_t)i, 300, host);
    }
    struct facts *facts = draft_seal(&draft, DOMAIN, now_us, now_us);
    assert_non_null(facts);
    assert_true(facts->size > CACHE_LOOKUP_ROOM);
    cache_put(cache, ASKER, facts, cache_generation(cache));
    draft_clear(&draft);
    facts_unref(facts, &memory_libc);
    assert_string_equal(looked_up("", false), "fresh mx 300");
}

static void test_a_flush_ends_the_era(void **state)
{
    (void)state;
    uint64_t before = cache_generation(cache);
    learn(records, none, none, 300);
    learn(failure, none, none, 0);
    cache_flush(cache, "example.net");
    assert_string_equal(looked_up("", false), "fresh mx 300");
    cache_flush(cache, DOMAIN);
    assert_string_equal(looked_up("", false), "nothing");
    assert_string_equal(looked_up("serve-stale=1h", true), "nothing");
    struct draft draft;
    draft_init(&draft, &memory_libc);
    draft.answer[FACTS_MX].outcome = FACTS_NODATA;
    struct facts *facts = draft_seal(&draft, DOMAIN, now_us, now_us);
    cache_put(cache, ASKER, facts, before);
    facts_unref(facts, &memory_libc);
    assert_string_equal(looked_up("implicit-mx=none", false), "nothing");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_cache, close_cache)
    const struct CMUnitTest tests[] = {
        TEST(test_an_answer_counts_down_fades_and_goes),
        TEST(test_options_bound_how_long_an_answer_holds),
        TEST(test_facts_of_others_count_where_they_answer_what_is_asked),
        TEST(test_a_fresh_answer_counts_more_than_a_failure_since),
        TEST(test_what_was_good_stays_good_while_dns_fails),
        TEST(test_hosts_that_fail_fail_those_who_look_at_them),
        TEST(test_a_good_host_stays_good_while_dns_fails_for_it_beside_a_forbidden_one),
        TEST(test_what_was_bad_is_not_held_against_anyone_while_dns_fails),
        TEST(test_absence_of_an_outage_leaves_what_was_good_where_it_is),
        TEST(test_what_was_good_survives_a_lie_that_holds_records),
        TEST(test_rejections_from_before_an_outage_stand),
        TEST(test_facts_larger_than_the_room_are_recalled_whole),
        TEST(test_a_flush_ends_the_era),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
