/* SPDX-License-Identifier: BSD-2-Clause */
/* test_options.c: every option: its default, what it takes, what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scarce.h"

#include "base/memory.h"
#include "options/options.h"

#include <stdlib.h>
#include <string.h>

static mxcheck_status set(struct options *options, const char *name, const char *value, char error[512])
{
    error[0] = '\0';
    return options_set(options, &memory_libc, name, value, error, 512);
}

static void test_defaults_are_those_of_the_table(void **state)
{
    static const char *const rows[][2] = {
        {"upstreams", ""},
        {"resolution", "stub"},
        {"timeout", "8s"},
        {"retry-after", "500ms"},
        {"max-pending", "1000"},
        {"depth", "records"},
        {"implicit-mx", "a-aaaa"},
        {"null-mx", "reject"},
        {"nxdomain", "confirm"},
        {"special-use", "reject"},
        {"address-literals", "accept"},
        {"on-dns-failure", "defer"},
        {"exempt-domains", ""},
        {"reply-profile", "documented"},
        {"reply-hints", "off"},
        {"reply.no-such-domain.rcpt", ""},
        {"reply.mx.sender", ""},
        {"reply.overloaded.rcpt", ""},
        {"reply.mx-forbidden.rcpt", ""},
        {"max-targets", "8"},
        {"forbidden-networks", "bogons"},
        {"dnssec", "off"},
    };
    struct options options;

    (void)state;
    options_init(&options);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(options_get(&options, rows[i][0]), rows[i][1]);
    assert_int_equal(options.timeout_ms, 8000);
    assert_int_equal(options.retry_after_ms, 500);
    assert_int_equal(options.max_pending, 1000);
    assert_int_equal(options.implicit_mx, IMPLICIT_MX_A_AAAA);
    assert_int_equal(options.null_mx, NULL_MX_REJECT);
    assert_int_equal(options.nxdomain, NXDOMAIN_CONFIRM);
    assert_false(options.refuse_literals);
    assert_false(options.query_special_use);
    assert_int_equal(options.on_dns_failure, ON_DNS_FAILURE_DEFER);
    assert_int_equal(options.reply_profile, REPLY_PROFILE_DOCUMENTED);
    assert_int_equal(options.depth, DEPTH_RECORDS);
    assert_int_equal(options.max_targets, 8);
    assert_ptr_equal(options.forbidden, &networks_bogons);
    assert_false(options.trusts_ad);
}

static void test_every_row_is_whole(void **state)
{
    struct options options;
    char error[512];

    (void)state;
    options_init(&options);
    assert_int_equal(options_count(), OPTIONS_MAX);
    for (size_t i = 0; i < options_count(); i++) {
        assert_true(strlen(options_name(i)) > 0);
        assert_true(strlen(options_help(i)) > 0);
        assert_int_equal(set(&options, options_name(i), options_default(i), error), MXCHECK_OK);
        assert_string_equal(options_get(&options, options_name(i)), options_default(i));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(options_name(i), options_name(j));
    }
    assert_null(options_name(OPTIONS_MAX));
    assert_null(options_default(OPTIONS_MAX));
    assert_null(options_help(OPTIONS_MAX));
    assert_null(options_get(&options, "no-such-option"));
    options_clear(&options, &memory_libc);
}

static void test_durations_have_a_unit_and_a_range(void **state)
{
    static const struct {
        const char *value;
        uint32_t milliseconds; /* 0: refused */
    } rows[] = {
        {"250ms", 250},
        {"8s", 8000},
        {"2m", 120000},
        {"10m", 600000},
        {"10ms", 10},
        {"600s", 600000},
        {"9ms", 0},
        {"601s", 0},
        {"1h", 0},
        {"8", 0},
        {"0", 0},
        {"", 0},
        {"s", 0},
        {"8 s", 0},
        {" 8s", 0},
        {"8S", 0},
        {"-8s", 0},
        {"+8s", 0},
        {"8.5s", 0},
        {"8sec", 0},
        {"0x8s", 0},
        {"4294967297ms", 0},
        {"4294968s", 0},
        {"1193047h", 0},
        {"99999999999999999999999999s", 0},
        {"8s ", 0},
        {"8ms8", 0},
    };
    struct options options;
    char error[512];

    (void)state;
    options_init(&options);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t before = options.timeout_ms;
        mxcheck_status status = set(&options, "timeout", rows[i].value, error);
        assert_int_equal(status, rows[i].milliseconds == 0 ? MXCHECK_ERR_OPTION : MXCHECK_OK);
        assert_int_equal(options.timeout_ms, rows[i].milliseconds == 0 ? before : rows[i].milliseconds);
    }
    set(&options, "timeout", "8", error);
    assert_string_equal(error, "option timeout refuses \"8\": the unit is missing (ms, s, m or h); it takes a duration "
                               "from 10ms to 10m, such as 250ms, 8s or 2m");
    options_clear(&options, &memory_libc);
}

static void test_values_are_taken_or_refused(void **state)
{
    static const struct {
        const char *name;
        const char *value;
        bool taken;
    } rows[] = {
        {"max-pending", "1", true},
        {"max-pending", "1000000", true},
        {"max-pending", "0", false},
        {"max-pending", "1000001", false},
        {"max-pending", "1k", false},
        {"max-pending", "4294967297", false},
        {"depth", "targets", true},
        {"depth", "records", true},
        {"depth", "target", false},
        {"max-targets", "1", true},
        {"max-targets", "64", true},
        {"max-targets", "0", false},
        {"max-targets", "65", false},
        {"forbidden-networks", "none", true},
        {"forbidden-networks", "10.0.0.0/8, bogons 2001:db8::/32", true},
        {"forbidden-networks", "10.0.0.1/8", false},
        {"forbidden-networks", "bogon", false},
        {"forbidden-networks", "none, 10.0.0.0/8", false},
        {"dnssec", "trust-ad", true},
        {"dnssec", "on", false},
        {"implicit-mx", "a", true},
        {"implicit-mx", "none", true},
        {"implicit-mx", "a-", false},
        {"implicit-mx", "a none", false},
        {"implicit-mx", "", false},
        {"null-mx", "reject-rcpt", true},
        {"null-mx", "Reject", false},
        {"retry-after", "1m", true},
        {"retry-after", "61s", false},
        {"exempt-domains", "a.b", true},
        {"refused-hosts", "mx*.example .example.net", true},
        {"refused-hosts", "mx*..example", false},
        {"required-hosts", "a.example", true},
        {"reject-notes", "dotless, mx-is-literal", true},
        {"reject-notes", " , ", true},
        {"reject-notes", "dotles", false},
        {"reject-notes", "Dotless", false},
        {"outage-threshold", "0%", true},
        {"outage-threshold", "100%", true},
        {"outage-threshold", "101%", false},
        {"outage-threshold", "30", false},
        {"outage-threshold", "%", false},
        {"outage-threshold", "-1%", false},
        {"exempt-domains", "", true},
        {"exempt-domains", " , ", true},
        {"exempt-domains", "a..b", false},
        {"exempt-domains", "..a", false},
        {"exempt-domains", ".", false},
        {"exempt-domains", "a b!c", false},
        {"reply.mx.sender", "", true},
        {"reply.mx.sender", "250 2.0.0 hi", true},
        {"reply.mx.sender", "550 5.0.0 hi", false},
        {"reply.mx", "250 2.0.0 hi", false},
        {"reply.dns-timeout.rcpt", "550 5.0.0 hi", false},
        {"TIMEOUT", "8s", false},
        {"", "", false},
        {"cache-size", "16M", true},
        {"cache-size", "0", true},
        {"cache-size", "16K", true},
        {"cache-size", "16384", true},
        {"cache-size", "16383", false},
        {"cache-size", "64G", true},
        {"cache-size", "65G", false},
        {"cache-size", "16m", false},
        {"cache-size", "1.5M", false},
        {"cache-size", "M", false},
        {"cache-max-ttl", "168h", true},
        {"cache-max-ttl", "169h", false},
        {"cache-min-ttl", "0", true},
        {"cache-failure-ttl", "301s", false},
        {"prefetch", "on", true},
        {"prefetch", "yes", false},
        {"cache", "16M", false},
    };
    struct options options;
    char error[512];

    (void)state;
    options_init(&options);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        mxcheck_status status = set(&options, rows[i].name, rows[i].value, error);
        if ((status == MXCHECK_OK) != rows[i].taken || (error[0] == '\0') != rows[i].taken)
            fail_msg("%s = %s: %d %s", rows[i].name, rows[i].value, (int)status, error);
        if (rows[i].taken)
            assert_string_equal(options_get(&options, rows[i].name), rows[i].value);
    }
    options_clear(&options, &memory_libc);
}

static void test_refusals_are_safe_to_print(void **state)
{
    static char longest[5000];
    struct options options;
    char error[512], small[10];

    (void)state;
    options_init(&options);
    memset(longest, '\n', sizeof(longest) - 1);
    assert_int_equal(set(&options, "null-mx", longest, error), MXCHECK_ERR_OPTION);
    assert_true(strlen(error) < sizeof(error));
    assert_null(strchr(error, '\n'));
    assert_int_equal(set(&options, longest, "1", error), MXCHECK_ERR_OPTION);
    assert_null(strchr(error, '\n'));
    assert_int_equal(set(&options, "max-pending", "x\x1b[1m", error), MXCHECK_ERR_OPTION);
    assert_string_equal(error,
                        "option max-pending refuses \"x\\x1b[1m\": a number is missing; it takes a number from 1 "
                        "to 1000000");
    assert_int_equal(options_set(&options, &memory_libc, "depth", "x", small, sizeof(small)), MXCHECK_ERR_OPTION);
    assert_string_equal(small, "option de");
}

/* A size that fits no size_t, as 4G where that has 32 bits, is neither cut down to little nor to none. */
static void test_a_size_is_as_large_as_the_machine_can_count(void **state)
{
    static const struct {
        const char *text;
        uint64_t octets;
    } sizes[] = {
        {"3G", UINT64_C(3) << 30}, {"4G", UINT64_C(4) << 30}, {"5G", UINT64_C(5) << 30}, {"64G", UINT64_C(64) << 30}};
    struct options options;
    char error[512];

    (void)state;
    options_init(&options);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_int_equal(set(&options, "cache-size", sizes[i].text, error), MXCHECK_OK);
        assert_true(options.cache_size == (sizes[i].octets < SIZE_MAX ? sizes[i].octets : SIZE_MAX));
    }
    options_clear(&options, &memory_libc);
}

static void test_a_list_that_is_refused_leaves_the_one_before(void **state)
{
    struct options options;
    char error[512];

    (void)state;
    options_init(&options);
    assert_int_equal(set(&options, "exempt-domains",
                         ",EXAMPLE.com. .B\xc3\xbc"
                         "cher.example,\torg,",
                         error),
                     MXCHECK_OK);
    assert_true(name_list_holds(options.exempt, "a.xn--bcher-kva.example") && name_list_holds(options.exempt, "org"));
    assert_int_equal(set(&options, "exempt-domains", "a..b", error), MXCHECK_ERR_OPTION);
    assert_true(name_list_holds(options.exempt, "a.xn--bcher-kva.example") && name_list_holds(options.exempt, "org"));
    options_clear(&options, &memory_libc);
}

static void test_reject_notes_tells_each_note_that_it_takes(void **state)
{
    const notes all = ((notes)1 << NOTES_MAX) - 1;
    (void)state;
    for (size_t i = 0; i < options_count(); i++) {
        for (size_t j = 0; strcmp(options_name(i), "reject-notes") == 0 && j < notes_count(all); j++) {
            uint64_t set;
            bool is_taken = notes_parse(notes_word(all, j), &set) == NULL;
            const char *takes = strstr(options_help(i), " It takes ");
            assert_int_equal(strstr(takes, notes_word(all, j)) != NULL, is_taken);
            assert_int_equal(is_taken, strcmp(notes_word(all, j), "outage") != 0);
        }
    }
}

/* --- memory --- */

static bool set_and_copy(int allocations)
{
    struct options options, copy;
    char error[512] = "";

    options_init(&options);
    scarce.left = allocations;
    bool done = options_set(&options, &scarce_memory, "exempt-domains", "a.org b.org", error, 512) == MXCHECK_OK &&
                options_set(&options, &scarce_memory, "timeout", "1s", error, 512) == MXCHECK_OK &&
                options_set(&options, &scarce_memory, "exempt-domains", "c.org", error, 512) == MXCHECK_OK &&
                options_set(&options, &scarce_memory, "forbidden-networks", "10.0.0.0/8", error, 512) == MXCHECK_OK;
    if (done && options_copy(&options, &scarce_memory, &copy) == 0) {
        assert_true(name_list_holds(copy.exempt, "c.org") && !name_list_holds(copy.exempt, "a.org"));
        assert_string_equal(options_get(&copy, "timeout"), "1s");
        assert_ptr_not_equal(copy.exempt, options.exempt);
        options_clear(&copy, &scarce_memory);
    } else {
        done = false;
    }
    options_clear(&options, &scarce_memory);
    assert_int_equal(scarce.live, 0);
    return done;
}

static void test_memory_that_runs_out_leaks_nothing(void **state)
{
    int n = 0;
    (void)state;
    while (!set_and_copy(n))
        n++;
    assert_true(n > 5 && n < 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_are_those_of_the_table),
        cmocka_unit_test(test_every_row_is_whole),
        cmocka_unit_test(test_durations_have_a_unit_and_a_range),
        cmocka_unit_test(test_values_are_taken_or_refused),
        cmocka_unit_test(test_refusals_are_safe_to_print),
        cmocka_unit_test(test_a_size_is_as_large_as_the_machine_can_count),
        cmocka_unit_test(test_a_list_that_is_refused_leaves_the_one_before),
        cmocka_unit_test(test_reject_notes_tells_each_note_that_it_takes),
        cmocka_unit_test(test_memory_that_runs_out_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
