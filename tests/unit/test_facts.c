/* SPDX-License-Identifier: BSD-2-Clause */
/* test_facts.c: facts: filled in, sorted, shared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "facts/facts.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_new_facts_know_nothing(void **state)
{
    struct facts *facts = facts_new(&memory_libc, "example.com");
    (void)state;
    assert_non_null(facts);
    assert_string_equal(facts->domain, "example.com");
    for (int i = 0; i < FACTS_QUESTIONS; i++) {
        assert_int_equal(facts->answer[i].outcome, FACTS_NOT_ASKED);
        assert_int_equal(facts->answer[i].rcode, -1);
        assert_string_equal(facts->answer[i].failure, "");
    }
    assert_int_equal(facts->mx_count, 0);
    facts_seal(facts);
    facts_unref(facts);
    facts_unref(NULL);
    assert_null(facts_ref(NULL));
}

static void test_seal_sorts_by_preference_and_keeps_the_order_of_equals(void **state)
{
    static const uint16_t preferences[] = {20, 10, 65535, 10, 0, 20, 10, 0};
    static const char *const sorted = "e h b d g a f c ";
    struct facts *facts = facts_new(&memory_libc, "example.com");
    char order[64] = "";
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        char host[2] = {(char)('a' + i), '\0'};
        assert_int_equal(facts_add_mx(facts, preferences[i], (uint32_t)i, host), 0);
    }
    facts_seal(facts);
    for (size_t i = 0; i < facts->mx_count; i++)
        snprintf(order + 2 * i, sizeof(order) - 2 * i, "%s ", facts->mx[i].host);
    assert_string_equal(order, sorted);
    assert_int_equal(facts->mx[7].ttl_s, 2);
    facts_unref(facts);
}

static void *share(void *user)
{
    for (int i = 0; i < 10000; i++)
        facts_unref(facts_ref(user));
    facts_unref(user);
    return NULL;
}

static void test_facts_are_shared_between_threads(void **state)
{
    struct facts *facts = facts_new(&memory_libc, "example.com");
    pthread_t threads[4];
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, share, facts_ref(facts)), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(facts->references, 1);
    facts_unref(facts);
}

static int left;
static int blocks;

static void *failing_malloc(size_t size, void *user_data)
{
    (void)user_data;
    void *block = left-- > 0 ? malloc(size) : NULL;
    blocks += block != NULL;
    return block;
}

static void *failing_realloc(void *pointer, size_t size, void *user_data)
{
    (void)user_data;
    void *block = left-- > 0 ? realloc(pointer, size) : NULL;
    blocks += pointer == NULL && block != NULL;
    return block;
}

static void failing_free(void *pointer, void *user_data)
{
    (void)user_data;
    blocks--;
    free(pointer);
}

static void test_memory_that_runs_out_leaks_nothing(void **state)
{
    static const mxcheck_memory failing = {failing_malloc, failing_realloc, failing_free, NULL};
    bool done = false;
    (void)state;
    for (int n = 0; !done; n++) {
        left = n;
        struct facts *facts = facts_new(&failing, "example.com");
        done = facts != NULL;
        for (int i = 0; done && i < 5; i++)
            done = facts_add_mx(facts, 1, 1, "mx") == 0;
        facts_unref(facts);
        assert_int_equal(blocks, 0);
    }
}

static void test_names_are_stable(void **state)
{
    static const char *const outcomes[] = {"not-asked", "records", "nodata", "nxdomain", "timeout", "failure", "bogus"};
    (void)state;
    for (int i = 0; i < 7; i++)
        assert_string_equal(facts_outcome_name((enum facts_outcome)i), outcomes[i]);
    assert_string_equal(facts_outcome_name((enum facts_outcome)7), "unknown");
    assert_string_equal(facts_question_name(FACTS_MX), "MX");
    assert_string_equal(facts_question_name(FACTS_A), "A");
    assert_string_equal(facts_question_name(FACTS_AAAA), "AAAA");
    assert_string_equal(facts_question_name(FACTS_QUESTIONS), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_facts_know_nothing),
        cmocka_unit_test(test_seal_sorts_by_preference_and_keeps_the_order_of_equals),
        cmocka_unit_test(test_facts_are_shared_between_threads),
        cmocka_unit_test(test_memory_that_runs_out_leaks_nothing),
        cmocka_unit_test(test_names_are_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
