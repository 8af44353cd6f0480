/* SPDX-License-Identifier: BSD-2-Clause */
/* test_killed.c: writers of shared memory that are stopped before each of their instructions, or killed at any time:
 * the others read whole records only, and can write. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
#include "store/shard.h"

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NAMES = 40, ROOM = 40, WORDS_LEAST = 20 };

static const struct siphash_key key = {{3, 4}};

/* What processes share. */
struct shared {
    struct shard_state state;
    uint64_t block[SHARD_BYTES_MIN / sizeof(uint64_t)];
};

/* It ends where the mapping ends, and behind that nothing may be touched. */
static struct shared *share_memory(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = (sizeof(struct shared) + page - 1) / page * page;
    char *memory = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    assert_int_equal(mprotect(memory + size, page, PROT_NONE), 0);
    return (struct shared *)(void *)(memory + size - sizeof(struct shared));
}

static struct shard attach(struct shared *memory)
{
    struct shard shard;
    shard_attach(&shard, &memory->state, memory->block, sizeof(memory->block), &key);
    return shard;
}

static uint64_t mix(uint64_t word)
{
    word += UINT64_C(0x9e3779b97f4a7c15);
    word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return word ^ word >> 27;
}

static size_t words_of(uint64_t name, uint64_t version)
{
    return WORDS_LEAST + (size_t)(mix(name + 1000 * version) % (ROOM - WORDS_LEAST));
}

static void put(struct shard *shard, uint64_t name, uint64_t version)
{
    uint64_t record[ROOM];
    size_t words = words_of(name, version);
    for (size_t i = 0; i < words; i++)
        record[i] = i == 0 ? version : mix(name ^ mix(version) ^ i);
    shard_put(shard, &memory_libc, mix(name), record, words);
}

enum found { NOTHING, WHOLE, TOO_LARGE, TORN };

static enum found look_up(struct shard *shard, uint64_t name)
{
    uint64_t record[ROOM];
    size_t words = shard_get(shard, mix(name), record, ROOM);
    if (words == 0)
        return NOTHING;
    if (words > ROOM)
        return TOO_LARGE;
    if (words != words_of(name, record[0]))
        return TORN;
    for (size_t i = 1; i < words; i++) {
        if (record[i] != mix(name ^ mix(record[0]) ^ i))
            return TORN;
    }
    return WHOLE;
}

/* A child that ends with this process, should a test fail. */
static pid_t fork_worker(void)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    return child;
}

/* --- stopped before each instruction --- */

/* What the others see of memory that a writer left so, now and after it was waited for. */
static void look_around(const struct shared *left)
{
    static struct shared copy;
    memcpy(&copy, left, sizeof(copy));
    struct shard shard = attach(&copy);
    unsigned found = 0;
    for (uint64_t name = 0; name < NAMES; name++) {
        enum found what = look_up(&shard, name);
        assert_in_range(what, NOTHING, WHOLE);
        found += what == WHOLE;
    }
    assert_in_range(found, 10, NAMES);
    if (copy.state.lease.since_us != 0)
        copy.state.lease.since_us -= LEASE_US;
    for (uint64_t name = 100; name < 104; name++) {
        put(&shard, name, 1);
        assert_int_equal(look_up(&shard, name), WHOLE);
    }
    assert_int_equal(copy.state.lease.since_us, 0);
    assert_int_equal(copy.state.sequence & 1, 0);
}

static void write_traced(struct shared *memory)
{
    struct shard shard = attach(memory);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(2);
    raise(SIGSTOP);
    for (uint64_t name = 0; name < NAMES; name += 5)
        put(&shard, name, 2);
    shard_remove(&shard, mix(7));
    _exit(0);
}

static void test_a_writer_may_stop_before_any_instruction(void **state)
{
    struct shared *memory = share_memory();
    struct shard shard = attach(memory);
    struct shared before;
    unsigned long steps = 0, changes = 0;
    int status;
    (void)state;
    for (uint64_t name = 0; name < NAMES; name++) {
        put(&shard, name, 1);
        look_up(&shard, name % 3);
    }
    pid_t child = fork_worker();
    if (child == 0)
        write_traced(memory);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFSTOPPED(status)) {
        print_message("# skipped: this system lets nobody trace\n");
        return;
    }
    memcpy(&before, memory, sizeof(before));
    while (WIFSTOPPED(status)) {
        if (memcmp(&before, memory, sizeof(before)) != 0) {
            memcpy(&before, memory, sizeof(before));
            look_around(&before);
            changes++;
        }
        assert_int_equal(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        steps++;
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_in_range(changes, 200, steps);
}

/* --- killed at any time --- */

static void work(struct shared *memory, uint64_t seed)
{
    struct shard shard = attach(memory);
    for (uint64_t i = 0;; i++) {
        uint64_t random = mix(seed + i);
        if (random % 64 == 0)
            shard_remove(&shard, mix(random >> 8 & 31));
        else if (random % 4 == 0)
            put(&shard, random >> 8 & 31, i);
        else if (look_up(&shard, random >> 8 & 31) > WHOLE)
            abort();
    }
}

static pid_t begin_work(struct shared *memory, uint64_t seed)
{
    pid_t child = fork_worker();
    if (child == 0)
        work(memory, seed);
    return child;
}

static void pause_us(long us)
{
    const struct timespec time = {.tv_sec = 0, .tv_nsec = us * 1000};
    nanosleep(&time, NULL);
}

/* A record is stored, at the latest when the lease of the last holder is over. */
static void assert_goes_on(struct shard *shard)
{
    for (int tries = 0; tries < 200 && look_up(shard, 1) != WHOLE; tries++) {
        put(shard, 1, 1);
        pause_us(20000);
    }
    assert_int_equal(look_up(shard, 1), WHOLE);
}

static void test_writers_are_killed_and_the_others_go_on(void **state)
{
    enum { workers = 4, kills = 400 };
    struct shared *memory = share_memory();
    struct shard shard = attach(memory);
    pid_t children[workers];
    unsigned found = 0;
    int status;
    (void)state;
    for (unsigned i = 0; i < workers; i++)
        children[i] = begin_work(memory, mix(i));
    for (unsigned i = 0; i < kills; i++) {
        pause_us((long)(mix(i) % 3000));
        for (uint64_t name = 0; name < 32; name++) {
            enum found what = look_up(&shard, name);
            assert_in_range(what, NOTHING, WHOLE);
            found += what == WHOLE;
        }
        kill(children[i % workers], SIGKILL);
        assert_int_equal(waitpid(children[i % workers], &status, 0), children[i % workers]);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        children[i % workers] = begin_work(memory, mix(1000 + i));
    }
    for (unsigned i = 0; i < workers; i++) {
        kill(children[i], SIGKILL);
        waitpid(children[i], &status, 0);
    }
    assert_true(found > kills);
    shard_remove(&shard, mix(1)); /* whoever was killed, a removal is done */
    assert_int_equal(look_up(&shard, 1), NOTHING);
    assert_goes_on(&shard);
    assert_int_equal(memory->state.sequence & 1, 0);
}

/* --- written by an attacker --- */

/* Octets everywhere, and numbers where numbers are, as fast as it can. */
static void attack(struct shared *memory, uint64_t seed)
{
    static const uint64_t bad[] = {0,    1,   UINT32_MAX, UINT64_MAX, UINT64_C(1) << 63, (UINT64_C(1) << 63) + 1,
                                   1023, 1024};
    unsigned char *octets = (unsigned char *)memory;
    for (uint64_t i = 0;; i++) {
        uint64_t random = mix(seed + i);
        size_t place = (size_t)(random >> 8) % sizeof(*memory);
        if (random % 3 == 0)
            place %= sizeof(memory->state);
        if (random % 2 == 0)
            __atomic_store_n(&octets[place], (unsigned char)(random >> 40), __ATOMIC_RELAXED);
        else
            __atomic_store_n((uint64_t *)(void *)(octets + place / 8 * 8), bad[random >> 40 & 7], __ATOMIC_RELAXED);
        if (random % 1024 == 0)
            sched_yield();
    }
}

static void test_whoever_may_write_the_memory_can_do_no_more_than_lie(void **state)
{
    enum { rounds = 40000 };
    struct shared *memory = share_memory();
    struct shard shard = attach(memory);
    pid_t attacker = fork_worker();
    if (attacker == 0)
        attack(memory, 1);
    (void)state;
    for (uint64_t i = 0; i < rounds; i++) {
        put(&shard, i % NAMES, i);
        assert_int_not_equal(look_up(&shard, mix(i) % NAMES), TORN);
        struct shard_counts counts = shard_count(&shard);
        assert_in_range(counts.records, 0, sizeof(memory->block) / 8);
        assert_in_range(counts.words, 0, sizeof(memory->block) / 8);
    }
    kill(attacker, SIGKILL);
    waitpid(attacker, NULL, 0);
    shard_reset(&shard);
    assert_goes_on(&shard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_writer_may_stop_before_any_instruction),
        cmocka_unit_test(test_writers_are_killed_and_the_others_go_on),
        cmocka_unit_test(test_whoever_may_write_the_memory_can_do_no_more_than_lie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
