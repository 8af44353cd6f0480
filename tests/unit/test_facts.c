/* SPDX-License-Identifier: BSD-2-Clause */
/* test_facts.c: facts: filled in, sorted, shared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scarce.h"

#include "base/memory.h"
#include "facts/draft.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fill(struct draft *draft, const struct memory *memory, const char *preferences)
{
    draft_init(draft, memory);
    draft->answer[FACTS_MX].outcome = FACTS_RECORDS;
    for (size_t i = 0; preferences[i] != '\0'; i++) {
        char host[2] = {(char)('a' + i), '\0'};
        draft_add_mx(draft, (uint16_t)(preferences[i] - '0'), (uint32_t)i, host);
    }
}

static struct facts *sealed(struct draft *draft)
{
    struct facts *facts = draft_seal(draft, "example.com", 1000, 4000);
    assert_non_null(facts);
    draft_clear(draft);
    return facts;
}

static void test_an_empty_draft_knows_nothing(void **state)
{
    struct draft draft;
    (void)state;
    draft_init(&draft, &memory_libc);
    struct facts *facts = sealed(&draft);
    assert_string_equal(facts_domain(facts), "example.com");
    for (int i = 0; i < FACTS_QUESTIONS; i++) {
        const struct facts_answer *answer = facts_answer(facts, (enum facts_question)i);
        assert_int_equal(answer->outcome, FACTS_NOT_ASKED);
        assert_int_equal(answer->rcode, -1);
        assert_int_equal(answer->error_code, -1);
    }
    assert_int_equal(facts->mx_count, 0);
    assert_int_equal(facts->learned_us, 4000);
    assert_int_equal(facts->waited_us, 3000);
    facts_unref(facts, &memory_libc);
    facts_unref(NULL, &memory_libc);
    assert_null(facts_ref(NULL));
}

static void test_seal_sorts_by_preference_and_keeps_the_order_of_equals(void **state)
{
    static const char *const sorted = "e h b d g a f c ";
    struct draft draft;
    char order[64] = "";
    (void)state;
    fill(&draft, &memory_libc, "21910210");
    struct facts *facts = sealed(&draft);
    for (size_t i = 0; i < facts->mx_count; i++)
        snprintf(order + 2 * i, sizeof(order) - 2 * i, "%s ", facts_text(facts, facts_mx(facts)[i].host));
    assert_string_equal(order, sorted);
    assert_int_equal(facts_mx(facts)[7].ttl_s, 2);
    assert_int_equal(facts->exchanges, 8);
    facts_unref(facts, &memory_libc);
}

static void answer(struct draft *draft, enum facts_question question, const char *upstream, const char *alias)
{
    struct facts_answer *noted = &draft->answer[question];
    noted->outcome = FACTS_NODATA;
    noted->upstream = draft_put(draft, upstream);
    noted->alias = draft_put(draft, alias);
}

static void test_facts_are_one_block_that_may_be_copied(void **state)
{
    struct draft draft;
    (void)state;
    draft_init(&draft, &memory_libc);
    answer(&draft, FACTS_MX, "127.0.0.1:53", "");
    answer(&draft, FACTS_AAAA, "127.0.0.1:53", "host.example.net");
    draft.answer[FACTS_AAAA].outcome = FACTS_RECORDS;
    draft.answer[FACTS_AAAA].count = 2;
    draft.answer[FACTS_AAAA].addresses = draft_put_octets(&draft, "0123456789abcdefFEDCBA9876543210", 32);
    struct facts *facts = sealed(&draft);
    struct facts *copy = malloc(facts->size);
    assert_non_null(copy);
    memcpy(copy, facts, facts->size);
    memset(facts, 'x', facts->size);
    free(facts);
    assert_int_equal(copy->size % 8, 0);
    assert_string_equal(facts_domain(copy), "example.com");
    assert_string_equal(facts_text(copy, facts_answer(copy, FACTS_MX)->upstream), "127.0.0.1:53");
    assert_string_equal(facts_text(copy, facts_answer(copy, FACTS_MX)->alias), "");
    assert_int_equal(facts_answer(copy, FACTS_A)->outcome, FACTS_NOT_ASKED);
    assert_string_equal(facts_text(copy, facts_answer(copy, FACTS_AAAA)->alias), "host.example.net");
    assert_int_equal(facts_answer(copy, FACTS_AAAA)->upstream, facts_answer(copy, FACTS_MX)->upstream);
    const struct facts_answer *aaaa = facts_answer(copy, FACTS_AAAA);
    assert_int_equal(facts_address_count(aaaa), 2);
    assert_memory_equal(facts_address(copy, FACTS_AAAA, aaaa, 1), "FEDCBA9876543210", 16);
    assert_int_equal(facts_address_count(facts_answer(copy, FACTS_MX)), 0);
    free(copy);
}

static void test_odd_sets_are_marked(void **state)
{
    static const struct {
        const char *hosts[3];
        unsigned exchanges, oddities;
    } rows[] = {
        {{"a", "b", NULL}, 2, 0},
        {{"", NULL, NULL}, 0, 0},
        {{"a", "", NULL}, 1, FACTS_NULL_MX_MIXED},
        {{"a", "b", "a"}, 3, FACTS_MX_DUPLICATE},
        {{"192.0.2.1", "", NULL}, 1, FACTS_MX_IS_LITERAL | FACTS_NULL_MX_MIXED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct draft draft;
        draft_init(&draft, &memory_libc);
        for (size_t j = 0; j < 3 && rows[i].hosts[j] != NULL; j++)
            draft_add_mx(&draft, 10, 300, rows[i].hosts[j]);
        struct facts *facts = sealed(&draft);
        assert_int_equal(facts->exchanges, rows[i].exchanges);
        assert_int_equal(facts->oddities, rows[i].oddities);
        facts_unref(facts, &memory_libc);
    }
}

static void test_failure_is_what_leaves_the_domain_open(void **state)
{
    enum { none = FACTS_NOT_ASKED, records, nodata, nx, timeout, failure, bogus };
    static const struct {
        int outcome[FACTS_QUESTIONS];
        bool is_failure;
    } rows[] = {
        {{records, none, none}, false},    {{failure, none, none}, true},       {{timeout, none, none}, true},
        {{bogus, none, none}, true},       {{nodata, nodata, nodata}, false},   {{nx, nx, nx}, false},
        {{nodata, failure, nodata}, true}, {{nodata, failure, records}, false}, {{nodata, nodata, timeout}, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct draft draft;
        draft_init(&draft, &memory_libc);
        for (int j = 0; j < FACTS_QUESTIONS; j++)
            draft.answer[j].outcome = (uint8_t)rows[i].outcome[j];
        struct facts *facts = sealed(&draft);
        assert_int_equal(facts_failure(facts) != FACTS_NOT_ASKED, rows[i].is_failure);
        facts_unref(facts, &memory_libc);
    }
}

static void *share(void *user)
{
    for (int i = 0; i < 10000; i++)
        facts_unref(facts_ref(user), &memory_libc);
    facts_unref(user, &memory_libc);
    return NULL;
}

static void test_facts_are_shared_between_threads(void **state)
{
    struct draft draft;
    pthread_t threads[4];
    (void)state;
    fill(&draft, &memory_libc, "1");
    struct facts *facts = sealed(&draft);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, share, facts_ref(facts)), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(facts->references, 1);
    facts_unref(facts, &memory_libc);
}

static void test_memory_that_runs_out_leaks_nothing(void **state)
{
    bool done = false;
    (void)state;
    for (int n = 0; !done; n++) {
        scarce.left = n;
        struct draft draft;
        struct facts *facts = NULL;
        draft_init(&draft, &scarce_memory);
        for (int i = 0; i < 5; i++)
            draft_add_mx(&draft, 1, 1, i % 2 == 0 ? "mx.example.com" : "mx2.example.com");
        draft_choose_targets(&draft, 3);
        for (int i = 0; i < 20; i++)
            draft_put(&draft, "a text that makes the room for texts grow");
        facts = draft_seal(&draft, "example.com", 0, 0);
        done = facts != NULL;
        assert_false(draft.is_short && done);
        draft_clear(&draft);
        facts_unref(facts, &scarce_memory);
        assert_int_equal(scarce.live, 0);
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
        cmocka_unit_test(test_an_empty_draft_knows_nothing),
        cmocka_unit_test(test_seal_sorts_by_preference_and_keeps_the_order_of_equals),
        cmocka_unit_test(test_facts_are_one_block_that_may_be_copied),
        cmocka_unit_test(test_odd_sets_are_marked),
        cmocka_unit_test(test_failure_is_what_leaves_the_domain_open),
        cmocka_unit_test(test_facts_are_shared_between_threads),
        cmocka_unit_test(test_memory_that_runs_out_leaks_nothing),
        cmocka_unit_test(test_names_are_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
