/* SPDX-License-Identifier: BSD-2-Clause */
/* test_cache.c: a cache keeps its bounds, and tells domains apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "facts/cache.h"
#include "facts/draft.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASKER 1

/* Memory that counts what the allocator really gives. */
static struct {
    size_t live;
    size_t most;
    long left; /* allocations until it fails; negative: never */
} counted;

static void *counting_malloc(size_t size, void *user_data)
{
    (void)user_data;
    if (counted.left == 0)
        return NULL;
    counted.left -= counted.left > 0;
    void *block = malloc(size);
    counted.live += malloc_usable_size(block);
    if (counted.live > counted.most)
        counted.most = counted.live;
    return block;
}

static void *counting_realloc(void *pointer, size_t size, void *user_data)
{
    (void)user_data;
    (void)pointer;
    (void)size;
    return NULL;
}

static void counting_free(void *pointer, void *user_data)
{
    (void)user_data;
    counted.live -= malloc_usable_size(pointer);
    free(pointer);
}

static const struct memory counting = {counting_malloc, counting_realloc, counting_free, NULL};

static void put(mxcheck_cache *cache, const char *domain, int mx, enum facts_outcome outcome)
{
    struct draft draft;
    char host[64];
    draft_init(&draft, &memory_libc);
    draft.answer[FACTS_MX].outcome = (uint8_t)outcome;
    for (int i = 0; i < mx; i++) {
        snprintf(host, sizeof(host), "host-%d.of.%.40s", i, domain);
        draft_add_mx(&draft, 10, 300, host);
    }
    struct facts *facts = draft_seal(&draft, domain, 0, 0);
    assert_non_null(facts);
    cache_note_asker(cache, ASKER);
    cache_put(cache, ASKER, facts, cache_generation(cache));
    draft_clear(&draft);
    facts_unref(facts, &memory_libc);
}

/* How many MX are remembered of a domain; -1 when nothing is. */
static int get(mxcheck_cache *cache, enum cache_kind kind, const char *domain)
{
    union {
        struct facts facts;
        char room[4096];
    } copy;
    size_t length = strlen(domain);
    size_t size = cache_get(cache, kind, cache_hash(cache, ASKER, domain, length), domain, length, &copy, sizeof(copy));
    if (size == 0 || size > sizeof(copy))
        return -1;
    assert_string_equal(facts_domain(&copy.facts), domain);
    return (int)copy.facts.mx_count;
}

static void test_memory_stays_under_the_size_whatever_comes(void **state)
{
    static const size_t sizes[] = {CACHE_BYTES_MIN, 50000, 1 << 17, 1 << 18, 1000003, 1 << 22, 1 << 24};
    char domain[64];
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        memset(&counted, 0, sizeof(counted));
        counted.left = -1;
        mxcheck_cache *cache = cache_new(&counting, sizes[i]);
        assert_non_null(cache);
        struct cache_counts counts;
        for (unsigned n = 0; n < 30000; n++) {
            snprintf(domain, sizeof(domain), "domain%u.example", n);
            put(cache, domain, (int)(n % 7 == 0 ? n % 40 : n % 3), n % 5 == 0 ? FACTS_FAILURE : FACTS_RECORDS);
        }
        cache_count(cache, &counts);
        assert_in_range(counted.most, 1, sizes[i]);
        assert_in_range(counts.bytes, sizes[i] / 3 < (size_t)1 << 22 ? sizes[i] / 3 : (size_t)1 << 22, sizes[i]);
        assert_true(counts.domains > 10);
        cache_unref(cache);
        assert_int_equal(counted.live, 0);
    }
}

static void test_without_memory_there_is_none_or_an_empty_one(void **state)
{
    (void)state;
    memset(&counted, 0, sizeof(counted));
    assert_null(cache_new(&counting, 1 << 20));
    counted.left = 1;
    mxcheck_cache *cache = cache_new(&counting, 1 << 20);
    assert_non_null(cache);
    put(cache, "example.com", 1, FACTS_RECORDS);
    assert_int_equal(get(cache, CACHE_ANSWER, "example.com"), -1);
    cache_flush(cache, NULL);
    counted.left = -1;
    put(cache, "example.com", 1, FACTS_RECORDS);
    assert_int_equal(get(cache, CACHE_ANSWER, "example.com"), 1);
    cache_unref(cache);
    assert_int_equal(counted.live, 0);
}

static void test_answers_and_failures_of_a_domain_stand_beside_each_other(void **state)
{
    mxcheck_cache *cache = cache_new(&memory_libc, 1 << 20);
    (void)state;
    assert_non_null(cache);
    put(cache, "example.com", 2, FACTS_RECORDS);
    put(cache, "example.com", 0, FACTS_TIMEOUT);
    put(cache, "example.net", 0, FACTS_NXDOMAIN);
    assert_int_equal(get(cache, CACHE_ANSWER, "example.com"), 2);
    assert_int_equal(get(cache, CACHE_FAILURE, "example.com"), 0);
    assert_int_equal(get(cache, CACHE_ANSWER, "example.net"), 0);
    assert_int_equal(get(cache, CACHE_FAILURE, "example.net"), -1);
    cache_flush(cache, "example.com");
    assert_int_equal(get(cache, CACHE_ANSWER, "example.com"), -1);
    assert_int_equal(get(cache, CACHE_FAILURE, "example.com"), -1);
    assert_int_equal(get(cache, CACHE_ANSWER, "example.net"), 0);
    cache_unref(cache);
}

/* Two names of one hash cannot be made; asking for another name by the hash of the first is the same. */
static void test_facts_of_another_domain_with_the_same_hash_do_not_count(void **state)
{
    static const char *const others[] = {"example.org", "example.co", "example.comm", ""};
    uint64_t copy[128];
    mxcheck_cache *cache = cache_new(&memory_libc, 1 << 20);
    (void)state;
    assert_non_null(cache);
    put(cache, "example.com", 1, FACTS_RECORDS);
    uint64_t hash = cache_hash(cache, ASKER, "example.com", 11);
    assert_true(cache_get(cache, CACHE_ANSWER, hash, "example.com", 11, copy, sizeof(copy)) > 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(cache_get(cache, CACHE_ANSWER, hash, others[i], strlen(others[i]), copy, sizeof(copy)), 0);
    cache_unref(cache);
}

static void test_hashes_differ_from_cache_to_cache(void **state)
{
    mxcheck_cache *one = cache_new(&memory_libc, 1 << 20);
    mxcheck_cache *other = cache_new(&memory_libc, 1 << 20);
    (void)state;
    assert_true(cache_hash(one, ASKER, "example.com", 11) != cache_hash(other, ASKER, "example.com", 11));
    assert_ptr_equal(cache_ref(one), one);
    cache_unref(one);
    cache_unref(one);
    cache_unref(other);
    cache_unref(NULL);
    assert_null(cache_ref(NULL));
}

/* What is remembered for `asker` of example.com: its one MX. */
static const char *mx_for(mxcheck_cache *cache, uint64_t asker)
{
    static union {
        struct facts facts;
        char room[1024];
    } copy;
    uint64_t hash = cache_hash(cache, asker, "example.com", 11);
    size_t size = cache_get(cache, CACHE_ANSWER, hash, "example.com", 11, &copy, sizeof(copy));
    return size == 0 ? "" : facts_text(&copy.facts, facts_mx(&copy.facts)[0].host);
}

static void put_mx(mxcheck_cache *cache, uint64_t asker, const char *host)
{
    struct draft draft;
    draft_init(&draft, &memory_libc);
    draft.answer[FACTS_MX].outcome = FACTS_RECORDS;
    draft_add_mx(&draft, 10, 60, host);
    struct facts *facts = draft_seal(&draft, "example.com", 0, 0);
    cache_note_asker(cache, asker);
    cache_put(cache, asker, facts, cache_generation(cache));
    facts_unref(facts, &memory_libc);
    draft_clear(&draft);
}

static void test_who_asks_others_knows_other_things(void **state)
{
    mxcheck_cache *cache = cache_new(&memory_libc, 1 << 20);
    (void)state;
    put_mx(cache, 7, "a.example");
    put_mx(cache, 8, "b.example");
    assert_string_equal(mx_for(cache, 7), "a.example");
    assert_string_equal(mx_for(cache, 8), "b.example");
    assert_string_equal(mx_for(cache, 9), "");
    cache_unref(cache);
}

static void test_a_domain_is_forgotten_for_all_who_ask(void **state)
{
    (void)state;
    for (uint64_t askers = 1; askers <= 100; askers++) {
        mxcheck_cache *cache = cache_new(&memory_libc, 1 << 20);
        for (uint64_t asker = 1; asker <= askers; asker++)
            put_mx(cache, asker, "a.example");
        assert_string_equal(mx_for(cache, askers), "a.example");
        cache_flush(cache, "example.com");
        for (uint64_t asker = 1; asker <= askers; asker++)
            assert_string_equal(mx_for(cache, asker), "");
        cache_unref(cache);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_stays_under_the_size_whatever_comes),
        cmocka_unit_test(test_without_memory_there_is_none_or_an_empty_one),
        cmocka_unit_test(test_answers_and_failures_of_a_domain_stand_beside_each_other),
        cmocka_unit_test(test_facts_of_another_domain_with_the_same_hash_do_not_count),
        cmocka_unit_test(test_hashes_differ_from_cache_to_cache),
        cmocka_unit_test(test_who_asks_others_knows_other_things),
        cmocka_unit_test(test_a_domain_is_forgotten_for_all_who_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
