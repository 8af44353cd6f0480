/* SPDX-License-Identifier: BSD-2-Clause */
/* test_address.c: what stands between the angle brackets, and which domain it leads to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "mail/address.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define OCTETS_50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

struct row {
    const char *text;
    const char *domain;
};

static void expect_domains(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct address address;
        print_message("# row %zu\n", i);
        assert_int_equal(address_parse(rows[i].text, strlen(rows[i].text), &address), 0);
        assert_string_equal(address.fault, "");
        assert_int_equal(address.kind, ADDRESS_DOMAIN);
        assert_string_equal(address.domain, rows[i].domain);
    }
}

static void expect_kind(enum address_kind kind, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct address address;
        print_message("# row %zu\n", i);
        assert_int_equal(address_parse(texts[i], strlen(texts[i]), &address), 0);
        assert_int_equal(address.kind, kind);
        assert_string_equal(address.domain, "");
        assert_string_equal(address.fault, "");
    }
}

static void expect_faults(const char *fault, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct address address;
        print_message("# row %zu\n", i);
        assert_int_equal(address_parse(texts[i], strlen(texts[i]), &address), 0);
        assert_int_equal(address.kind, ADDRESS_BAD);
        assert_string_equal(address.fault, fault);
        assert_string_equal(address.domain, "");
    }
}

static void test_nothing_is_the_null_path(void **state)
{
    static const char *const texts[] = {"", "<>"};
    (void)state;
    expect_kind(ADDRESS_EMPTY, texts, COUNT(texts));
}

static void test_postmaster_needs_no_domain(void **state)
{
    static const char *const texts[] = {"postmaster", "Postmaster", "POSTMASTER", "<postmaster>", "<PostMaster>"};
    static const struct row rows[] = {{"postmaster@a.example", "a.example"}};
    static const char *const bad[] = {"postmasters", "postmaste", "<postmaster>x", "\"postmaster\""};
    (void)state;
    expect_kind(ADDRESS_POSTMASTER, texts, COUNT(texts));
    expect_domains(rows, COUNT(rows));
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct address address;
        assert_int_equal(address_parse(bad[i], strlen(bad[i]), &address), 0);
        assert_int_equal(address.kind, ADDRESS_BAD);
    }
}

static void test_a_mailbox_leads_to_its_domain(void **state)
{
    static const struct row rows[] = {
        {"u@a.example", "a.example"},
        {"<u@a.example>", "a.example"},
        {"u@A.Example.", "a.example"},
        {"u@com", "com"},
        {"u@_x.a_b.example", "_x.a_b.example"},
        {"u@123.example", "123.example"},
        {"u@b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example"},
        {"u@b\xc3\xbc"
         "cher\xe3\x80\x82"
         "example",
         "xn--bcher-kva.example"},
        {"u@xn--zzzzzzz-9999.example", "xn--zzzzzzz-9999.example"},
        {"!#$%&'*+-/=?^_`{|}~@a.example", "a.example"},
    };
    (void)state;
    expect_domains(rows, COUNT(rows));
}

static void test_a_dot_string_is_taken_liberally(void **state)
{
    static const struct row rows[] = {
        {OCTETS_50 OCTETS_50 "@a.example", "a.example"},
        {"a..b@a.example", "a.example"},
        {".a.@a.example", "a.example"},
        {"b\xc3\xbc@a.example", "a.example"},
        {"\xe4\xbe\x8b@a.example", "a.example"},
        {"\xf0\x9f\x98\x80@a.example", "a.example"},
    };
    (void)state;
    expect_domains(rows, COUNT(rows));
}

static void test_a_quoted_local_part_holds_anything_printable(void **state)
{
    static const struct row rows[] = {
        {"\"a@b.example\"@a.example", "a.example"},
        {"\"a b\"@a.example", "a.example"},
        {"\"\"@a.example", "a.example"},
        {"\"\\\"\"@a.example", "a.example"},
        {"\"\\\\\"@a.example", "a.example"},
        {"\"()<>[]:;,.\"@a.example", "a.example"},
        {"<\"<u@b>\"@a.example>", "a.example"},
        {"\"\xc3\xbc\"@a.example", "a.example"},
        {"\"\\\xc3\xbc\"@a.example", "a.example"},
    };
    (void)state;
    expect_domains(rows, COUNT(rows));
}

static void test_a_source_route_is_ignored(void **state)
{
    static const struct row rows[] = {
        {"@b.example:u@a.example", "a.example"},
        {"<@b.example,@c.example:u@a.example>", "a.example"},
        {"@b.example:\"u:v\"@a.example", "a.example"},
        {"@b\xc3\xbc"
         "cher.example.:u@a.example",
         "a.example"},
    };
    static const char *const literals[] = {"@b.example:u@[192.0.2.1]"};
    (void)state;
    expect_domains(rows, COUNT(rows));
    expect_kind(ADDRESS_LITERAL, literals, COUNT(literals));
}

static void test_a_malformed_source_route_is_refused(void **state)
{
    static const char *const nameless[] = {"@:u@a.example", "@b.example,@:u@a.example", "@,@b.example:u@a.example"};
    static const char *const bare[] = {"@b.example,c.example:u@a.example", "@b.example,,@c.example:u@a.example"};
    static const char *const comma[] = {"@b.example,:u@a.example"};
    static const char *const empty[] = {"@a.example", "@", "<@>", "@b.example:@a.example", "@b,@c.example"};
    static const char *const homeless[] = {"@b.example:", "@b.example:postmaster"};
    (void)state;
    expect_faults("the domain is empty", nameless, COUNT(nameless));
    expect_faults("the source route has a name without an @", bare, COUNT(bare));
    expect_faults("the source route ends with a comma", comma, COUNT(comma));
    expect_faults("the local part is empty", empty, COUNT(empty));
    expect_faults("the local part is empty", homeless, 1);
    expect_faults("the address has no domain", homeless + 1, 1);
}

static void test_a_well_formed_literal_is_a_literal(void **state)
{
    static const char *const texts[] = {
        "u@[192.0.2.1]",
        "<u@[0.0.0.0]>",
        "u@[255.255.255.255]",
        "u@[IPv6:2001:db8::1]",
        "u@[ipv6:2001:DB8::1]",
        "u@[IPV6:::]",
        "u@[IPv6:::1]",
        "u@[IPv6:2001:db8:1:2:3:4:5:6]",
        "u@[IPv6:::ffff:192.0.2.1]",
        "u@[IPv6:2001:db8:1:2:3:4:192.0.2.1]",
        "u@[IPv6:2001:db8:1:2:3:4:5::]",
        "u@[IPv6:ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]",
        "\"a b\"@[192.0.2.1]",
    };
    (void)state;
    expect_kind(ADDRESS_LITERAL, texts, COUNT(texts));
}

static void test_the_octets_of_a_literal_are_told(void **state)
{
    static const struct {
        const char *text;
        int family;
        uint8_t octets[16];
    } rows[] = {
        {"u@[192.0.2.1]", AF_INET, {192, 0, 2, 1}},
        {"u@[010.001.02.3]", AF_INET, {10, 1, 2, 3}}, /* decimal, RFC 5321 section 4.1.3 */
        {"u@[000.0.00.255]", AF_INET, {0, 0, 0, 255}},
        {"u@[IPv6:::1]", AF_INET6, {[15] = 1}},
        {"u@[ipv6:2001:DB8::ffff:192.0.2.1]", AF_INET6, {0x20, 1, 0x0d, 0xb8, [10] = 255, 255, 192, 0, 2, 1}},
        {"u@example.com", 0, {0}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct address address;
        assert_int_equal(address_parse(rows[i].text, strlen(rows[i].text), &address), 0);
        assert_int_not_equal(address.kind, ADDRESS_BAD);
        assert_int_equal(address.literal_family, rows[i].family);
        if (rows[i].family != 0)
            assert_memory_equal(address.literal, rows[i].octets, rows[i].family == AF_INET ? 4 : 16);
    }
}

static void test_a_malformed_literal_is_refused(void **state)
{
    static const char *const open[] = {"u@[192.0.2.1", "u@[", "u@[192.0.2.1].", "u@[192.0.2.1]a"};
    static const char *const six[] = {
        "u@[IPv6:]",
        "u@[IPv6:1]",
        "u@[IPv6:192.0.2.1]",
        "u@[IPv6:2001:db8::1::2]",
        "u@[IPv6:2001:db8:1:2:3:4:5]",
        "u@[IPv6:2001:db8:1:2:3:4:5:6:7]",
        "u@[IPv6:2001:db8::12345]",
        "u@[IPv6:2001:db8::g]",
        "u@[IPv6:fe80::1%eth0]",
        "u@[IPv6: ::1]",
        "u@[IPv6:::ffff:192.0.2.256]",
        ("u@[IPv6:" OCTETS_50 "]"),
    };
    static const char *const neither[] = {
        "u@[]",
        "u@[999.1.2.3]",
        "u@[0192.0.2.1]",
        "u@[1..2.3]",
        "u@[.1.2.3]",
        "u@[1.2.3.]",
        "u@[256.1.1.1]",
        "u@[192.0.2]",
        "u@[192.0.2.1.5]",
        "u@[192.0.2.1 ]",
        "u@[0x7f.0.0.1]",
        "u@[2130706433]",
        "u@[2001:db8::1]",
        "u@[IPv4:192.0.2.1]",
        "u@[tag:content]",
        "u@[IPv6]",
        "u@[IPv6;::1]",
        "u@[[192.0.2.1]]",
        "u@[192.0.2.1]@[192.0.2.1]",
    };
    (void)state;
    expect_faults("the address literal has no closing bracket", open, COUNT(open));
    expect_faults("the address literal is not an IPv6 address", six, COUNT(six));
    expect_faults("the address literal is neither an IPv4 address nor an IPv6 address after IPv6:", neither,
                  COUNT(neither));
}

static void test_what_stands_bare_and_may_not_is_refused(void **state)
{
    static const char *const specials[] = {
        "a(c)b@a.example",  "a)@a.example",  "a<b@a.example",   "a>@a.example",   "u(@a.example",
        "a,b@a.example",    "a;b@a.example", "a:b@a.example",   "a\\b@a.example", "a\\@b@a.example",
        "a\"b\"@a.example", "[a]@a.example", "<<u@a.example>>",
    };
    static const char *const spaces[] = {"a b@a.example", " u@a.example", "u @a.example"};
    static const char *const seconds[] = {"a@b@a.example", "a@@a.example", "u@a.example@", "\"a\"@b@c.example"};
    static const char *const character[] = {"u@a.example>",    "u@a.example ",       "u@ok mx.example",
                                            "u@ok/mx.example", "u@ok\x01mx.example", "u@a.example\r\n",
                                            "u@a.example (c)", "u@a,b.example"};
    (void)state;
    expect_faults("the local part has a special character outside quotes", specials, COUNT(specials));
    expect_faults("the local part has a space outside quotes", spaces, COUNT(spaces));
    expect_faults("the address has a second @ outside quotes", seconds, COUNT(seconds));
    expect_faults("the domain has a character other than letters, digits, hyphens and underscores", character,
                  COUNT(character));
}

static void test_controls_and_broken_utf8_are_refused(void **state)
{
    static const char *const controls[] = {"a\tb@a.example",     "a\r\nb@a.example",     "\x7f@a.example",
                                           "\"a\nb\"@a.example", "\"a\\\tb\"@a.example", "\x01@a.example"};
    static const char *const broken[] = {
        "\xff@a.example",
        "b\xfc@a.example",
        "\xc3@a.example",
        "\xc0\xaf@a.example",
        "\xe0\x80\xaf@a.example",
        "\xed\xa0\x80@a.example",
        "\xf4\x90\x80\x80@a.example",
        "\x80@a.example",
        "\xf0\x9f\x98@a.example",
        "\xe4\xbe",
        "\"\xe4\xbe\"@a.example",
        "\"\xe4",
        "\xc2\x85@a.example", /* U+0085, a C1 control */
    };
    (void)state;
    expect_faults("the local part has a control character", controls, COUNT(controls));
    expect_faults("the local part has a control character or is not valid UTF-8", broken, COUNT(broken));
}

static void test_a_missing_part_is_named(void **state)
{
    static const char *const homeless[] = {"u", "<u>", "\"a@b\"", "\"<u@a.example>\"", "\"\""};
    static const char *const domain[] = {"u@", "<u@>", "\"\"@"};
    static const char *const quote[] = {"\"", "\"u@a.example", "\"u\\\"@a.example", "\"u\\", "<\"u@a.example>"};
    static const char *const after[] = {"\"a\"b@a.example", "\"a\".b@a.example", "\"a\" @a.example",
                                        "\"a\"\"b\"@a.example"};
    static const char *const bracket[] = {"<", "<u@a.example", "<u@a.example> ", "<u@a.example> SIZE=1", "<>x"};
    (void)state;
    expect_faults("the address has no domain", homeless, COUNT(homeless));
    expect_faults("the domain is empty", domain, COUNT(domain));
    expect_faults("the quoted local part has no closing quote", quote, COUNT(quote));
    expect_faults("the local part goes on after its closing quote", after, COUNT(after));
    expect_faults("the address does not end with its closing angle bracket", bracket, COUNT(bracket));
}

static void test_a_bare_ip_address_is_refused(void **state)
{
    static const char *const texts[] = {"u@192.0.2.1", "<u@192.0.2.1>", "u@192.0.2.1."};
    static const struct row rows[] = {{"u@ok.123", "ok.123"}};
    (void)state;
    expect_faults("an IP address must stand in square brackets", texts, COUNT(texts));
    expect_domains(rows, COUNT(rows));
}

static void test_a_path_longer_than_256_octets_is_known(void **state)
{
    static const struct {
        const char *before; /* the local part is filled up behind it */
        const char *after;
        size_t length;
        bool is_too_long;
    } rows[] = {
        {"<", "@a.example>", 256, false},
        {"<", "@a.example>", 257, true},
        {"", "@a.example", 254, false},
        {"", "@a.example", 255, true}, /* the brackets count */
        {"<@b.example:", "@a.example>", 256, false},
        {"<@b.example:", "@a.example>", 257, true},
        {"", "@[192.0.2.1]", 254, false},
        {"", "@[192.0.2.1]", 255, true},
        {"", "@a..example", 255, true}, /* bad for another reason */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct address address;
        char text[300];
        size_t fill = rows[i].length - strlen(rows[i].before) - strlen(rows[i].after);
        print_message("# row %zu\n", i);
        strcpy(text, rows[i].before);
        memset(text + strlen(rows[i].before), 'l', fill);
        strcpy(text + strlen(rows[i].before) + fill, rows[i].after);
        assert_int_equal(strlen(text), rows[i].length);
        assert_int_equal(address_parse(text, strlen(text), &address), 0);
        assert_int_equal(address.is_too_long, rows[i].is_too_long);
    }
}

static void test_megabytes_take_linear_time(void **state)
{
    static const char *const pieces[] = {
        "a", "a.", "@",        "\"", "\\",     "@a,",        "@a:",   "<",
        "[", ":",  "\xc3\xbc", "a@", "\"\\\"", "@\xc3\xbc,", "@b:u@", "u@\xe3\x80\x82"};
    size_t length = 4U << 20;
    char *text = malloc(length + 1);
    (void)state;
    assert_non_null(text);
    text[length] = '\0';
    for (size_t i = 0; i < COUNT(pieces); i++) {
        struct address address;
        for (size_t at = 0; at < length; at++)
            text[at] = pieces[i][at % strlen(pieces[i])];
        assert_int_equal(address_parse(text, strlen(text), &address), 0);
        assert_int_equal(address.kind, ADDRESS_BAD);
        assert_true(address.fault[0] != '\0');
    }
    memset(text, 'a', length);
    memcpy(text + length - 10, "@a.example", 10);
    struct row row = {text, "a.example"};
    expect_domains(&row, 1);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_the_null_path),
        cmocka_unit_test(test_postmaster_needs_no_domain),
        cmocka_unit_test(test_a_mailbox_leads_to_its_domain),
        cmocka_unit_test(test_a_dot_string_is_taken_liberally),
        cmocka_unit_test(test_a_quoted_local_part_holds_anything_printable),
        cmocka_unit_test(test_a_source_route_is_ignored),
        cmocka_unit_test(test_a_malformed_source_route_is_refused),
        cmocka_unit_test(test_a_well_formed_literal_is_a_literal),
        cmocka_unit_test(test_the_octets_of_a_literal_are_told),
        cmocka_unit_test(test_a_malformed_literal_is_refused),
        cmocka_unit_test(test_what_stands_bare_and_may_not_is_refused),
        cmocka_unit_test(test_controls_and_broken_utf8_are_refused),
        cmocka_unit_test(test_a_missing_part_is_named),
        cmocka_unit_test(test_a_bare_ip_address_is_refused),
        cmocka_unit_test(test_a_path_longer_than_256_octets_is_known),
        cmocka_unit_test(test_megabytes_take_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
