/* SPDX-License-Identifier: BSD-2-Clause */
/* test_test_zone.c: made-up zones: which lines can be, and what a resolver makes of them without any socket. */
#define _DEFAULT_SOURCE /* mkstemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scarce.h"

#include "base/clock.h"
#include "dns/zone_resolver.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

static void write_file(const char *text, size_t size)
{
    snprintf(path, sizeof(path), "/tmp/mxcheck-zone-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, size), size);
    close(fd);
}

static struct test_zone *read_well(const char *text)
{
    struct test_zone *zone = NULL;
    char error[256] = "";
    write_file(text, strlen(text));
    if (test_zone_read(&memory_libc, path, &zone, error, sizeof(error)) != 0)
        fail_msg("%s", error);
    unlink(path);
    return zone;
}

static void test_a_line_that_cannot_be_is_named(void **state)
{
    static const char *const rows[][2] = {
        {"example.com", ":1: a line is a name, a word and its data, such as: example.com MX 10 mx.example.com"},
        {"# fine\n\n example.com MX 10 mx.example.com extra", ":3: a line is a name, a word and its data, such as: "
                                                              "example.com MX 10 mx.example.com"},
        {"a..b A 192.0.2.1", ":1: this is no domain name"},
        {"a.b a 192.0.2.1", ":1: the second word must be A, AAAA, MX, CNAME, NXDOMAIN, SERVFAIL, TIMEOUT, BOGUS or "
                            "DELAY"},
        {"a.b A 192.0.2.300", ":1: A takes an IPv4 address"},
        {"a.b AAAA 192.0.2.3", ":1: AAAA takes an IPv6 address"},
        {"a.b A", ":1: A takes an IPv4 address"},
        {"a.b MX mx.b", ":1: MX takes a preference and a host, such as 10 mx.example"},
        {"a.b MX 65536 mx.b", ":1: MX takes a preference and a host, such as 10 mx.example"},
        {"a.b MX -1 mx.b", ":1: MX takes a preference and a host, such as 10 mx.example"},
        {"a.b MX 1 mx..b", ":1: this is no domain name"},
        {"a.b CNAME", ":1: CNAME takes a domain name"},
        {"a.b TIMEOUT NS", ":1: a fault takes nothing, or one of A, AAAA and MX"},
        {"a.b SERVFAIL A MX", ":1: a fault takes nothing, or one of A, AAAA and MX"},
        {"a.b DELAY 5s", ":1: DELAY takes milliseconds, such as 250ms"},
        {"a.b DELAY 600001ms", ":1: DELAY takes milliseconds, such as 250ms"},
    };
    char wanted[256], error[256];
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct test_zone *zone;
        write_file(rows[i][0], strlen(rows[i][0]));
        assert_int_equal(test_zone_read(&memory_libc, path, &zone, error, sizeof(error)), -1);
        snprintf(wanted, sizeof(wanted), "%s%s", path, rows[i][1]);
        unlink(path);
        assert_string_equal(error, wanted);
    }
}

static void test_a_file_that_cannot_be_is_named(void **state)
{
    struct test_zone *zone;
    char error[256];
    size_t size = 1048576;
    char *large = calloc(1, size);
    (void)state;
    assert_int_equal(test_zone_read(&memory_libc, "/nowhere/zone", &zone, error, sizeof(error)), -1);
    assert_string_equal(error, "/nowhere/zone: there is no such file");
    assert_int_equal(test_zone_read(&memory_libc, "/", &zone, error, sizeof(error)), -1);
    assert_string_equal(error, "/: it cannot be read");
    write_file("a.b A 192.0.2.1\n\0#", 18);
    assert_int_equal(test_zone_read(&memory_libc, path, &zone, error, sizeof(error)), -1);
    assert_non_null(strstr(error, ": there is a NUL octet"));
    unlink(path);
    memset(large, '\n', size);
    write_file(large, size);
    assert_int_equal(test_zone_read(&memory_libc, path, &zone, error, sizeof(error)), -1);
    assert_non_null(strstr(error, ": it is larger than 1 MiB"));
    unlink(path);
    free(large);
}

static const char whole[] = "Mail.Example. MX 10 MX.mail.example.\n"
                            "mail.example MX 20 mx2.mail.example # another\n"
                            "null.example MX 0 .\n"
                            "www.deep.example\tA\t192.0.2.1\r\n"
                            "www.deep.example AAAA 2001:db8::1\n"
                            "alias.example CNAME www.deep.example\n"
                            "loop.example CNAME loop.example\n"
                            "gone.example NXDOMAIN\n"
                            "broken.example SERVFAIL\n"
                            "half.example SERVFAIL A\n"
                            "half.example MX 5 mail.example\n"
                            "bogus.example BOGUS\n"
                            "silent.example TIMEOUT\n"
                            "slow.example DELAY 20ms\n"
                            "slow.example A 192.0.2.3\n";

static void test_memory_may_run_out_anywhere(void **state)
{
    struct test_zone *zone;
    char error[256];
    int status = -2;
    (void)state;
    write_file(whole, strlen(whole));
    for (long most = 0; status == -2; most++) {
        scarce.left = most;
        scarce.live = 0;
        status = test_zone_read(&scarce_memory, path, &zone, error, sizeof(error));
        assert_true(status == 0 || status == -2);
        if (status == 0)
            test_zone_free(zone);
        assert_int_equal(scarce.live, 0);
    }
    unlink(path);
}

/* --- answers --- */

struct heard {
    bool is_over;
    char text[200];
};

static void on_answer(void *user, const struct dns_answer *answer)
{
    static const char *const outcomes[] = {
        [DNS_RECORDS] = "records", [DNS_NODATA] = "nodata",   [DNS_NXDOMAIN] = "nxdomain", [DNS_ALIAS] = "alias",
        [DNS_TIMEOUT] = "timeout", [DNS_FAILURE] = "failure", [DNS_BOGUS] = "bogus"};
    struct heard *heard = user;
    const struct dns_record *first = answer->count > 0 ? &answer->records[0] : NULL;
    heard->is_over = true;
    assert_true(strncmp(answer->upstream, "test data of /tmp/", 18) == 0);
    snprintf(heard->text, sizeof(heard->text), "%s %d%s%s%s%s", outcomes[answer->outcome], answer->rcode,
             first != NULL && first->host != NULL ? " " : "", first != NULL && first->host != NULL ? first->host : "",
             answer->alias[0] != '\0' ? " by " : "", answer->alias);
}

static void test_questions_are_answered_as_by_a_resolver(void **state)
{
    static const struct {
        const char *name;
        enum dns_type type;
        const char *answer;
    } rows[] = {{"mail.example", DNS_MX, "records 0 mx.mail.example"},
                {"mail.example", DNS_A, "nodata 0"},
                {"null.example", DNS_MX, "records 0 "},
                {"www.deep.example", DNS_AAAA, "records 0"},
                {"deep.example", DNS_A, "nodata 0"},
                {"eep.example", DNS_A, "nxdomain 3"},
                {"nobody.example", DNS_MX, "nxdomain 3"},
                {"alias.example", DNS_A, "records 0 by www.deep.example"},
                {"alias.example", DNS_MX, "nodata 0 by www.deep.example"},
                {"loop.example", DNS_MX, "failure 2"},
                {"gone.example", DNS_MX, "nxdomain 3"},
                {"broken.example", DNS_MX, "failure 2"},
                {"half.example", DNS_A, "failure 2"},
                {"half.example", DNS_MX, "records 0 mail.example"},
                {"bogus.example", DNS_MX, "bogus 2"},
                {"silent.example", DNS_MX, "timeout -1"},
                {"slow.example", DNS_A, "records 0"}};
    mxcheck_status status;
    struct test_zone *zone = read_well(whole);
    struct loop *loop = loop_new(&memory_libc, &status);
    struct resolver *resolver = zone_resolver_new(&memory_libc, loop, zone);
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct heard heard = {false, ""};
        struct resolver_query query = {.subject = NULL};
        uint64_t deadline_us = clock_now_us() + (rows[i].answer[0] == 't' ? 10000 : 10000000);
        assert_int_equal(resolver_ask(resolver, rows[i].name, rows[i].type, 0, deadline_us, on_answer, &heard, &query),
                         0);
        assert_false(resolver_is_idle(resolver));
        while (!heard.is_over)
            loop_turn(loop, deadline_us + 1000000);
        assert_string_equal(heard.text, rows[i].answer);
        assert_true(resolver_is_idle(resolver));
    }
    struct resolver_query query = {.subject = NULL};
    struct heard heard = {false, ""};
    assert_int_equal(resolver_ask(resolver, "silent.example", DNS_A, 0, UINT64_MAX, on_answer, &heard, &query), 0);
    resolver_cancel(&query);
    assert_true(resolver_is_idle(resolver));
    resolver_free(resolver);
    loop_free(loop);
    test_zone_free(zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_that_cannot_be_is_named),
        cmocka_unit_test(test_a_file_that_cannot_be_is_named),
        cmocka_unit_test(test_memory_may_run_out_anywhere),
        cmocka_unit_test(test_questions_are_answered_as_by_a_resolver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
