/* SPDX-License-Identifier: BSD-2-Clause */
/* test_clock.c: the two clocks are one, and it goes on while the machine sleeps. */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The coarse clock is a tick of the system behind, at most 10 ms. */
#define TICK_US 20000

/* Less than any machine has been up. */
#define SLEPT_US 1000000

static void assert_agree(struct clock_sleep *sleep)
{
    uint64_t before_us = clock_now_us();
    uint64_t coarse_us = clock_coarse_us(sleep);
    uint64_t after_us = clock_now_us();
    assert_in_range(coarse_us, before_us - TICK_US, after_us + 1);
}

static void test_the_coarse_clock_is_the_other_one_a_little_behind(void **state)
{
    struct clock_sleep sleep = {0};
    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_agree(&sleep);
}

/* It has slept since it was looked at last: what is known is a while behind, until the next look. */
static void test_it_learns_that_the_machine_has_slept(void **state)
{
    struct clock_sleep sleep = {0};
    (void)state;
    clock_coarse_us(&sleep);
    sleep.slept_us -= SLEPT_US;
    assert_true(clock_coarse_us(&sleep) < clock_now_us() - SLEPT_US / 2);
    sleep.next_look_us = 0;
    assert_agree(&sleep);
}

/* In a time namespace the clock that goes on is set ahead, as if the machine had slept. */
static void test_it_goes_on_while_the_machine_sleeps(void **state)
{
    static const char command[] = "unshare --time --boottime 100000 --fork %s --clocks 2>/dev/null";
    char line[300], self[200];
    long long fine_s = 0, coarse_s = 0, awake_s = 0;
    (void)state;
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    assert_true(length > 0);
    self[length] = '\0';
    snprintf(line, sizeof(line), command, self);
    FILE *clocks = popen(line, "r");
    assert_non_null(clocks);
    int count = fscanf(clocks, "%lld %lld %lld", &fine_s, &coarse_s, &awake_s);
    pclose(clocks);
    if (count != 3) {
        print_message("# skipped: time namespaces are not allowed here\n");
        return;
    }
    assert_in_range(fine_s - awake_s, 100000, INT32_MAX);
    assert_in_range(fine_s - coarse_s, 0, 1);
}

static int tell_clocks(void)
{
    struct clock_sleep sleep = {0};
    struct timespec awake;
    clock_gettime(CLOCK_MONOTONIC, &awake);
    printf("%llu %llu %lld\n", (unsigned long long)clock_now_us() / 1000000,
           (unsigned long long)clock_coarse_us(&sleep) / 1000000, (long long)awake.tv_sec);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_coarse_clock_is_the_other_one_a_little_behind),
        cmocka_unit_test(test_it_learns_that_the_machine_has_slept),
        cmocka_unit_test(test_it_goes_on_while_the_machine_sleeps),
    };
    if (argc > 1 && strcmp(argv[1], "--clocks") == 0)
        return tell_clocks();
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
