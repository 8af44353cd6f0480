/* SPDX-License-Identifier: BSD-2-Clause */
/* test_network.c: which addresses lie in which networks, and which lists are no lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scarce.h"

#include "base/memory.h"
#include "mail/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

struct probe {
    const char *address;
    const char *want; /* the network that holds it; NULL: none */
};

static struct networks *parsed(const char *list)
{
    struct networks *networks = NULL;
    const char *why = "";
    assert_int_equal(networks_parse(&memory_libc, list, &networks, &why), MXCHECK_OK);
    assert_string_equal(why, "");
    return networks;
}

static int read_address(const char *text, uint8_t address[16])
{
    int family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
    assert_int_equal(inet_pton(family, text, address), 1);
    return family;
}

static void expect_text(const struct networks *networks, const char *address, const char *want)
{
    uint8_t octets[16];
    char text[160] = "untouched";
    int family = read_address(address, octets);
    bool is_held = networks_describe(networks, family, octets, text, sizeof(text));
    assert_string_equal(text, want);
    assert_int_equal(is_held, want[0] != '\0');
    assert_int_equal(networks_hold(networks, family, octets), is_held);
}

/* The network of a description alone. */
static void expect_network(const struct networks *networks, const char *address, const char *want)
{
    uint8_t octets[16];
    char text[160];
    int family = read_address(address, octets);
    bool is_held = networks_describe(networks, family, octets, text, sizeof(text));
    print_message("# %s: %s\n", address, text);
    text[strcspn(text, ",")] = '\0';
    assert_string_equal(text, want == NULL ? "" : want);
    assert_int_equal(is_held, want != NULL);
    assert_int_equal(networks_hold(networks, family, octets), is_held);
}

static void expect_networks(const char *list, const struct probe *probes, size_t count)
{
    struct networks *networks = parsed(list);
    for (size_t i = 0; i < count; i++)
        expect_network(networks, probes[i].address, probes[i].want);
    networks_free(networks, &memory_libc);
}

/* The registries, read by hand: first and last address of each row, and those beside it. */
static void test_bogons_hold_ipv4_by_the_registry(void **state)
{
    static const struct probe probes[] = {
        {"0.0.0.0", "0.0.0.0/32"},
        {"0.0.0.1", "0.0.0.0/8"},
        {"0.255.255.255", "0.0.0.0/8"},
        {"1.0.0.0", NULL},
        {"9.255.255.255", NULL},
        {"10.0.0.0", "10.0.0.0/8"},
        {"10.255.255.255", "10.0.0.0/8"},
        {"11.0.0.0", NULL},
        {"100.63.255.255", NULL},
        {"100.64.0.0", "100.64.0.0/10"},
        {"100.127.255.255", "100.64.0.0/10"},
        {"100.128.0.0", NULL},
        {"126.255.255.255", NULL},
        {"127.0.0.0", "127.0.0.0/8"},
        {"127.255.255.255", "127.0.0.0/8"},
        {"128.0.0.0", NULL},
        {"169.253.255.255", NULL},
        {"169.254.0.0", "169.254.0.0/16"},
        {"169.254.255.255", "169.254.0.0/16"},
        {"169.255.0.0", NULL},
        {"172.15.255.255", NULL},
        {"172.16.0.0", "172.16.0.0/12"},
        {"172.31.255.255", "172.16.0.0/12"},
        {"172.32.0.0", NULL},
        {"191.255.255.255", NULL},
        {"192.0.0.0", "192.0.0.0/29"},
        {"192.0.0.7", "192.0.0.0/29"},
        {"192.0.0.8", "192.0.0.8/32"},
        {"192.0.0.9", NULL},
        {"192.0.0.10", NULL},
        {"192.0.0.11", "192.0.0.0/24"},
        {"192.0.0.169", "192.0.0.0/24"},
        {"192.0.0.170", "192.0.0.170/32"},
        {"192.0.0.171", "192.0.0.171/32"},
        {"192.0.0.172", "192.0.0.0/24"},
        {"192.0.0.255", "192.0.0.0/24"},
        {"192.0.1.0", NULL},
        {"192.0.1.255", NULL},
        {"192.0.2.0", "192.0.2.0/24"},
        {"192.0.2.255", "192.0.2.0/24"},
        {"192.0.3.0", NULL},
        {"192.31.195.255", NULL},
        {"192.31.196.0", NULL},
        {"192.31.196.255", NULL},
        {"192.31.197.0", NULL},
        {"192.52.192.255", NULL},
        {"192.52.193.0", NULL},
        {"192.52.193.255", NULL},
        {"192.52.194.0", NULL},
        {"192.88.98.255", NULL},
        {"192.88.99.0", "192.88.99.0/24"},
        {"192.88.99.1", "192.88.99.0/24"},
        {"192.88.99.2", "192.88.99.2/32"},
        {"192.88.99.3", "192.88.99.0/24"},
        {"192.88.99.255", "192.88.99.0/24"},
        {"192.88.100.0", NULL},
        {"192.167.255.255", NULL},
        {"192.168.0.0", "192.168.0.0/16"},
        {"192.168.255.255", "192.168.0.0/16"},
        {"192.169.0.0", NULL},
        {"192.175.47.255", NULL},
        {"192.175.48.0", NULL},
        {"192.175.48.255", NULL},
        {"192.175.49.0", NULL},
        {"198.17.255.255", NULL},
        {"198.18.0.0", "198.18.0.0/15"},
        {"198.19.255.255", "198.18.0.0/15"},
        {"198.20.0.0", NULL},
        {"198.51.99.255", NULL},
        {"198.51.100.0", "198.51.100.0/24"},
        {"198.51.100.255", "198.51.100.0/24"},
        {"198.51.101.0", NULL},
        {"203.0.112.255", NULL},
        {"203.0.113.0", "203.0.113.0/24"},
        {"203.0.113.255", "203.0.113.0/24"},
        {"203.0.114.0", NULL},
        {"223.255.255.255", NULL},
        {"224.0.0.0", "224.0.0.0/4"},
        {"239.255.255.255", "224.0.0.0/4"},
        {"240.0.0.0", "240.0.0.0/4"},
        {"255.255.255.254", "240.0.0.0/4"},
        {"255.255.255.255", "255.255.255.255/32"},
    };
    (void)state;
    expect_networks("bogons", probes, COUNT(probes));
}

/* Likewise. The ends of networks that embed IPv4 embed 0.0.0.0 and 255.255.255.255. */
static void test_bogons_hold_ipv6_by_the_registry(void **state)
{
    static const struct probe probes[] = {
        {"::", "::/128"},
        {"::1", "::1/128"},
        {"::2", "0.0.0.0/8"},
        {"::ffff:ffff", "255.255.255.255/32"},
        {"::1:0:0", NULL},
        {"::fffe:ffff:ffff", NULL},
        {"::ffff:0.0.0.0", "0.0.0.0/32"},
        {"::ffff:8.8.8.8", NULL},
        {"::ffff:255.255.255.255", "255.255.255.255/32"},
        {"::1:0:0:0", NULL},
        {"64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
        {"64:ff9b::", "0.0.0.0/32"},
        {"64:ff9b::808:808", NULL},
        {"64:ff9b::ffff:ffff", "255.255.255.255/32"},
        {"64:ff9b::1:0:0", NULL},
        {"64:ff9b:0:ffff:ffff:ffff:ffff:ffff", NULL},
        {"64:ff9b:1::", "64:ff9b:1::/48"},
        {"64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "64:ff9b:1::/48"},
        {"64:ff9b:2::", NULL},
        {"ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
        {"100::", "100::/64"},
        {"100::ffff:ffff:ffff:ffff", "100::/64"},
        {"100:0:0:1::", "100:0:0:1::/64"},
        {"100:0:0:1:ffff:ffff:ffff:ffff", "100:0:0:1::/64"},
        {"100:0:0:2::", NULL},
        {"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
        {"2001::", "0.0.0.0/32"},
        {"2001:0:808:808::f7f7:fbfb", NULL},
        {"2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "255.255.255.255/32"},
        {"2001:1::", "2001::/23"},
        {"2001:1::1", NULL},
        {"2001:1::2", NULL},
        {"2001:1::3", NULL},
        {"2001:1::4", "2001::/23"},
        {"2001:1:ffff:ffff:ffff:ffff:ffff:ffff", "2001::/23"},
        {"2001:2::", "2001:2::/48"},
        {"2001:2:0:ffff:ffff:ffff:ffff:ffff", "2001:2::/48"},
        {"2001:2:1::", "2001::/23"},
        {"2001:2:ffff:ffff:ffff:ffff:ffff:ffff", "2001::/23"},
        {"2001:3::", NULL},
        {"2001:3:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
        {"2001:4::", "2001::/23"},
        {"2001:4:111:ffff:ffff:ffff:ffff:ffff", "2001::/23"},
        {"2001:4:112::", NULL},
        {"2001:4:112:ffff:ffff:ffff:ffff:ffff", NULL},
        {"2001:4:113::", "2001::/23"},
        {"2001:f:ffff:ffff:ffff:ffff:ffff:ffff", "2001::/23"},
        {"2001:10::", "2001:10::/28"},
        {"2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:10::/28"},
        {"2001:20::", NULL},
        {"2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
        {"2001:30::", NULL},
        {"2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
        {"2001:40::", "2001::/23"},
        {"2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001::/23"},
        {"2001:200::", NULL},
        {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
        {"2001:db8::", "2001:db8::/32"},
        {"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::/32"},
        {"2001:db9::", NULL},
        {"2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
        {"2002::", "0.0.0.0/32"},
        {"2002:808:808::", NULL},
        {"2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "255.255.255.255/32"},
        {"2003::", NULL},
        {"2620:4f:7fff:ffff:ffff:ffff:ffff:ffff", NULL},
        {"2620:4f:8000::", NULL},
        {"2620:4f:8000:ffff:ffff:ffff:ffff:ffff", NULL},
        {"2620:4f:8001::", NULL},
        {"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
        {"3fff::", "3fff::/20"},
        {"3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff::/20"},
        {"3fff:1000::", NULL},
        {"5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
        {"5f00::", "5f00::/16"},
        {"5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "5f00::/16"},
        {"5f01::", NULL},
        {"fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
        {"fc00::", "fc00::/7"},
        {"fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fc00::/7"},
        {"fe00::", NULL},
        {"fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
        {"fe80::", "fe80::/10"},
        {"febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::/10"},
        {"fec0::", "fec0::/10"},
        {"feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fec0::/10"},
        {"ff00::", "ff00::/8"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ff00::/8"},
    };
    (void)state;
    expect_networks("bogons", probes, COUNT(probes));
}

/* A row that lets pass what nothing forbids changes no answer: the probes above do not miss it. */
static void test_the_table_has_every_row_of_the_registries_once(void **state)
{
    static const char *const registries[] = {
        /* IPv4 Special-Purpose Address Registry */
        "0.0.0.0/8", "0.0.0.0/32", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.0.0/29", "192.0.0.8/32", "192.0.0.9/32", "192.0.0.10/32", "192.0.0.170/32",
        "192.0.0.171/32", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.88.99.2/32",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
        "255.255.255.255/32",
        /* IPv6 Special-Purpose Address Registry */
        "::1/128", "::/128", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64",
        "2001::/23", "2001::/32", "2001:1::1/128", "2001:1::2/128", "2001:1::3/128", "2001:2::/48", "2001:3::/32",
        "2001:4:112::/48", "2001:10::/28", "2001:20::/28", "2001:30::/28", "2001:db8::/32", "2002::/16",
        "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10",
        /* others */
        "224.0.0.0/4", "::/96", "fec0::/10", "ff00::/8"};
    static const struct {
        uint8_t octets[16];
        int family;
        unsigned prefix;
    } table[] = {
#define V4(a, b, c, d) .octets = {a, b, c, d}, .family = AF_INET
#define PAIR(group) (group) >> 8, (group)&0xff
#define V6(a, b, c, d, e, f, g, h)                                                                                     \
    .octets = {PAIR(a), PAIR(b), PAIR(c), PAIR(d), PAIR(e), PAIR(f), PAIR(g), PAIR(h)}, .family = AF_INET6
#define ROW(address, length, rule, name, source) {address, .prefix = (length)},
#include "mail/bogons.def"
#undef ROW
    };
    (void)state;
    assert_int_equal(COUNT(table), COUNT(registries));
    for (size_t i = 0; i < COUNT(registries); i++) {
        size_t times = 0;
        for (size_t j = 0; j < COUNT(table); j++) {
            uint8_t octets[16] = {0};
            char address[INET6_ADDRSTRLEN];
            unsigned prefix;
            assert_int_equal(sscanf(registries[i], "%45[^/]/%u", address, &prefix), 2);
            int family = strchr(address, ':') == NULL ? AF_INET : AF_INET6;
            assert_int_equal(inet_pton(family, address, octets), 1);
            times += family == table[j].family && prefix == table[j].prefix && memcmp(octets, table[j].octets, 16) == 0;
        }
        print_message("# %s\n", registries[i]);
        assert_int_equal(times, 1);
    }
}

static void test_an_embedded_ipv4_address_is_held(void **state)
{
    static const struct probe probes[] = {
        {"127.0.0.1", "127.0.0.0/8"},
        {"128.0.0.1", NULL},
        {"::ffff:127.0.0.1", "127.0.0.0/8"},
        {"::ffff:128.0.0.1", NULL},
        {"::127.0.0.1", "127.0.0.0/8"},
        {"::128.0.0.1", NULL},
        {"64:ff9b::7f00:1", "127.0.0.0/8"},
        {"64:ff9b::8000:1", NULL},
        {"2002:7f00:1::1", "127.0.0.0/8"},
        {"2002:8000:1::7f00:1", NULL},
        {"2001:0:7f00:1::f7f7:fbfb", "127.0.0.0/8"},           /* the server of Teredo */
        {"2001:0:808:808:8000:63bf:80ff:fffe", "127.0.0.0/8"}, /* its client: ~127.0.0.1 */
        {"2001:0:808:808:8000:63bf:7f00:1", NULL},             /* not inverted: 128.255.255.254 */
        {"2001:1:7f00:1:8000:63bf:80ff:fffe", NULL},           /* not Teredo */
        {"::", NULL},
        {"::1", NULL},
        {"::fffe:127.0.0.1", NULL},
        {"::ffff:0:127.0.0.1", NULL},
        {"64:ff9b:1::7f00:1", NULL},
        {"2001:db8::127.0.0.1", NULL},
    };
    (void)state;
    expect_networks("127.0.0.0/8", probes, COUNT(probes));
}

static void test_unspecified_and_loopback_embed_nothing(void **state)
{
    static const struct probe probes[] = {
        {"0.0.0.0", "0.0.0.0/8"}, {"0.0.0.1", "0.0.0.0/8"},        {"::", NULL}, {"::1", NULL},
        {"::2", "0.0.0.0/8"},     {"::ffff:0.0.0.1", "0.0.0.0/8"},
    };
    (void)state;
    expect_networks("0.0.0.0/8", probes, COUNT(probes));
}

static void test_an_ipv6_network_holds_what_embeds_ipv4(void **state)
{
    static const struct probe probes[] = {
        {"2002:808:808::", "2002::/16"},
        {"2001:0:808:808::f7f7:fbfb", "2001::/32"},
        {"::ffff:8.8.8.8", "::ffff:0.0.0.0/96"},
        {"8.8.8.8", NULL},
        {"64:ff9b::808:808", NULL},
    };
    (void)state;
    expect_networks("bogons 2002::/16 2001::/32 ::ffff:0:0/96", probes, COUNT(probes));
}

static void test_an_exception_of_bogons_counts_for_embedded_addresses(void **state)
{
    static const struct probe probes[] = {
        {"64:ff9b::c000:8", "192.0.0.8/32"}, {"64:ff9b::c000:9", NULL}, {"64:ff9b::c000:b", "192.0.0.0/24"}};
    (void)state;
    expect_networks("bogons", probes, COUNT(probes));
}

static void test_a_network_of_the_list_beats_an_exception_of_bogons(void **state)
{
    static const struct probe probes[] = {
        {"192.0.0.9", "192.0.0.9/32"},
        {"192.0.0.10", NULL},
        {"64:ff9b::c000:9", "192.0.0.9/32"},
        {"2001:20::1", "2001:20::/27"},
        {"2001:1::1", NULL},
        {"10.1.2.3", "10.1.0.0/16"},
        {"10.2.0.0", "10.0.0.0/8"},
        {"192.0.0.170", "192.0.0.128/25"},
    };
    (void)state;
    expect_networks("192.0.0.9/32, bogons, 2001:20::/27, 10.1.0.0/16, 192.0.0.128/25", probes, COUNT(probes));
    expect_networks("bogons bogons 10.1.0.0/16 192.0.0.128/25 2001:20::/27 192.0.0.9", probes, COUNT(probes));
}

static void test_every_prefix_length_ends_where_it_says(void **state)
{
    (void)state;
    for (unsigned prefix = 0; prefix <= 128; prefix++) {
        char list[64];
        uint8_t address[16] = {0};
        snprintf(list, sizeof(list), "::/%u", prefix);
        struct networks *networks = parsed(list);
        for (unsigned bit = 0; bit < 128; bit++) {
            address[bit / 8] = (uint8_t)(0x80U >> (bit % 8));
            assert_int_equal(networks_hold(networks, AF_INET6, address), bit >= prefix);
            address[bit / 8] = 0;
        }
        networks_free(networks, &memory_libc);
    }
    for (unsigned prefix = 0; prefix <= 32; prefix++) {
        char list[64];
        uint8_t address[4] = {255, 255, 255, 255};
        in_addr_t start = htonl(prefix == 0 ? 0 : 0xffffffffU << (32 - prefix));
        char text[INET_ADDRSTRLEN];
        assert_non_null(inet_ntop(AF_INET, &start, text, sizeof(text)));
        snprintf(list, sizeof(list), "%s/%u", text, prefix);
        struct networks *networks = parsed(list);
        for (unsigned bit = 0; bit < 32; bit++) {
            address[bit / 8] = (uint8_t)(0xffU ^ (0x80U >> (bit % 8)));
            assert_int_equal(networks_hold(networks, AF_INET, address), bit >= prefix);
            address[bit / 8] = 255;
        }
        networks_free(networks, &memory_libc);
    }
}

static void test_a_network_is_of_one_family(void **state)
{
    static const struct probe all_ipv4[] = {{"8.8.8.8", "0.0.0.0/0"}, {"2600::1", NULL}, {"::", NULL}};
    static const struct probe all_ipv6[] = {{"8.8.8.8", NULL}, {"2600::1", "::/0"}, {"::", "::/0"}};
    (void)state;
    expect_networks("0.0.0.0/0", all_ipv4, COUNT(all_ipv4));
    expect_networks("::/0", all_ipv6, COUNT(all_ipv6));
}

static void test_no_other_family_is_held(void **state)
{
    uint8_t address[16] = {0};
    char text[8] = "x";
    (void)state;
    struct networks *networks = parsed("0.0.0.0/0 ::/0 bogons");
    assert_false(networks_hold(networks, AF_UNIX, address));
    assert_false(networks_describe(networks, AF_UNSPEC, address, text, sizeof(text)));
    assert_string_equal(text, "");
    networks_free(networks, &memory_libc);
}

static void test_an_address_alone_is_a_network_of_itself(void **state)
{
    static const struct probe probes[] = {
        {"192.0.2.0", NULL}, {"192.0.2.1", "192.0.2.1/32"}, {"192.0.2.2", NULL},
        {"fe80::", NULL},    {"fe80::1", "fe80::1/128"},    {"fe80::2", NULL},
    };
    (void)state;
    expect_networks("192.0.2.1,fe80::1", probes, COUNT(probes));
}

static void test_commas_and_blanks_separate(void **state)
{
    static const char *const lists[] = {
        "10.0.0.0/8,2001:db8::/32",
        "10.0.0.0/8 2001:db8::/32",
        " ,\t10.0.0.0/8 ,, \t 2001:db8::/32, ",
        "2001:DB8:0::0/32,10.0.0.0/8,10.0.0.0/8",
        "10.0.0.0/8 2001:db8:0:0:0:0:0.0.0.0/32",
    };
    static const struct probe probes[] = {
        {"10.1.2.3", "10.0.0.0/8"}, {"11.0.0.0", NULL}, {"2001:db8::1", "2001:db8::/32"}, {"127.0.0.1", NULL}};
    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++)
        expect_networks(lists[i], probes, COUNT(probes));
}

static void test_none_and_nothing_are_no_network(void **state)
{
    static const char *const lists[] = {"", "none", " none ", ",none,", " ", ", ,\t"};
    uint8_t address[16] = {127, 0, 0, 1};
    struct networks *made = parsed("bogons");
    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++) {
        char text[8] = "x";
        struct networks *networks = made;
        const char *why = "";
        assert_int_equal(networks_parse(&memory_libc, lists[i], &networks, &why), MXCHECK_OK);
        assert_null(networks);
        assert_false(networks_hold(networks, AF_INET, address));
        assert_false(networks_describe(networks, AF_INET, address, text, sizeof(text)));
        assert_string_equal(text, "");
    }
    networks_free(made, &memory_libc);
}

static void expect_refused(const char *list, const char *want)
{
    struct networks *networks = NULL;
    const char *why = "";
    assert_int_equal(networks_parse(&memory_libc, list, &networks, &why), MXCHECK_ERR_OPTION);
    assert_string_equal(why, want);
    assert_null(networks);
}

static void test_what_is_no_network_is_refused(void **state)
{
    static const char item[] = "there is an item that is neither an IP address, nor a network, nor the word bogons";
    static const char zone[] = "an address has a zone";
    static const char alone[] = "a prefix length stands without an address";
    static const char number[] = "a prefix length is not a plain number";
    static const char longer[] = "a prefix length is longer than its address";
    static const char beyond[] = "an address has bits set beyond its prefix length";
    static const char beside[] = "none stands beside others";
    static const struct {
        const char *list, *want;
    } rows[] = {
        {"localhost", item},
        {"bogon", item},
        {"bogonss", item},
        {"Bogons", item},
        {"bogons/8", item},
        {"None", item},
        {"10", item},
        {"10/8", item},
        {"10.0.0/8", item},
        {"10.0.0.0.0", item},
        {"256.0.0.0/8", item},
        {"010.0.0.0/8", item},
        {"0x0a.0.0.0/8", item},
        {"-1.0.0.0", item},
        {"[::1]", item},
        {"::1::", item},
        {"12345::", item},
        {"1:2:3:4:5:6:7", item},
        {"::10.0.0.0.0", item},
        {"::ffff:010.0.0.0", item},
        {"10.0.0.0;11.0.0.0", item},
        {"10.0.0.0\n", item},
        {"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", item},
        {"10.0.0.0/8, !192.0.2.1", item},
        {"fe80::1%lo", zone},
        {"fe80::%1/64", zone},
        {"/8", alone},
        {"10.0.0.0 /8", alone},
        {"10.0.0.0/", number},
        {"10.0.0.0/ 8", number},
        {"10.0.0.0/08", number},
        {"10.0.0.0/00", number},
        {"10.0.0.0/+8", number},
        {"10.0.0.0/-8", number},
        {"10.0.0.0/8/8", number},
        {"10.0.0.0/0x8", number},
        {"10.0.0.0/255.0.0.0", number},
        {"10.0.0.0/99999999999999999999x", number},
        {"::/12a", number},
        {"10.0.0.0/33", longer},
        {"::/129", longer},
        {"10.0.0.0/264", longer}, /* 8 in an octet */
        {"10.0.0.0/4294967304", longer},
        {"10.0.0.0/18446744073709551624", longer},
        {"10.0.0.1/8", beyond},
        {"10.0.0.1/31", beyond},
        {"10.64.0.0/9", beyond},
        {"10.0.128.0/9", beyond},
        {"0.0.0.1/0", beyond},
        {"128.0.0.0/0", beyond},
        {"2001:db8::1/32", beyond},
        {"2001:db8:8000::/32", beyond},
        {"::1/127", beyond},
        {"none none", beside},
        {"none, bogons", beside},
        {"10.0.0.0/8 none", beside},
        {"none rubbish", beside},
        {"bogons 10.0.0.1/8", beyond},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("# row %zu\n", i);
        expect_refused(rows[i].list, rows[i].want);
    }
}

static void test_a_thousand_networks_are_enough(void **state)
{
    static const struct probe probes[] = {
        {"10.0.0.0", "10.0.0.0/32"}, {"10.0.3.231", "10.0.3.231/32"}, {"10.0.3.232", "10.0.0.0/8"}};
    char list[16 * 1002] = "bogons";
    size_t length = strlen(list);
    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        length += (size_t)snprintf(list + length, sizeof(list) - length, ",10.0.%u.%u", i / 256, i % 256);
    expect_networks(list, probes, COUNT(probes));
    strcpy(list + length, ",bogons,bogons");
    expect_networks(list, probes, COUNT(probes));
    strcpy(list + length, ",::1");
    expect_refused(list, "there are more than 1,000 networks");
}

static void test_megabytes_are_refused_at_once(void **state)
{
    static const char *const pieces[] = {"1 ", "1", "10.0.0.0/8,", "/", "::"};
    size_t length = 8U << 20;
    char *list = malloc(length + 1);
    (void)state;
    assert_non_null(list);
    for (size_t i = 0; i < COUNT(pieces); i++) {
        struct networks *networks = NULL;
        const char *why = "";
        for (size_t at = 0; at < length; at++)
            list[at] = pieces[i][at % strlen(pieces[i])];
        list[length] = '\0';
        assert_int_equal(networks_parse(&memory_libc, list, &networks, &why), MXCHECK_ERR_OPTION);
        assert_string_not_equal(why, "");
        assert_null(networks);
    }
    free(list);
}

static void test_a_network_is_described_with_its_source(void **state)
{
    (void)state;
    struct networks *networks = parsed("bogons 203.0.113.0/25 2001:db8::/33");
    expect_text(networks, "127.0.0.1", "127.0.0.0/8, loopback, RFC 1122 section 3.2.1.3");
    expect_text(networks, "203.0.113.1", "203.0.113.0/25");
    expect_text(networks, "203.0.113.129", "203.0.113.0/24, documentation (TEST-NET-3), RFC 5737 section 3");
    expect_text(networks, "2001:db8::1", "2001:db8::/33");
    expect_text(networks, "fe80::1", "fe80::/10, link-local, RFC 4291 section 2.5.6");
    expect_text(networks, "::1", "::1/128, loopback, RFC 4291 section 2.5.3");
    expect_text(networks, "::ffff:10.1.2.3", "10.0.0.0/8, private use, RFC 1918 section 3, within ::ffff:10.1.2.3");
    expect_text(networks, "2002:cb00:7101::1", "203.0.113.0/25, within 2002:cb00:7101::1");
    expect_text(networks, "8.8.8.8", "");
    expect_text(networks, "::ffff:8.8.8.8", "");
    networks_free(networks, &memory_libc);
}

static void test_a_description_is_cut_to_size(void **state)
{
    static const char whole[] = "10.0.0.0/8, private use, RFC 1918 section 3, within ::ffff:10.1.2.3";
    uint8_t address[16];
    (void)state;
    struct networks *networks = parsed("bogons");
    int family = read_address("::ffff:10.1.2.3", address);
    for (size_t size = 1; size <= sizeof(whole); size++) {
        char text[sizeof(whole) + 1];
        memset(text, 'x', sizeof(text));
        assert_true(networks_describe(networks, family, address, text, size));
        assert_int_equal(strlen(text), size - 1);
        assert_memory_equal(text, whole, size - 1);
        assert_int_equal(text[size], 'x');
    }
    assert_true(networks_describe(networks, family, address, NULL, 0));
    networks_free(networks, &memory_libc);
}

static void test_a_copy_outlives_its_original(void **state)
{
    (void)state;
    struct networks *networks = parsed("192.0.2.128/25, bogons");
    struct networks *copy = networks_copy(networks, &memory_libc);
    assert_non_null(copy);
    assert_ptr_not_equal(copy, networks);
    networks_free(networks, &memory_libc);
    expect_network(copy, "192.0.2.129", "192.0.2.128/25");
    expect_network(copy, "192.0.2.1", "192.0.2.0/24");
    expect_network(copy, "ffff::", "ff00::/8");
    expect_network(copy, "192.0.0.9", NULL);
    networks_free(copy, &memory_libc);
    assert_null(networks_copy(NULL, &memory_libc));
    networks_free(NULL, &memory_libc);
}

static void test_memory_that_runs_out_leaks_nothing(void **state)
{
    bool done = false;
    int failures = 0;
    (void)state;
    for (int n = 0; !done; n++) {
        struct networks *networks = NULL;
        struct networks *copy = NULL;
        const char *why = "";
        scarce.left = n;
        mxcheck_status status = networks_parse(&scarce_memory, "bogons 192.0.2.1", &networks, &why);
        assert_int_equal(status == MXCHECK_OK, networks != NULL);
        if (status != MXCHECK_OK)
            assert_int_equal(status, MXCHECK_ERR_NOMEM);
        else
            copy = networks_copy(networks, &scarce_memory);
        done = copy != NULL;
        failures += !done;
        networks_free(copy, &scarce_memory);
        networks_free(networks, &scarce_memory);
        assert_string_equal(why, "");
        assert_int_equal(scarce.live, 0);
    }
    assert_int_equal(failures, 2);
}

static void test_a_refused_list_and_no_network_leave_no_block(void **state)
{
    static const char *const lists[] = {"bogons 10.0.0.1/8", "none bogons", "none", ""};
    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct networks *networks = NULL;
        const char *why = "";
        scarce.left = 100;
        networks_parse(&scarce_memory, lists[i], &networks, &why);
        assert_null(networks);
        assert_int_equal(scarce.live, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bogons_hold_ipv4_by_the_registry),
        cmocka_unit_test(test_bogons_hold_ipv6_by_the_registry),
        cmocka_unit_test(test_the_table_has_every_row_of_the_registries_once),
        cmocka_unit_test(test_an_embedded_ipv4_address_is_held),
        cmocka_unit_test(test_unspecified_and_loopback_embed_nothing),
        cmocka_unit_test(test_an_ipv6_network_holds_what_embeds_ipv4),
        cmocka_unit_test(test_an_exception_of_bogons_counts_for_embedded_addresses),
        cmocka_unit_test(test_a_network_of_the_list_beats_an_exception_of_bogons),
        cmocka_unit_test(test_every_prefix_length_ends_where_it_says),
        cmocka_unit_test(test_a_network_is_of_one_family),
        cmocka_unit_test(test_no_other_family_is_held),
        cmocka_unit_test(test_an_address_alone_is_a_network_of_itself),
        cmocka_unit_test(test_commas_and_blanks_separate),
        cmocka_unit_test(test_none_and_nothing_are_no_network),
        cmocka_unit_test(test_what_is_no_network_is_refused),
        cmocka_unit_test(test_a_thousand_networks_are_enough),
        cmocka_unit_test(test_megabytes_are_refused_at_once),
        cmocka_unit_test(test_a_network_is_described_with_its_source),
        cmocka_unit_test(test_a_description_is_cut_to_size),
        cmocka_unit_test(test_a_copy_outlives_its_original),
        cmocka_unit_test(test_memory_that_runs_out_leaks_nothing),
        cmocka_unit_test(test_a_refused_list_and_no_network_leave_no_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
