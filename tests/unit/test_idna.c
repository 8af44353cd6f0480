/* SPDX-License-Identifier: BSD-2-Clause */
/* test_idna.c: which A-labels DNS is asked for, of labels that IDNA2008 allows and of those that UTS 46 alone maps.
 * What is wanted was made by hand from the mapping table of UTS 46, and by another Punycode than ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mail/domain.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

struct row {
    const char *text;
    const char *want; /* the name, or the fault */
};

static void expect_names(const struct row *rows, size_t count, bool is_disallowed)
{
    for (size_t i = 0; i < count; i++) {
        char name[DOMAIN_SIZE] = "";
        char again[DOMAIN_SIZE] = "";
        const char *fault = "";
        print_message("# row %zu\n", i);
        assert_int_equal(domain_parse(rows[i].text, strlen(rows[i].text), name, &fault), DOMAIN_OK);
        assert_string_equal(name, rows[i].want);
        assert_int_equal(domain_is_idna_disallowed(name), is_disallowed);
        assert_int_equal(domain_parse(name, strlen(name), again, &fault), DOMAIN_OK);
        assert_string_equal(again, name);
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

static void test_what_idna2008_allows_is_asked(void **state)
{
    static const struct row rows[] = {
        {"\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d\xe0\xa4\xb7.example",
         "xn--11b2ezcw70k.example"}, /* U+0915 U+094D U+200D U+0937 */
        {"stra\xc3\x9f"
         "e.example",
         "xn--strae-oqa.example"}, /* U+00DF */
        {"\xce\x92\xce\x8c\xce\x9b\xce\x9f\xce\xa3.example",
         "xn--nxasmq6b.example"}, /* U+0392 U+038C U+039B U+039F U+03A3 */
        {"\xce\x92\xcf\x8c\xce\xbb\xce\xbf\xcf\x82.example",
         "xn--nxasmm1c.example"},                     /* U+0392 U+03CC U+03BB U+03BF U+03C2 */
        {"l\xc2\xb7l.example", "xn--ll-0ea.example"}, /* U+00B7 */
    };
    (void)state;
    expect_names(rows, COUNT(rows), false);
}

/* Symbols, emoji sequences, joiners and directions out of order, hyphens in any place. */
static void test_what_idna2008_refuses_and_uts46_maps_is_asked_and_known(void **state)
{
    static const struct row rows[] = {
        {"\xf0\x9f\x91\x8d\xf0\x9f\x91\x8d.ws", "xn--yp8ha.ws"}, /* U+1F44D U+1F44D */
        {"i\xe2\x9d\xa4\xef\xb8\x8f.ws", "xn--i-7iq.ws"},        /* U+2764 U+FE0F */
        {"i\xe2\x9d\xa4.ws", "xn--i-7iq.ws"},                    /* U+2764 */
        {"\xe2\x98\x83.net", "xn--n3h.net"},                     /* U+2603 */
        {"I\xe2\x99\xa5NY.com", "xn--iny-zx5a.com"},             /* U+2665 */
        {"\xe2\x98\x83\xe3\x80\x82net", "xn--n3h.net"},          /* U+2603 U+3002 */
        {"\xe2\x98\x83\xef\xbc\x8eNET", "xn--n3h.net"},          /* U+2603 U+FF0E */
        {"\xe2\x98\x83\xef\xbd\xa1net.", "xn--n3h.net"},         /* U+2603 U+FF61 */
        {"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7.ws",
         "xn--1uga80807afab.ws"},                                 /* U+1F469 U+200D U+1F469 U+200D U+1F467 */
        {"\xf0\x9f\x87\xba\xf0\x9f\x87\xb8.ws", "xn--w77hd.ws"},  /* U+1F1FA U+1F1F8 */
        {"1\xef\xb8\x8f\xe2\x83\xa3.ws", "xn--1-2sn.ws"},         /* U+FE0F U+20E3 */
        {"\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd.ws", "xn--on8h5e.ws"}, /* U+1F44D U+1F3FD */
        {"\xd7\x90"
         "b.example",
         "xn--b-zhc.example"},                      /* U+05D0 */
        {"b\xd7\x90.example", "xn--b-0hc.example"}, /* U+05D0 */
        {"1\xd7\x90.example", "xn--1-0hc.example"}, /* U+05D0 */
        {"a\xe2\x80\x8d"
         "b.example",
         "xn--ab-m1t.example"}, /* U+200D */
        {"a\xe2\x80\x8c"
         "b.example",
         "xn--ab-j1t.example"},                                     /* U+200C */
        {"\xe2\x80\x8d\xe2\x98\x83.example", "xn--1ugx7u.example"}, /* U+200D U+2603 */
        {"\xe2\x98\x83\xe2\x80\x8c.example", "xn--0ugy7u.example"}, /* U+2603 U+200C */
        {"\xe0\xa6\xb0\xe2\x80\x8d\xe0\xa7\x8d\xe0\xa6\xaf\xe0\xa6\xbe\xe0\xa6\xac.example",
         "xn--d6bfc1dwd611p.example"}, /* U+09B0 U+200D U+09CD U+09AF U+09BE U+09AC */
        {"stra\xc3\x9f"
         "e\xe2\x98\x83.example",
         "xn--strae-oqa1767d.example"},                              /* U+00DF U+2603 */
        {"STRASSE\xe2\x98\x83.example", "xn--strasse-gz6d.example"}, /* U+2603 */
        {"\xe1\xba\x9e\xe2\x98\x83.example", "xn--zca031q.example"}, /* U+1E9E U+2603 */
        {"\xce\x92\xcf\x8c\xce\xbb\xce\xbf\xcf\x82\xe2\x98\x83.example",
         "xn--nxasmm1c3668a.example"}, /* U+0392 U+03CC U+03BB U+03BF U+03C2 U+2603 */
        {"\xef\xbc\xa1\xe2\x98\x83\xef\xbc\xa2.example", "xn--ab-fsx.example"}, /* U+FF21 U+2603 U+FF22 */
        {"\xef\xac\x81\xe2\x98\x83.example", "xn--fi-gsx.example"},             /* U+FB01 U+2603 */
        {"\xe3\x8e\x8f\xe2\x98\x83.example", "xn--kg-gsx.example"},             /* U+338F U+2603 */
        {"u\xcc\x88\xe2\x98\x83.example", "xn--tda270q.example"},               /* U+0308 U+2603 */
        {"\xc3\x9c\xe2\x98\x83.example", "xn--tda270q.example"},                /* U+00DC U+2603 */
        {"\xc3\x9f\xcc\x88\xe2\x98\x83.example", "xn--zca02iu01d.example"},     /* U+00DF U+0308 U+2603 */
        {"ab--\xc3\xbc.example", "xn--ab---3ra.example"},                       /* U+00FC */
        {"-\xc3\xbc.example", "xn----eha.example"},                             /* U+00FC */
        {"\xc3\xbc-.example", "xn----dha.example"},                             /* U+00FC */
        {"a-\xe2\x98\x83.example", "xn--a--gsx.example"},                       /* U+2603 */
        {"a\xef\xbc\x8d\xe2\x98\x83.example", "xn--a--gsx.example"},            /* U+FF0D U+2603 */
        {"\xe2\x98\x83--\xe2\x98\x83.example", "xn-----esxc.example"},          /* U+2603 U+2603 */
        {"_\xe2\x98\x83.example", "xn--_-1xp.example"},                         /* U+2603 */
        {"\xe2\x98\x83\xc2\xad.example", "xn--n3h.example"},                    /* U+2603 U+00AD */
        {"a\xe2\x98\x83.xn--bcher-kva.b\xc3\xbc"
         "cher.example",
         "xn--a-1xp.xn--bcher-kva.xn--bcher-kva.example"}, /* U+2603 U+00FC */
        {"\xe2\x99\xa5.\xe2\x99\xa5", "xn--g6h.xn--g6h"},  /* U+2665 U+2665 */
        {"\xef\xbd\x98\xef\xbd\x8e\xef\xbc\x8d\xef\xbc\x8d"
         "yp8ha.ws",
         "xn--yp8ha.ws"}, /* an A-label in fullwidth letters */
    };
    (void)state;
    expect_names(rows, COUNT(rows), true);
}

static void test_an_a_label_is_asked_as_it_stands_and_known(void **state)
{
    static const struct row disallowed[] = {
        {"xn--yp8ha.ws", "xn--yp8ha.ws"},
        {"XN--YP8HA.ws", "xn--yp8ha.ws"},
        {"a.xn--yp8ha", "a.xn--yp8ha"},
        {"xn--bcher-kva.xn--zzzzzzz-9999", "xn--bcher-kva.xn--zzzzzzz-9999"}, /* does not decode */
        {"xn--ab-o1t.example", "xn--ab-o1t.example"},                         /* a right-to-left override */
    };
    static const struct row sound[] = {
        {"xn--bcher-kva.example", "xn--bcher-kva.example"},
        {"axn--yp8ha.example", "axn--yp8ha.example"},
        {"example.com", "example.com"},
    };
    (void)state;
    expect_names(disallowed, COUNT(disallowed), true);
    expect_names(sound, COUNT(sound), false);
}

static void test_what_has_no_a_label_is_refused(void **state)
{
    static const char none[] = "the domain has a label that has no ASCII form (A-label)";
    static const char broken[] = "the domain is not valid UTF-8";
    static const char empty[] = "the domain has an empty label";
    static const char hyphen[] = "the domain has a label that begins or ends with a hyphen";
    static const struct row rows[] = {
        /* NOLINTBEGIN(misc-misleading-bidirectional): such characters are what is tested */
        {"a\xe2\x80\xae"
         "b.example",
         none}, /* U+202E, right-to-left override: UTS 46 disallows it */
        {"\xe2\x98\x83\xe2\x80\xae.example", none},
        /* NOLINTEND(misc-misleading-bidirectional) */
        {"\xef\xbf\xbe.example", none}, /* U+FFFE, which is no character */
        {"\xee\x80\x80.example", none}, /* U+E000, private use */
        {"\xc2\x85.example", none},     /* U+0085, a control */
        {"\xcc\x88"
         "a.example",
         none}, /* begins with a combining mark, UTS 46 section 4.1 */
        {"\xcc\x88\xe2\x98\x83.example", none},
        {"\xe2\x98\x83\xff.example", broken},
        {"\xe2\x98.example", broken},
        {"\xc0\x80.example", broken},
        {"\xed\xa0\x80.example", broken},
        {"\xc2\xad.example", empty}, /* soft hyphens and variation selectors are mapped to nothing */
        {"\xef\xb8\x8f.example", empty},
        {"\xef\xbc\x8d"
         "a.example",
         hyphen},
    };
    (void)state;
    expect_faults(rows, COUNT(rows));
}

/* As long as can be, whatever libidn2 makes of its pieces. */
static void test_an_a_label_of_63_octets_is_the_longest(void **state)
{
    static const char fault[] = "the domain has a label longer than 63 octets";
    static const struct row names[] = {
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xe2\x98\x83",
         "xn--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-um73b"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\x9f\xe2\x98\x83",
         "xn--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-e6d22069b"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xe2\x80\x8d\xf0\x9f\x91\xa9",
         "xn--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-ns03a93798n"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xe0\xa4\x95\xe2\x80\x8d\xe2\x80\x8d",
         "xn--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-g61g2316ha"},
    };
    static const struct row faults[] = {
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xe2\x98\x83", fault},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\x9f\xe2\x98\x83", fault},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xe2\x80\x8d\xf0\x9f\x91\xa9", fault},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xe0\xa4\x95\xe2\x80\x8d\xe2\x80\x8d", fault},
    };
    (void)state;
    expect_names(names, COUNT(names), true);
    expect_faults(faults, COUNT(faults));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_idna2008_allows_is_asked),
        cmocka_unit_test(test_what_idna2008_refuses_and_uts46_maps_is_asked_and_known),
        cmocka_unit_test(test_an_a_label_is_asked_as_it_stands_and_known),
        cmocka_unit_test(test_what_has_no_a_label_is_refused),
        cmocka_unit_test(test_an_a_label_of_63_octets_is_the_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
