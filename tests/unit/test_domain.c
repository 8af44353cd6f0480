/* SPDX-License-Identifier: BSD-2-Clause */
/* test_domain.c: which names are domains of mail, and what DNS is asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mail/domain.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define OCTETS_50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LABEL_63 OCTETS_50 "aaaaaaaaaaaaa"
#define NAME_253 LABEL_63 "." LABEL_63 "." LABEL_63 "." OCTETS_50 "aaaaaaaaaaa"

struct row {
    const char *text;
    const char *want; /* the name, or the fault */
};

static void expect_names(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[DOMAIN_SIZE] = "untouched";
        const char *fault = "";
        print_message("# row %zu\n", i);
        assert_int_equal(domain_parse(rows[i].text, strlen(rows[i].text), name, &fault), DOMAIN_OK);
        assert_string_equal(name, rows[i].want);
        assert_string_equal(fault, "");
    }
}

static void expect_faults(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[DOMAIN_SIZE] = "untouched";
        const char *fault = "";
        print_message("# row %zu\n", i);
        assert_int_equal(domain_parse(rows[i].text, strlen(rows[i].text), name, &fault), DOMAIN_BAD);
        assert_string_equal(fault, rows[i].want);
        assert_string_equal(name, "untouched");
    }
}

static void test_a_name_of_ascii_is_lowered_and_kept(void **state)
{
    static const struct row rows[] = {
        {"example.com", "example.com"},
        {"Example.COM", "example.com"},
        {"com", "com"},
        {"a.b.c.d.e.f", "a.b.c.d.e.f"},
        {"_mail.example.com", "_mail.example.com"},
        {"under_score_.example", "under_score_.example"},
        {"123.example", "123.example"},
        {"1-2.example", "1-2.example"},
        {"a--b.example", "a--b.example"},
        {"ab--cd.example", "ab--cd.example"},
    };
    (void)state;
    expect_names(rows, COUNT(rows));
}

static void test_one_final_dot_is_stripped(void **state)
{
    static const struct row names[] = {
        {"example.com.", "example.com"},
        {"com.", "com"},
        {NAME_253 ".", NAME_253},
        {"example.com\xe3\x80\x82", "example.com"},
    };
    static const struct row faults[] = {
        {"example.com..", "the domain has an empty label"},
        {"example.com.\xe3\x80\x82", "the domain has an empty label"},
        {".", "the domain has an empty label"},
    };
    (void)state;
    expect_names(names, COUNT(names));
    expect_faults(faults, COUNT(faults));
}

static void test_lengths_of_labels_and_names_are_bounded(void **state)
{
    static const struct row names[] = {
        {LABEL_63 ".example", LABEL_63 ".example"},
        {NAME_253, NAME_253},
    };
    static const struct row faults[] = {
        {"", "the domain is empty"},
        {LABEL_63 "a.example", "the domain has a label longer than 63 octets"},
        {"a." NAME_253, "the domain is longer than 253 octets"},
        {NAME_253 "a", "the domain is longer than 253 octets"},
        {NAME_253 "..", "the domain is longer than 253 octets"},
        {NAME_253 "." NAME_253 "." NAME_253 "." NAME_253, "the domain is too long"},
        /* 59 octets as U-label, more than 63 as A-label */
        {OCTETS_50 "aaaaaaa\xc3\xbc.example", "the domain has a label longer than 63 octets"},
    };
    (void)state;
    expect_names(names, COUNT(names));
    expect_faults(faults, COUNT(faults));
}

static void test_broken_labels_are_refused(void **state)
{
    static const char empty[] = "the domain has an empty label";
    static const char hyphen[] = "the domain has a label that begins or ends with a hyphen";
    static const char character[] = "the domain has a character other than letters, digits, hyphens and underscores";
    static const struct row rows[] = {
        {".example.com", empty},
        {"a..b", empty},
        {"-a.example", hyphen},
        {"a-.example", hyphen},
        {"a.-", hyphen},
        {"ok mx.example", character},
        {"ok\x01mx.example", character},
        {"ok/mx.example", character},
        {"a@b.example", character},
        {"a\x7f.example", character},
        {"*.example", character},
        {"a\\.b", character},
        {"a\r\nb.example", character},
        {"b\xc3\xbc(.example", character},
    };
    (void)state;
    expect_faults(rows, COUNT(rows));
}

static void test_a_nul_inside_is_refused(void **state)
{
    char name[DOMAIN_SIZE] = "untouched";
    const char *fault = "";
    (void)state;
    assert_int_equal(domain_parse("a\0b", 3, name, &fault), DOMAIN_BAD);
    assert_int_equal(domain_parse("\xc3\xbc\0b", 4, name, &fault), DOMAIN_BAD);
    assert_string_equal(name, "untouched");
}

static void test_only_length_octets_are_read(void **state)
{
    char name[DOMAIN_SIZE];
    const char *fault = "";
    (void)state;
    assert_int_equal(domain_parse("a.example>junk", 9, name, &fault), DOMAIN_OK);
    assert_string_equal(name, "a.example");
    assert_int_equal(domain_parse("a\xe3\x80\x82", 3, name, &fault), DOMAIN_BAD);
}

static void test_a_bare_ip_address_is_refused(void **state)
{
    static const char fault[] = "an IP address must stand in square brackets";
    static const struct row faults[] = {
        {"192.0.2.1", fault},
        {"192.0.2.1.", fault},
        {"999.1.2.3", fault},
        {"192\xe3\x80\x82"
         "0\xef\xbc\x8e"
         "2\xef\xbd\xa1"
         "1",
         fault},
        {"\xef\xbc\x91.\xef\xbc\x92.\xef\xbc\x93.\xef\xbc\x94", fault}, /* fullwidth digits */
    };
    static const struct row names[] = {
        {"ok.123", "ok.123"},     {"1.2.3", "1.2.3"},           {"1.2.3.4.5", "1.2.3.4.5"},
        {"1.2.3.4a", "1.2.3.4a"}, {"0x7f.1.2.3", "0x7f.1.2.3"},
    };
    (void)state;
    expect_faults(faults, COUNT(faults));
    expect_names(names, COUNT(names));
}

static void test_u_labels_become_a_labels(void **state)
{
    static const struct row rows[] = {
        {"b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example"},
        {"B\xc3\x9c"
         "CHER.example",
         "xn--bcher-kva.example"},
        {"bu\xcc\x88"
         "cher.example",
         "xn--bcher-kva.example"}, /* not NFC */
        {"b\xc3\xbc"
         "cher.Example.",
         "xn--bcher-kva.example"},
        {"stra\xc3\x9f"
         "e.example",
         "xn--strae-oqa.example"}, /* nontransitional: sharp s stays */
        {"\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88", "xn--r8jz45g.xn--zckzah"},
        {"\xef\xbd\x81\xef\xbd\x82.example", "ab.example"}, /* fullwidth letters */
        {"_m.b\xc3\xbc"
         "cher.example",
         "_m.xn--bcher-kva.example"},
    };
    (void)state;
    expect_names(rows, COUNT(rows));
}

static void test_wide_dots_are_dots(void **state)
{
    static const struct row rows[] = {
        {"b\xc3\xbc"
         "cher\xe3\x80\x82"
         "example",
         "xn--bcher-kva.example"},
        {"a\xe3\x80\x82"
         "example",
         "a.example"},
        {"a\xef\xbc\x8e"
         "example",
         "a.example"},
        {"a\xef\xbd\xa1"
         "example",
         "a.example"},
    };
    (void)state;
    expect_names(rows, COUNT(rows));
}

static void test_an_invalid_a_label_passes_as_it_is(void **state)
{
    static const struct row rows[] = {
        {"xn--zzzzzzz-9999.example", "xn--zzzzzzz-9999.example"},
        {"XN--ZZZZZZZ-9999.example", "xn--zzzzzzz-9999.example"},
        {"xn--zzzzzzz-9999.b\xc3\xbc"
         "cher.example",
         "xn--zzzzzzz-9999.xn--bcher-kva.example"},
    };
    (void)state;
    expect_names(rows, COUNT(rows));
}

static void test_what_is_not_utf8_is_refused(void **state)
{
    static const char broken[] = "the domain is not valid UTF-8";
    static const struct row rows[] = {
        {"a\xff"
         "b.example",
         broken},
        {"a\xc3.example", broken},
        {"\xc0\x80.example", broken},
        {"\xed\xa0\x80.example", broken},
        {"b\xfc"
         "cher.example",
         broken}, /* ISO 8859-1 */
    };
    (void)state;
    expect_faults(rows, COUNT(rows));
}

static void test_the_mapped_form_obeys_the_same_rules(void **state)
{
    static const struct row rows[] = {
        /* U+2100 maps to "a/c", a soft hyphen to nothing, U+FF0D to a hyphen */
        {"\xe2\x84\x80.example", NULL},
        {"\xc2\xad.example", NULL},
        {"\xef\xbc\x8d"
         "a.example",
         NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char name[DOMAIN_SIZE];
        const char *fault = NULL;
        assert_int_equal(domain_parse(rows[i].text, strlen(rows[i].text), name, &fault), DOMAIN_BAD);
        assert_non_null(fault);
    }
}

static void test_megabytes_are_refused_at_once(void **state)
{
    static const char *const pieces[] = {"a", ".", "a.", "\xc3\xbc", "\xe3\x80\x82", "\xff"};
    size_t length = 8U << 20;
    char *text = malloc(length);
    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < COUNT(pieces); i++) {
        char name[DOMAIN_SIZE];
        const char *fault = "";
        for (size_t at = 0; at < length; at++)
            text[at] = pieces[i][at % strlen(pieces[i])];
        assert_int_equal(domain_parse(text, length, name, &fault), DOMAIN_BAD);
        assert_string_equal(fault, "the domain is too long");
    }
    free(text);
}

static void test_a_labels_are_shown_as_u_labels(void **state)
{
    static const struct row rows[] = {
        {"example.com", "example.com"},
        {"xn--bcher-kva.example", "b\xc3\xbc"
                                  "cher.example"},
        {"a.xn--zckzah", "a.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88"},
        {"xn--zzzzzzz-9999.example", "xn--zzzzzzz-9999.example"},
        {"xn--zzzzzzz-9999.xn--bcher-kva.example", "xn--zzzzzzz-9999.b\xc3\xbc"
                                                   "cher.example"},
        {"xn--", "xn--"},
        {"xn--ab-o1t.example", "xn--ab-o1t.example"}, /* would show a right-to-left override */
        {"xn--abc-.example", "xn--abc-.example"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char buffer[DOMAIN_SIZE * 4];
        domain_to_unicode(rows[i].text, buffer, sizeof(buffer));
        assert_string_equal(buffer, rows[i].want);
    }
}

static void test_a_cut_splits_no_code_point(void **state)
{
    static const char *const want[] = {"", "", "b", "b", "b\xc3\xbc", "b\xc3\xbc\x63"};
    (void)state;
    for (size_t size = 1; size < COUNT(want); size++) {
        char buffer[8] = "xxxxxxx";
        domain_to_unicode("xn--bcher-kva.example", buffer, size);
        assert_string_equal(buffer, want[size]);
        assert_int_equal(buffer[size], 'x');
    }
    domain_to_unicode("xn--bcher-kva.example", NULL, 0);
}

static void test_within_means_equal_or_below(void **state)
{
    (void)state;
    assert_true(domain_is_within("example.com", "example.com"));
    assert_true(domain_is_within("a.b.example.com", "example.com"));
    assert_false(domain_is_within("notexample.com", "example.com"));
    assert_false(domain_is_within("com", "example.com"));
    assert_false(domain_is_within("example.com.a", "example.com"));
}

static void test_special_use_names_have_their_source(void **state)
{
    static const struct row rows[] = {
#define ROW(name, source) {name, source},
#include "mail/special_use.def"
#undef ROW
        {"foo.invalid", "RFC 6761 section 6.4"}, {"a.b.localhost", "RFC 6761 section 6.3"},
        {"printer.local", "RFC 6762 section 3"}, {"abc.onion", "RFC 7686 section 2"},
        {"x.alt", "RFC 9476 section 2"},
    };
    static const char *const ordinary[] = {"test",     "a.test",      "example",    "foo.example",
                                           "notlocal", "local.com",   "xlocalhost", "invalid.com",
                                           "onions",   "example.com", "home.arpa",  "salt"};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(domain_special_use(rows[i].text, strlen(rows[i].text)), rows[i].want);
    for (size_t i = 0; i < COUNT(ordinary); i++)
        assert_null(domain_special_use(ordinary[i], strlen(ordinary[i])));
}

static void test_dotless_and_underscore_are_seen(void **state)
{
    (void)state;
    assert_true(domain_is_dotless("com"));
    assert_false(domain_is_dotless("a.com"));
    assert_true(domain_has_underscore("a._b.com"));
    assert_false(domain_has_underscore("a-b.com"));
}

static void test_four_numbers_read_as_an_ipv4_address(void **state)
{
    static const char *const no[] = {"",          "1",      "1.2.3",   "1.2.3.", "1.2.3.4.",
                                     "1.2.3.4.5", "1..3.4", "a.2.3.4", ".1.2.3", "1.2.3.x"};
    (void)state;
    assert_true(domain_is_ipv4_literal("192.0.2.1"));
    assert_true(domain_is_ipv4_literal("0.0.0.0"));
    for (size_t i = 0; i < COUNT(no); i++)
        assert_false(domain_is_ipv4_literal(no[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_of_ascii_is_lowered_and_kept),
        cmocka_unit_test(test_one_final_dot_is_stripped),
        cmocka_unit_test(test_lengths_of_labels_and_names_are_bounded),
        cmocka_unit_test(test_broken_labels_are_refused),
        cmocka_unit_test(test_a_nul_inside_is_refused),
        cmocka_unit_test(test_only_length_octets_are_read),
        cmocka_unit_test(test_a_bare_ip_address_is_refused),
        cmocka_unit_test(test_u_labels_become_a_labels),
        cmocka_unit_test(test_wide_dots_are_dots),
        cmocka_unit_test(test_an_invalid_a_label_passes_as_it_is),
        cmocka_unit_test(test_what_is_not_utf8_is_refused),
        cmocka_unit_test(test_the_mapped_form_obeys_the_same_rules),
        cmocka_unit_test(test_megabytes_are_refused_at_once),
        cmocka_unit_test(test_a_labels_are_shown_as_u_labels),
        cmocka_unit_test(test_a_cut_splits_no_code_point),
        cmocka_unit_test(test_within_means_equal_or_below),
        cmocka_unit_test(test_special_use_names_have_their_source),
        cmocka_unit_test(test_dotless_and_underscore_are_seen),
        cmocka_unit_test(test_four_numbers_read_as_an_ipv4_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
