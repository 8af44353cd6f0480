/* SPDX-License-Identifier: BSD-2-Clause */
/* test_upstreams.c: which resolvers a text or a resolv.conf names. */
#include "dns/upstreams.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Names joined by spaces, those over TCP with a "+". */
static void write_names(const struct upstreams *upstreams, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < upstreams->count; i++) {
        size_t length = strlen(text);
        snprintf(text + length, size - length, "%s%s%s", i == 0 ? "" : " ", upstreams->item[i].name,
                 upstreams->item[i].transport == UPSTREAM_TCP ? "+" : "");
    }
}

static void test_what_an_option_names(void **state)
{
    static const struct {
        const char *text;
        const char *names;
    } rows[] = {
        {"", ""},
        {" , ", ""},
        {"127.0.0.1", "127.0.0.1:53"},
        {"127.0.0.1:5353", "127.0.0.1:5353"},
        {"udp://192.0.2.1", "192.0.2.1:53"},
        {"tcp://192.0.2.1:54", "192.0.2.1:54+"},
        {"::1", "[::1]:53"},
        {"[::1]", "[::1]:53"},
        {"[2001:DB8:0::1]:5353", "[2001:db8::1]:5353"},
        {"fe80::1%lo", "[fe80::1%lo]:53"},
        {"tcp://[fe80::1%lo]:53", "[fe80::1%lo]:53+"},
        {"192.0.2.2,192.0.2.1 192.0.2.3", "192.0.2.2:53 192.0.2.1:53 192.0.2.3:53"},
        {"192.0.2.1, 192.0.2.1:53, tcp://192.0.2.1", "192.0.2.1:53 192.0.2.1:53+"},
        {"fe80::1%0123456789abcde", "[fe80::1%0123456789abcde]:53"},
        {"192.0.2.1:65535", "192.0.2.1:65535"},
        {"tls://192.0.2.1#dns.example", "192.0.2.1:853#dns.example"},
        {"tls://[2001:db8::1]:8853#DNS.Example", "[2001:db8::1]:8853#dns.example"},
        {"tls://192.0.2.1#012345678901234567890123456789012.zz", "192.0.2.1:853#012345678901234567890123456789012.zz"},
        {"tls://192.0.2.1#a.example tls://192.0.2.1#b.example", "192.0.2.1:853#a.example 192.0.2.1:853#b.example"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct upstreams upstreams;
        char error[200] = "", names[512];
        if (upstreams_parse(rows[i].text, &upstreams, error, sizeof(error)) != 0)
            fail_msg("%s: %s", rows[i].text, error);
        write_names(&upstreams, names, sizeof(names));
        assert_string_equal(names, rows[i].names);
    }
}

static void test_what_is_wrong_with_a_name_is_told(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } rows[] = {
        {"tls://192.0.2.1", "does not tell the name"},
        {"tls://192.0.2.1#", "has no host name behind #"},
        {"tls://192.0.2.1#192.0.2.1", "has no host name behind #"},
        {"tls://192.0.2.1#a..b", "has no host name behind #"},
        {"192.0.2.1#dns.example", "only a server over TLS"},
        {"udp://192.0.2.1#dns.example", "only a server over TLS"},
        {"tcp://192.0.2.1#", "only a server over TLS"},
        {"tls://dns.example#dns.example", "is no upstream"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct upstreams upstreams;
        char error[200] = "";
        assert_int_equal(upstreams_parse(rows[i].text, &upstreams, error, sizeof(error)), -1);
        if (strstr(error, rows[i].words) == NULL || strstr(error, rows[i].text) == NULL)
            fail_msg("%s: %s", rows[i].text, error);
    }
}

static void test_what_no_upstream_is(void **state)
{
    static const char *const rows[] = {
        "localhost",
        "dns.example",
        "192.0.2",
        "192.0.2.1:",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        "192.0.2.1:+53",
        "[::1",
        "[::1]53",
        "[::1]:",
        "[192.0.2.1",
        "http://192.0.2.1",
        "udp://",
        "192.0.2.1/",
        "fe80::1%",
        "fe80::1%0123456789abcdef",
        "192.0.2.1:0000053",
        "192.0.2.1:a",
        "1:2:3:4:5:6:7:8:9",
        "192.0.2.256",
        "\xc3\xbc",
        "127.0.0.1:5353,resolver",
        "192.0.2.1:5 3",
        "udp://tcp://192.0.2.1",
        "tls://192.0.2.1",
        "tls://192.0.2.1#",
        "tls://192.0.2.1#192.0.2.1",
        "tls://192.0.2.1#.a",
        "tls://192.0.2.1#a..b",
        "tls://192.0.2.1#a.",
        "tls://192.0.2.1#a_b.example",
        "tls://192.0.2.1#a#b",
        "192.0.2.1#dns.example",
        "tcp://192.0.2.1#dns.example",
        "tls://192.0.2.1#\xc3\xbc.example",
        "tls://#dns.example",
        "#",
        "tls://192.0.2.1#0123456789012345678901234567890123456789012345678901234567890123.example",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct upstreams upstreams = {.count = 99};
        char error[200] = "";
        if (upstreams_parse(rows[i], &upstreams, error, sizeof(error)) == 0)
            fail_msg("%s is taken", rows[i]);
        assert_int_equal(upstreams.count, 99);
        assert_int_not_equal(strlen(error), 0);
        for (const char *p = error; *p != '\0'; p++)
            assert_true(*p >= ' ' && *p <= '~');
    }
}

static void test_sixteen_and_no_more(void **state)
{
    char text[512] = "", error[200];
    struct upstreams upstreams;
    (void)state;
    for (int i = 1; i <= 16; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "192.0.2.%d,", i);
    assert_int_equal(upstreams_parse(text, &upstreams, error, sizeof(error)), 0);
    assert_int_equal(upstreams.count, 16);
    strcat(text, "192.0.2.17");
    assert_int_equal(upstreams_parse(text, &upstreams, error, sizeof(error)), -1);
    assert_non_null(strstr(error, "192.0.2.17"));
}

static void test_lists_are_the_same_when_they_name_the_same_in_the_same_order(void **state)
{
    static const struct {
        const char *a, *b;
        bool are_same;
    } rows[] = {
        {"", "", true},
        {"", "192.0.2.1", false},
        {"192.0.2.1", "", false},
        {"192.0.2.1, ::1", "192.0.2.1:53 [::1]:53", true},
        {"192.0.2.1, ::1", "::1, 192.0.2.1", false},
        {"192.0.2.1, ::1", "192.0.2.1", false},
        {"192.0.2.1", "192.0.2.1, ::1", false},
        {"192.0.2.1, 192.0.2.2", "192.0.2.1, 192.0.2.3", false},
        {"192.0.2.1", "192.0.2.1:54", false},
        {"192.0.2.1", "tcp://192.0.2.1", false},
        {"tls://192.0.2.1#a.example", "tls://192.0.2.1#b.example", false},
        {"fe80::1%lo", "fe80::1%eth0", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct upstreams a, b;
        char error[200];
        assert_int_equal(upstreams_parse(rows[i].a, &a, error, sizeof(error)), 0);
        assert_int_equal(upstreams_parse(rows[i].b, &b, error, sizeof(error)), 0);
        if (upstreams_are_same(&a, &b) != rows[i].are_same)
            fail_msg("\"%s\" and \"%s\"", rows[i].a, rows[i].b);
    }
}

/* Names that differ only where a name for people has been cut are still two. */
static void test_long_names_of_certificates_are_kept_whole(void **state)
{
    static const char label[] = "012345678901234567890123456789012345678901234567890123456789.";
    char text[600], error[200];
    struct upstreams upstreams;
    (void)state;
    snprintf(text, sizeof(text), "tls://192.0.2.1#%s%s%s%sa tls://192.0.2.1#%s%s%s%sb", label, label, label, label,
             label, label, label, label);
    assert_int_equal(upstreams_parse(text, &upstreams, error, sizeof(error)), 0);
    assert_int_equal(upstreams.count, 2);
    assert_int_equal(strlen(upstreams.item[1].auth_name), 4 * 61 + 1);
    snprintf(text, sizeof(text), "tls://192.0.2.1#%s%s%s%s0123456.%s", label, label, label, label, "a");
    assert_int_equal(upstreams_parse(text, &upstreams, error, sizeof(error)), 0);
    assert_int_equal(strlen(upstreams.item[0].auth_name), 253);
    snprintf(text, sizeof(text), "tls://192.0.2.1#%s%s%s%s01234567.%s", label, label, label, label, "a");
    assert_int_equal(upstreams_parse(text, &upstreams, error, sizeof(error)), -1);
}

static void test_a_refusal_quotes_what_it_refuses(void **state)
{
    char text[1000], error[600];
    struct upstreams upstreams;
    (void)state;
    assert_int_equal(upstreams_parse("127.0.0.1, a\033b", &upstreams, error, sizeof(error)), -1);
    assert_memory_equal(error, "\"a\\x1bb\" is no upstream: ", strlen("\"a\\x1bb\" is no upstream: "));
    /* Of any length, and in a buffer of any size. */
    memset(text, '1', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(upstreams_parse(text, &upstreams, error, sizeof(error)), -1);
    assert_memory_equal(error, "\"111", 4);
    assert_int_equal(upstreams_parse(text, &upstreams, error, 1), -1);
    assert_string_equal(error, "");
}

/* --- resolv.conf ---------------------------------------------------------------------------------------------------
 */

static char path[64];

static int make_file(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "%s", "/tmp/mxcheck-resolv.XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static void assert_read(const char *octets, size_t size, const char *names)
{
    struct upstreams upstreams;
    char found[512];
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(octets, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(upstreams_read_resolv_conf(path, &upstreams), 0);
    write_names(&upstreams, found, sizeof(found));
    assert_string_equal(found, names);
}

static void test_what_a_resolv_conf_names(void **state)
{
    static const struct {
        const char *text;
        const char *names;
    } rows[] = {
        {"", ""},
        {"# nameserver 192.0.2.1\n; nameserver 192.0.2.2\n", ""},
        {"search example.com\noptions ndots:5\n", ""},
        {"nameserver 192.0.2.1", "192.0.2.1:53"},
        {"domain x\nnameserver\t192.0.2.1 # ours\r\nnameserver ::1\n", "192.0.2.1:53 [::1]:53"},
        {"nameserver 192.0.2.1\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n", "192.0.2.1:53 192.0.2.2:53"},
        {"nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n",
         "192.0.2.1:53 192.0.2.2:53 192.0.2.3:53"},
        {"nameserver fe80::1%lo\n", "[fe80::1%lo]:53"},
        {"nameserver192.0.2.1\nnameserver resolver\nnameserver 192.0.2.1:53\nnameservers 192.0.2.2\n", ""},
        {"nameserver 192.0.2.1#ours\nnameserver 192.0.2.2;ours\n", "192.0.2.1:53 192.0.2.2:53"},
        {" nameserver 192.0.2.1\n", ""},
        {"nameserver 0123456789012345678901234567890123456789012345678901234567890123\n", ""},
        {"nameserver fe80::1%lo\nnameserver ::1\n", "[fe80::1%lo]:53 [::1]:53"},
        {"nameserver\nnameserver 192.0.2.9\n", "192.0.2.9:53"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_read(rows[i].text, strlen(rows[i].text), rows[i].names);
}

static void test_a_resolv_conf_of_any_octets_is_read(void **state)
{
    static const char nul[] = "nameserver 192.0.2.1\0\nnameserver 192.0.2.2\n";
    static char big[100000];
    (void)state;
    assert_read(nul, sizeof(nul) - 1, "192.0.2.2:53");
    memset(big, 'x', sizeof(big));
    static const char last[] = "\nnameserver 192.0.2.3\n";
    memcpy(big + sizeof(big) - (sizeof(last) - 1), last, sizeof(last) - 1);
    assert_read(big, sizeof(big), "192.0.2.3:53");
    for (size_t i = 0; i < sizeof(big); i++)
        big[i] = (char)(i * 7);
    assert_read(big, sizeof(big), "");
}

/* Up to 511 octets are a line, and what has more is none. */
static void test_long_lines_of_a_resolv_conf(void **state)
{
    char line[600];
    (void)state;
    memset(line, ' ', sizeof(line));
    memcpy(line, "nameserver", 10);
    memcpy(line + 511 - 9, "192.0.2.7\n", 10);
    assert_read(line, 512, "192.0.2.7:53");
    line[511] = ' ';
    line[512] = '\n';
    assert_read(line, 513, "");
}

/* A file longer than what is read at a time, with a line across each border. */
static void test_lines_of_a_long_resolv_conf(void **state)
{
    static const char last[] = "nameserver 192.0.2.8\n";
    static char file[3 * 4096];
    (void)state;
    for (size_t border = 4096; border <= 8192; border += 4096) {
        for (size_t before = 1; before < sizeof(last) - 1; before++) {
            size_t at = border - before;
            memset(file, '\n', sizeof(file));
            memcpy(file + at, last, sizeof(last) - 1);
            assert_read(file, at + sizeof(last) - 1, "192.0.2.8:53");
        }
    }
}

static void test_the_option_use_vc_means_tcp(void **state)
{
    static const struct {
        const char *text;
        enum upstream_transport transport;
    } rows[] = {
        {"nameserver ::1\n", UPSTREAM_UDP},
        {"options use-vc\nnameserver ::1\n", UPSTREAM_TCP},
        {"nameserver ::1\noptions use-vc\n", UPSTREAM_TCP},
        {"nameserver ::1\noptions\tndots:2 \t use-vc  rotate\r\n", UPSTREAM_TCP},
        {"nameserver ::1\noptions use-vc\noptions rotate\n", UPSTREAM_TCP},
        {"nameserver ::1\noptions rotate # use-vc\n", UPSTREAM_UDP},
        {"nameserver ::1\n# options use-vc\n", UPSTREAM_UDP},
        {"nameserver ::1\n options use-vc\n", UPSTREAM_UDP},
        {"nameserver ::1\noptions use-vcs\noptions nouse-vc\noptions use-v\noptionsuse-vc\n", UPSTREAM_UDP},
        {"nameserver ::1\noptions USE-VC\n", UPSTREAM_UDP},
        {"nameserver ::1\nnameserver ::2\nnameserver ::3\nnameserver ::4\noptions use-vc", UPSTREAM_TCP},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct upstreams upstreams;
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(rows[i].text, file) >= 0);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(upstreams_read_resolv_conf(path, &upstreams), 0);
        for (size_t j = 0; j < upstreams.count; j++) {
            if (upstreams.item[j].transport != rows[i].transport)
                fail_msg("%s: %d", rows[i].text, upstreams.item[j].transport);
        }
    }
}

static void test_the_default_says_why(void **state)
{
    struct upstreams upstreams;
    (void)state;
    upstreams_set_default(&upstreams, "no server in /etc/resolv.conf");
    assert_int_equal(upstreams.count, 1);
    assert_string_equal(upstreams.item[0].name, "127.0.0.1:53 (no server in /etc/resolv.conf)");
    assert_int_equal(upstreams.item[0].port, 53);
}

/* The same for the same ones in any order, and for no others. */
static void test_who_is_asked_has_a_number(void **state)
{
    static const char *const others[] = {
        "::1", "::1, ::2", "tcp://::1", "tcp://::1 ::2", "[::1]:5353", "tls://[::1]#a.example", "tls://[::1]#b.example",
        "::3"};
    struct upstreams a, b;
    char error[200];
    (void)state;
    assert_int_equal(upstreams_parse("::1 ::2", &a, error, sizeof(error)), 0);
    assert_int_equal(upstreams_parse("::2 ::1", &b, error, sizeof(error)), 0);
    assert_true(upstreams_identify(&a) == upstreams_identify(&b));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(upstreams_parse(others[i], &a, error, sizeof(error)), 0);
        assert_true(upstreams_identify(&a) != 0);
        for (size_t j = 0; j < i; j++) {
            assert_int_equal(upstreams_parse(others[j], &b, error, sizeof(error)), 0);
            assert_true(upstreams_identify(&a) != upstreams_identify(&b));
        }
    }
    upstreams_set_recursion(&b);
    assert_true(upstreams_identify(&a) != upstreams_identify(&b));
}

static void test_a_resolv_conf_that_cannot_be_read_is_an_error(void **state)
{
    static const char *const paths[] = {"/tmp", "/dev/null/resolv.conf", "/nowhere/at/all"};
    struct upstreams upstreams = {.count = 99};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        int lowest = dup(STDERR_FILENO);
        close(lowest);
        assert_int_equal(upstreams_read_resolv_conf(paths[i], &upstreams), -1);
        assert_int_equal(upstreams.count, 99);
        int again = dup(STDERR_FILENO);
        close(again);
        assert_int_equal(again, lowest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_an_option_names),
        cmocka_unit_test(test_what_is_wrong_with_a_name_is_told),
        cmocka_unit_test(test_what_no_upstream_is),
        cmocka_unit_test(test_sixteen_and_no_more),
        cmocka_unit_test(test_lists_are_the_same_when_they_name_the_same_in_the_same_order),
        cmocka_unit_test(test_long_names_of_certificates_are_kept_whole),
        cmocka_unit_test(test_a_refusal_quotes_what_it_refuses),
        cmocka_unit_test_setup_teardown(test_what_a_resolv_conf_names, make_file, remove_file),
        cmocka_unit_test_setup_teardown(test_a_resolv_conf_of_any_octets_is_read, make_file, remove_file),
        cmocka_unit_test_setup_teardown(test_long_lines_of_a_resolv_conf, make_file, remove_file),
        cmocka_unit_test_setup_teardown(test_lines_of_a_long_resolv_conf, make_file, remove_file),
        cmocka_unit_test_setup_teardown(test_the_option_use_vc_means_tcp, make_file, remove_file),
        cmocka_unit_test(test_the_default_says_why),
        cmocka_unit_test(test_who_is_asked_has_a_number),
        cmocka_unit_test(test_a_resolv_conf_that_cannot_be_read_is_an_error),
    };
    return cmocka_run_group_tests_name("upstreams", tests, NULL, NULL);
}
