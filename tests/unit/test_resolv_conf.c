/* SPDX-License-Identifier: BSD-2-Clause */
/* test_resolv_conf.c: when the file is read, and when not. */
#include "dns/resolv_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[64];
static struct resolv_conf resolv_conf;
static struct upstreams upstreams;

static int make_path(void **state)
{
    (void)state;
    memset(&resolv_conf, 0, sizeof(resolv_conf));
    snprintf(path, sizeof(path), "%s", "/tmp/mxcheck-look.XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static void put(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int look(uint64_t now_us)
{
    memset(&upstreams, 0, sizeof(upstreams));
    return resolv_conf_look(&resolv_conf, path, now_us, &upstreams);
}

static void test_it_is_read_at_first_and_when_it_has_changed(void **state)
{
    (void)state;
    put("nameserver 192.0.2.1\n");
    assert_int_equal(look(0), 1);
    assert_string_equal(upstreams.item[0].name, "192.0.2.1:53");
    assert_int_equal(look(RESOLV_CONF_LOOK_US), 0);
    put("nameserver 192.0.2.100\n");
    assert_int_equal(look(2 * RESOLV_CONF_LOOK_US), 1);
    assert_string_equal(upstreams.item[0].name, "192.0.2.100:53");
}

static void test_it_is_looked_at_once_in_a_while(void **state)
{
    (void)state;
    put("nameserver 192.0.2.1\n");
    assert_int_equal(look(0), 1);
    put("nameserver 192.0.2.100\n");
    assert_int_equal(look(RESOLV_CONF_LOOK_US - 1), 0);
    assert_int_equal(look(RESOLV_CONF_LOOK_US), 1);
}

static void test_a_file_in_its_place_is_another_one(void **state)
{
    char other[80];
    (void)state;
    put("nameserver 192.0.2.1\n");
    assert_int_equal(look(0), 1);
    snprintf(other, sizeof(other), "%s.new", path);
    FILE *file = fopen(other, "w");
    assert_non_null(file);
    assert_true(fputs("nameserver 192.0.2.2\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(other, path), 0);
    assert_int_equal(look(RESOLV_CONF_LOOK_US), 1);
    assert_string_equal(upstreams.item[0].name, "192.0.2.2:53");
}

/* What was done to the file at which second, and who is asked from then on; "": the same as before. */
static void test_a_file_that_names_nobody_is_waited_for(void **state)
{
    static const char missing[] = "(missing)";
    static const struct {
        const char *text;
        unsigned second;
        const char *name;
    } rows[] = {
        {"nameserver 192.0.2.1\n", 0, "192.0.2.1:53"},
        {"", 1, ""},
        {"", 3, ""},
        {"nameserver 192.0.2.1\n", 4, "192.0.2.1:53"},
        {"", 5, ""},
        {"# it is being written\n", 7, ""},
        {"nameserver 192.0.2.2\n", 8, "192.0.2.2:53"},
        {missing, 9, ""},
        {missing, 11, ""},
        {missing, 12, "127.0.0.1:53 (no /etc/resolv.conf)"},
        {missing, 20, ""},
        {"", 21, "127.0.0.1:53 (no server in /etc/resolv.conf)"},
        {"nameserver 192.0.2.2\n", 22, "192.0.2.2:53"},
        {"", 23, ""},
        {"", 26, "127.0.0.1:53 (no server in /etc/resolv.conf)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].text == missing)
            unlink(path);
        else
            put(rows[i].text);
        int outcome = look(rows[i].second * RESOLV_CONF_LOOK_US);
        if (outcome != (rows[i].name[0] != '\0') || strcmp(upstreams.item[0].name, rows[i].name) != 0)
            fail_msg("row %zu: %d %s", i, outcome, upstreams.item[0].name);
    }
}

static void test_a_file_put_back_with_its_old_size_and_time_is_another_one(void **state)
{
    struct stat before;
    (void)state;
    put("nameserver 192.0.2.1\n");
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(look(0), 1);
    put("nameserver 192.0.2.2\n");
    const struct timespec times[2] = {before.st_atim, before.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_int_equal(look(RESOLV_CONF_LOOK_US), 1);
    assert_string_equal(upstreams.item[0].name, "192.0.2.2:53");
}

static void test_a_file_that_cannot_be_read_is_tried_again(void **state)
{
    (void)state;
    assert_int_equal(resolv_conf_look(&resolv_conf, "/tmp", 0, &upstreams), -1);
    assert_int_equal(resolv_conf.error, EISDIR);
    assert_int_equal(resolv_conf_look(&resolv_conf, "/tmp", 1, &upstreams), -1);
    put("nameserver 192.0.2.1\n");
    assert_int_equal(look(2), 1);
    assert_int_equal(resolv_conf_look(&resolv_conf, "/tmp", 2 * RESOLV_CONF_LOOK_US, &upstreams), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_path, remove_path)
    const struct CMUnitTest tests[] = {
        TEST(test_it_is_read_at_first_and_when_it_has_changed),
        TEST(test_it_is_looked_at_once_in_a_while),
        TEST(test_a_file_in_its_place_is_another_one),
        TEST(test_a_file_that_names_nobody_is_waited_for),
        TEST(test_a_file_put_back_with_its_old_size_and_time_is_another_one),
        TEST(test_a_file_that_cannot_be_read_is_tried_again),
    };
    return cmocka_run_group_tests_name("resolv_conf", tests, NULL, NULL);
}
