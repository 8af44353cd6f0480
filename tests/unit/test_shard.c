/* SPDX-License-Identifier: BSD-2-Clause */
/* test_shard.c: what a shard remembers, forgets, and never does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "facts/shard.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BYTES (256 * 1024)
#define ROOM 64

/* --- records that tell whose they are ----------------------------------------------------------------------------- */

static struct process process;

static uint64_t mix(uint64_t word)
{
    word += UINT64_C(0x9e3779b97f4a7c15);
    word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    word = (word ^ word >> 27) * UINT64_C(0x94d049bb133111eb);
    return word ^ word >> 31;
}

/* A record of `words` words: its name, its version, its size, and what follows from the three. */
static void write_record(uint64_t *record, uint64_t name, uint64_t version, size_t words)
{
    record[0] = name;
    record[1] = version;
    record[2] = words;
    for (size_t i = 3; i < words; i++)
        record[i] = mix(name ^ mix(version) ^ i);
}

static bool is_whole(const uint64_t *record, uint64_t name, size_t words)
{
    uint64_t expected[ROOM];
    if (words < 3 || words > ROOM || record[0] != name || record[2] != words)
        return false;
    write_record(expected, name, record[1], words);
    return memcmp(record, expected, words * sizeof(*record)) == 0;
}

static void put(struct shard *shard, uint64_t name, uint64_t version, size_t words)
{
    uint64_t record[ROOM];
    write_record(record, name, version, words);
    shard_put(shard, &memory_libc, mix(name), record, words);
}

/* The version that is remembered, 0 when none is. */
static uint64_t get(struct shard *shard, uint64_t name)
{
    uint64_t record[ROOM];
    size_t words = shard_get(shard, mix(name), record, ROOM);
    if (words == 0)
        return 0;
    assert_true(is_whole(record, name, words));
    return record[1];
}

static struct shard *open_shard(void)
{
    struct shard *shard = malloc(sizeof(*shard));
    assert_non_null(shard);
    shard_init(shard, BYTES, &process);
    return shard;
}

static void close_shard(struct shard *shard)
{
    shard_clear(shard, &memory_libc);
    free(shard);
}

/* --- what is remembered ------------------------------------------------------------------------------------------- */

static void test_what_is_put_is_got_until_it_is_replaced_or_removed(void **state)
{
    struct shard *shard = open_shard();
    (void)state;
    assert_int_equal(get(shard, 1), 0);
    put(shard, 1, 1, 20);
    put(shard, 2, 1, 30);
    assert_int_equal(get(shard, 1), 1);
    put(shard, 1, 2, 40);
    assert_int_equal(get(shard, 1), 2);
    assert_int_equal(get(shard, 2), 1);
    assert_int_equal(shard->records, 2);
    assert_int_equal(shard->words, 40 + 30 + 4);
    shard_remove(shard, mix(1));
    shard_remove(shard, mix(3));
    assert_int_equal(get(shard, 1), 0);
    assert_int_equal(get(shard, 2), 1);
    shard_reset(shard);
    assert_int_equal(get(shard, 2), 0);
    assert_int_equal(shard->records, 0);
    assert_int_equal(shard->words, 0);
    put(shard, 2, 3, 20);
    assert_int_equal(get(shard, 2), 3);
    close_shard(shard);
}

static void test_a_record_larger_than_the_copy_is_told_and_not_copied(void **state)
{
    struct shard *shard = open_shard();
    uint64_t copy[4] = {7, 7, 7, 7};
    (void)state;
    put(shard, 1, 1, 20);
    assert_int_equal(shard_get(shard, mix(1), copy, 4), 20);
    for (int i = 0; i < 4; i++)
        assert_int_equal(copy[i], 7);
    close_shard(shard);
}

static void test_a_record_larger_than_the_shard_is_forgotten_with_what_it_replaces(void **state)
{
    struct shard *shard = open_shard();
    uint64_t *large = calloc(BYTES / 8, sizeof(*large));
    (void)state;
    assert_non_null(large);
    put(shard, 1, 1, 20);
    put(shard, 2, 1, 20);
    shard_put(shard, &memory_libc, mix(1), large, BYTES / 8 - 1);
    assert_int_equal(get(shard, 1), 0);
    shard_put(shard, &memory_libc, mix(2), large, SIZE_MAX / 8);
    assert_int_equal(get(shard, 2), 1);
    free(large);
    close_shard(shard);
}

static void test_nothing_is_forgotten_while_there_is_room(void **state)
{
    enum { words = 26, count = BYTES * 8 / 10 / ((words + 2) * 8) };
    struct shard *shard = open_shard();
    int found = 0;
    (void)state;
    for (uint64_t name = 1; name <= count; name++)
        put(shard, name, 1, words);
    for (uint64_t name = 1; name <= count; name++)
        found += get(shard, name) == 1;
    /* A bucket may overflow: one in a hundred is allowed. */
    assert_in_range(found, count - count / 100, count);
    close_shard(shard);
}

/* A dictionary attack: a hundred times as many names as there is room for, each asked for once or twice. */
static void flood(uint64_t times)
{
    enum { useful = 100, attack = 100000 };
    struct shard *shard = open_shard();
    int found = 0;
    for (uint64_t name = 1; name <= useful; name++)
        put(shard, name, 1, 26);
    for (int round = 0; round < 2; round++) {
        for (uint64_t name = 1; name <= useful; name++)
            get(shard, name);
    }
    for (uint64_t i = 0; i < attack; i++) {
        put(shard, 1000000 + i, 1, 20);
        for (uint64_t again = 1; again < times; again++)
            get(shard, 1000000 + i);
        if (i % 20 == 0) /* one honest check beside twenty of the attack */
            get(shard, 1 + i / 20 % useful);
    }
    for (uint64_t name = 1; name <= useful; name++)
        found += get(shard, name) == 1;
    assert_in_range(found, useful - 2, useful);
    assert_in_range(shard->evictions, 90000, attack);
    close_shard(shard);
}

static void test_names_that_come_once_do_not_push_out_those_that_come_often(void **state)
{
    (void)state;
    flood(1);
}

static void test_names_that_come_twice_do_not_either(void **state)
{
    (void)state;
    flood(2);
}

static void test_a_name_that_comes_again_after_its_eviction_stays(void **state)
{
    struct shard *shard = open_shard();
    (void)state;
    for (uint64_t i = 0; i < 3000; i++)
        put(shard, 1000 + i, 1, 26);
    put(shard, 1, 1, 26);
    for (uint64_t i = 0; i < 400 && get(shard, 1) == 0; i++) /* full: nothing young may stay */
        put(shard, 10000 + i, 1, 26);
    shard_remove(shard, mix(1));
    put(shard, 2, 1, 26);
    for (uint64_t i = 0; i < 400; i++)
        put(shard, 20000 + i, 1, 26);
    assert_int_equal(get(shard, 2), 0);
    put(shard, 2, 2, 26);
    for (uint64_t i = 0; i < 400; i++)
        put(shard, 30000 + i, 1, 26);
    assert_int_equal(get(shard, 2), 2);
    close_shard(shard);
}

/* --- whatever is done to it --------------------------------------------------------------------------------------- */

static struct {
    size_t live;
    size_t largest;
    int count;
    bool is_out;
} counted;

static void *counting_malloc(size_t size, void *user_data)
{
    (void)user_data;
    if (counted.is_out)
        return NULL;
    counted.live += size;
    counted.count++;
    return malloc(size);
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
    counted.live = 0;
    free(pointer);
}

static const mxcheck_memory counting = {counting_malloc, counting_realloc, counting_free, NULL};

static void test_memory_is_one_block_of_the_size_said(void **state)
{
    static const size_t sizes[] = {SHARD_BYTES_MIN, 20000, 65536, 100001, 1 << 20};
    uint64_t record[ROOM];
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct shard shard;
        memset(&counted, 0, sizeof(counted));
        shard_init(&shard, sizes[i], &process);
        assert_int_equal(counted.count, 0);
        for (uint64_t name = 1; name < 20000; name++) {
            size_t words = 3 + (size_t)(mix(name) % (ROOM - 3));
            write_record(record, name, 1, words);
            shard_put(&shard, &counting, mix(name), record, words);
        }
        assert_int_equal(counted.count, 1);
        assert_in_range(counted.live, sizes[i] - 8, sizes[i]);
        assert_in_range(shard.words * 8, 0, sizes[i]);
        shard_clear(&shard, &counting);
    }
}

static void test_without_memory_nothing_is_remembered(void **state)
{
    struct shard shard;
    uint64_t record[4];
    (void)state;
    memset(&counted, 0, sizeof(counted));
    counted.is_out = true;
    shard_init(&shard, BYTES, &process);
    write_record(record, 1, 1, 4);
    shard_put(&shard, &counting, mix(1), record, 4);
    assert_int_equal(get(&shard, 1), 0);
    shard_remove(&shard, mix(1));
    shard_reset(&shard);
    counted.is_out = false;
    shard_put(&shard, &counting, mix(1), record, 4);
    assert_int_equal(get(&shard, 1), 1);
    shard_clear(&shard, &counting);
}

static void test_what_is_found_is_what_was_put_last(void **state)
{
    enum { names = 3000, steps = 300000 };
    static uint64_t versions[names];
    struct shard *shard = open_shard();
    uint64_t random = 1;
    int found = 0;
    (void)state;
    for (uint64_t step = 1; step <= steps; step++) {
        random = mix(random + step);
        uint64_t name = random % names;
        uint64_t version = get(shard, name + 1);
        assert_true(version == 0 || version == versions[name]);
        found += version != 0;
        if (random >> 40 & 1) {
            versions[name] = step;
            put(shard, name + 1, step, 3 + (size_t)((random >> 48) % (ROOM - 3)));
        } else if ((random >> 41 & 63) == 0) {
            versions[name] = 0;
            shard_remove(shard, mix(name + 1));
        }
    }
    assert_in_range(found, steps / 10, steps);
    close_shard(shard);
}

/* Few names, and a shard so small that what one reads is soon written over. */
enum { CONTENDED = 12 };

struct threads {
    struct shard *shard;
    uint64_t seed;
    unsigned found;
};

static void *write_much(void *user)
{
    struct threads *thread = user;
    for (uint64_t i = 0; i < 200000; i++)
        put(thread->shard, 1 + mix(i + thread->seed) % CONTENDED, 1 + i, ROOM - mix(i) % 4);
    return NULL;
}

/* Nothing may be asserted outside of the main thread. */
static void *read_much(void *user)
{
    struct threads *thread = user;
    for (uint64_t i = 0; i < 400000; i++) {
        uint64_t record[ROOM];
        uint64_t name = 1 + mix(i + thread->seed) % CONTENDED;
        size_t words = shard_get(thread->shard, mix(name), record, ROOM);
        if (words != 0 && !is_whole(record, name, words))
            return "torn";
        thread->found += words != 0;
    }
    return NULL;
}

static void test_who_reads_beside_writers_gets_whole_records(void **state)
{
    struct shard *shard = open_shard();
    struct threads data[4] = {{shard, 1, 0}, {shard, 2, 0}, {shard, 3, 0}, {shard, 4, 0}};
    pthread_t threads[4];
    (void)state;
    shard_init(shard, SHARD_BYTES_MIN, &process);
    for (uint64_t name = 1; name <= CONTENDED; name++)
        put(shard, name, 1, ROOM);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i < 2 ? write_much : read_much, &data[i]), 0);
    for (int i = 0; i < 4; i++) {
        void *told;
        assert_int_equal(pthread_join(threads[i], &told), 0);
        assert_null(told);
    }
    assert_true(data[2].found > 0);
    assert_true(data[3].found > 0);
    close_shard(shard);
}

/* As a child finds it when another thread of its parent was writing at the fork. */
static void test_a_lock_left_behind_by_another_process_empties_the_shard(void **state)
{
    struct shard *shard = open_shard();
    (void)state;
    for (int i = 0; i < 3; i++) {
        put(shard, 1, 1, 20);
        assert_int_equal(get(shard, 1), 1);
        shard->lock.holder = process_self(&process) + 1;
        shard->sequence |= 1;
        if (i == 0)
            assert_int_equal(get(shard, 1), 0);
        else if (i == 1)
            shard_remove(shard, mix(2));
        else
            shard_reset(shard);
        assert_int_equal(get(shard, 1), 0);
        assert_int_equal(shard->sequence & 1, 0);
    }
    close_shard(shard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_put_is_got_until_it_is_replaced_or_removed),
        cmocka_unit_test(test_a_record_larger_than_the_copy_is_told_and_not_copied),
        cmocka_unit_test(test_a_record_larger_than_the_shard_is_forgotten_with_what_it_replaces),
        cmocka_unit_test(test_nothing_is_forgotten_while_there_is_room),
        cmocka_unit_test(test_names_that_come_once_do_not_push_out_those_that_come_often),
        cmocka_unit_test(test_names_that_come_twice_do_not_either),
        cmocka_unit_test(test_a_name_that_comes_again_after_its_eviction_stays),
        cmocka_unit_test(test_memory_is_one_block_of_the_size_said),
        cmocka_unit_test(test_without_memory_nothing_is_remembered),
        cmocka_unit_test(test_what_is_found_is_what_was_put_last),
        cmocka_unit_test(test_who_reads_beside_writers_gets_whole_records),
        cmocka_unit_test(test_a_lock_left_behind_by_another_process_empties_the_shard),
    };
    process_init(&process);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
