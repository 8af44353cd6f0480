/* SPDX-License-Identifier: BSD-2-Clause */
/* test_shard.c: what a shard remembers, forgets, and never does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
#include "store/shard.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BYTES (256 * 1024)
#define ROOM 64

/* --- records that tell whose they are ----------------------------------------------------------------------------- */

static struct process process;

/* Every story is told of the memory of one process, then of memory that is shared. */
static bool is_shared;
static const struct siphash_key key = {{1, 2}};

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

static void init_shard(struct shard *shard, size_t bytes)
{
    if (!is_shared) {
        shard_init(shard, bytes, &process);
        return;
    }
    struct shard_state *state = calloc(1, sizeof(*state));
    void *block = calloc(1, bytes);
    assert_true(state != NULL && block != NULL);
    shard_attach(shard, state, block, bytes, &key);
}

static void clear_shard(struct shard *shard, const struct memory *memory)
{
    if (is_shared)
        free(shard->state);
    shard_clear(shard, is_shared ? &memory_libc : memory);
}

static struct shard *open_shard_of(size_t bytes)
{
    struct shard *shard = malloc(sizeof(*shard));
    assert_non_null(shard);
    init_shard(shard, bytes);
    return shard;
}

static struct shard *open_shard(void)
{
    return open_shard_of(BYTES);
}

static void close_shard(struct shard *shard)
{
    clear_shard(shard, &memory_libc);
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
    assert_int_equal(shard_count(shard).records, 2);
    assert_int_equal(shard_count(shard).words, 40 + 30 + 4);
    shard_remove(shard, mix(1));
    shard_remove(shard, mix(3));
    assert_int_equal(get(shard, 1), 0);
    assert_int_equal(get(shard, 2), 1);
    shard_reset(shard);
    assert_int_equal(get(shard, 2), 0);
    assert_int_equal(shard_count(shard).records, 0);
    assert_int_equal(shard_count(shard).words, 0);
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
    assert_in_range(shard_count(shard).evictions, 90000, attack);
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

static const struct memory counting = {counting_malloc, counting_realloc, counting_free, NULL};

static void test_memory_is_one_block_of_the_size_said(void **state)
{
    static const size_t sizes[] = {SHARD_BYTES_MIN, 20000, 65536, 100001, 1 << 20};
    uint64_t record[ROOM];
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct shard shard;
        memset(&counted, 0, sizeof(counted));
        init_shard(&shard, sizes[i]);
        assert_int_equal(counted.count, 0);
        for (uint64_t name = 1; name < 20000; name++) {
            size_t words = 3 + (size_t)(mix(name) % (ROOM - 3));
            write_record(record, name, 1, words);
            shard_put(&shard, &counting, mix(name), record, words);
        }
        assert_int_equal(counted.count, is_shared ? 0 : 1);
        assert_in_range(counted.live, is_shared ? 0 : sizes[i] - 8, sizes[i]);
        assert_in_range(shard_count(&shard).words * 8, 0, sizes[i]);
        clear_shard(&shard, &counting);
    }
}

static void test_without_memory_nothing_is_remembered(void **state)
{
    struct shard shard;
    uint64_t record[4];
    (void)state;
    if (is_shared) {
        print_message("# skipped: shared memory is there from the beginning\n");
        return;
    }
    memset(&counted, 0, sizeof(counted));
    counted.is_out = true;
    init_shard(&shard, BYTES);
    write_record(record, 1, 1, 4);
    shard_put(&shard, &counting, mix(1), record, 4);
    assert_int_equal(get(&shard, 1), 0);
    shard_remove(&shard, mix(1));
    shard_reset(&shard);
    counted.is_out = false;
    shard_put(&shard, &counting, mix(1), record, 4);
    assert_int_equal(get(&shard, 1), 1);
    clear_shard(&shard, &counting);
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
    struct shard *shard = open_shard_of(SHARD_BYTES_MIN);
    struct threads data[4] = {{shard, 1, 0}, {shard, 2, 0}, {shard, 3, 0}, {shard, 4, 0}};
    pthread_t threads[4];
    (void)state;
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

/* As a child finds it when another thread of its parent was writing at the fork; or as any process does when another
 * was killed while it was writing. */
static void leave_half_done(struct shard *shard)
{
    shard->state->sequence |= 1;
    if (is_shared)
        shard->state->lease.since_us = clock_now_us() - LEASE_US;
    else
        shard->state->lock.holder = process_self(&process) + 1;
}

static void test_what_another_process_left_half_done_empties_the_shard(void **state)
{
    struct shard *shard = open_shard();
    (void)state;
    for (int i = 0; i < 3; i++) {
        put(shard, 1, 1, 20);
        assert_int_equal(get(shard, 1), 1);
        leave_half_done(shard);
        if (i == 0)
            put(shard, 2, 1, 20);
        else if (i == 1)
            shard_remove(shard, mix(2));
        else
            shard_reset(shard);
        assert_int_equal(get(shard, 1), 0);
        assert_int_equal(get(shard, 2), i == 0);
        assert_int_equal(shard->state->sequence & 1, 0);
    }
    close_shard(shard);
}

static void test_readers_do_not_wait_for_a_writer_that_never_ends(void **state)
{
    struct shard *shard = open_shard();
    (void)state;
    put(shard, 1, 1, 20);
    leave_half_done(shard);
    assert_int_equal(get(shard, 1), is_shared);
    close_shard(shard);
}

/* A writer that was stopped and goes on knows nothing of the one who took its place. */
static void test_two_writers_at_once_lose_records_and_break_none(void **state)
{
    (void)state;
    if (!is_shared) {
        print_message("# skipped: the lock of one process is never lost\n");
        return;
    }
    struct shard *shard = open_shard_of(SHARD_BYTES_MIN);
    for (uint64_t round = 1; round < 20000; round++) {
        struct shard_state old = *shard->state;
        put(shard, 1 + round % CONTENDED, round, 3 + (size_t)(mix(round) % (ROOM - 3)));
        if (round % 5 == 0) {
            old.sequence = shard->state->sequence;
            *shard->state = old;
        }
        for (uint64_t name = 1; name <= CONTENDED; name++)
            get(shard, name);
    }
    shard_reset(shard);
    put(shard, 1, 1, 20);
    assert_int_equal(get(shard, 1), 1);
    close_shard(shard);
}

static int of_one_process(void **state)
{
    (void)state;
    is_shared = false;
    return 0;
}

static int of_several_processes(void **state)
{
    (void)state;
    is_shared = true;
    return 0;
}

#define BOTH(story)                                                                                                    \
    {#story ": of one process", story, of_one_process, NULL, NULL},                                                    \
    {                                                                                                                  \
#story ": shared", story, of_several_processes, NULL, NULL                                                     \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_what_is_put_is_got_until_it_is_replaced_or_removed),
        BOTH(test_a_record_larger_than_the_copy_is_told_and_not_copied),
        BOTH(test_a_record_larger_than_the_shard_is_forgotten_with_what_it_replaces),
        BOTH(test_nothing_is_forgotten_while_there_is_room),
        BOTH(test_names_that_come_once_do_not_push_out_those_that_come_often),
        BOTH(test_names_that_come_twice_do_not_either),
        BOTH(test_a_name_that_comes_again_after_its_eviction_stays),
        BOTH(test_memory_is_one_block_of_the_size_said),
        BOTH(test_without_memory_nothing_is_remembered),
        BOTH(test_what_is_found_is_what_was_put_last),
        BOTH(test_who_reads_beside_writers_gets_whole_records),
        BOTH(test_what_another_process_left_half_done_empties_the_shard),
        BOTH(test_readers_do_not_wait_for_a_writer_that_never_ends),
        BOTH(test_two_writers_at_once_lose_records_and_break_none),
    };
    process_init(&process);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
