/* SPDX-License-Identifier: BSD-2-Clause */
/* network.c: sets of IP networks, and the IPv4 addresses that IPv6 addresses embed. */
#include "mail/network.h"

#include "base/memory.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#define IPV4_OCTETS 4
#define IPV6_OCTETS 16

enum rule { FORBIDDEN, REACHABLE, EMBEDDING };

struct network {
    uint8_t octets[IPV6_OCTETS];
    uint8_t size; /* octets of an address */
    uint8_t prefix;
};

struct networks {
    bool has_bogons;
    size_t count;
    struct network network[]; /* those of the list itself */
};

const struct networks networks_bogons = {.has_bogons = true};

static const struct {
    struct network network;
    enum rule rule;
    const char *about;
} bogons[] = {
#define V4(a, b, c, d) .octets = {a, b, c, d}, .size = IPV4_OCTETS
#define PAIR(group) (group) >> 8, (group)&0xff
#define V6(a, b, c, d, e, f, g, h)                                                                                     \
    .octets = {PAIR(a), PAIR(b), PAIR(c), PAIR(d), PAIR(e), PAIR(f), PAIR(g), PAIR(h)}, .size = IPV6_OCTETS
#define ROW(address, length, rule, name, source) {{address, .prefix = (length)}, rule, name ", " source},
#include "mail/bogons.def"
#undef ROW
};

/* An item of a list; it begins with {list, 0}. */
struct item {
    const char *text;
    size_t length;
};

struct census {
    size_t items;
    size_t networks;
    bool has_bogons;
    bool has_none;
};

static bool next_item(struct item *item)
{
    static const char separators[] = ", \t";
    item->text += item->length;
    item->text += strspn(item->text, separators);
    item->length = strcspn(item->text, separators);
    return item->length > 0;
}

static bool is_word(const struct item *item, const char *word)
{
    return item->length == strlen(word) && memcmp(item->text, word, item->length) == 0;
}

/* The look at the characters keeps out what some inet_pton() take besides, such as a zone after '%' (RFC 4007 section
 * 11). */
static bool read_address(const char *text, size_t length, struct network *network)
{
    char copy[INET6_ADDRSTRLEN];
    bool is_ipv6 = memchr(text, ':', length) != NULL;
    if (length >= sizeof(copy))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    network->size = is_ipv6 ? IPV6_OCTETS : IPV4_OCTETS;
    return strspn(copy, is_ipv6 ? "0123456789abcdefABCDEF:." : "0123456789.") == length &&
           inet_pton(is_ipv6 ? AF_INET6 : AF_INET, copy, network->octets) == 1;
}

/* RFC 4632 section 3.1, RFC 4291 section 2.3: a decimal number of bits. */
static const char *read_prefix(const char *digits, size_t length, struct network *network)
{
    unsigned prefix = 0;
    if (length == 0 || (length > 1 && *digits == '0'))
        return "a prefix length is not a plain number";
    for (size_t i = 0; i < length; i++) {
        if (!text_is_digit(digits[i]))
            return "a prefix length is not a plain number";
        if (prefix <= 8U * IPV6_OCTETS) /* more is too much already */
            prefix = prefix * 10 + (unsigned)(digits[i] - '0');
    }
    if (prefix > 8U * network->size)
        return "a prefix length is longer than its address";
    network->prefix = (uint8_t)prefix;
    return NULL;
}

static bool has_host_bits(const struct network *network)
{
    unsigned beyond = 0xffU >> (network->prefix % 8);
    for (size_t i = network->prefix / 8; i < network->size; i++) {
        if ((network->octets[i] & beyond) != 0)
            return true;
        beyond = 0xff;
    }
    return false;
}

/* Read a network, or an address alone. Returns what is wrong with it, or NULL. */
static const char *read_network(const struct item *item, struct network *network)
{
    const char *slash = memchr(item->text, '/', item->length);
    size_t length = slash == NULL ? item->length : (size_t)(slash - item->text);
    const char *fault = NULL;
    if (length == 0)
        return "a prefix length stands without an address";
    if (memchr(item->text, '%', length) != NULL)
        return "an address has a zone";
    if (!read_address(item->text, length, network))
        return "there is an item that is neither an IP address, nor a network, nor the word bogons";
    if (slash == NULL)
        network->prefix = (uint8_t)(8 * network->size);
    else
        fault = read_prefix(slash + 1, item->length - length - 1, network);
    if (fault == NULL && has_host_bits(network))
        fault = "an address has bits set beyond its prefix length";
    return fault;
}

/* Count what a list has. Returns what is wrong with that, or NULL. */
static const char *take_census(const char *list, struct census *census)
{
    struct item item = {list, 0};
    memset(census, 0, sizeof(*census));
    while (next_item(&item)) {
        bool is_bogons = is_word(&item, "bogons");
        census->items++;
        census->networks += !is_bogons;
        census->has_bogons = census->has_bogons || is_bogons;
        census->has_none = census->has_none || is_word(&item, "none");
    }
    if (census->has_none && census->items > 1)
        return "none stands beside others";
    return census->networks > NETWORKS_MAX ? "there are more than 1,000 networks" : NULL;
}

static const char *add_list(struct networks *networks, const char *list)
{
    struct item item = {list, 0};
    const char *fault = NULL;
    while (fault == NULL && next_item(&item)) {
        if (!is_word(&item, "bogons"))
            fault = read_network(&item, &networks->network[networks->count++]);
    }
    return fault;
}

static size_t size_of(size_t count)
{
    return sizeof(struct networks) + count * sizeof(struct network);
}

mxcheck_status networks_parse(const struct memory *memory, const char *list, struct networks **networks,
                              const char **why)
{
    struct census census;
    const char *fault = take_census(list, &census);
    if (fault != NULL) {
        *why = fault;
        return MXCHECK_ERR_OPTION;
    }
    if (census.items == 0 || census.has_none) {
        *networks = NULL;
        return MXCHECK_OK;
    }
    if (census.networks == 0) {
        *networks = (struct networks *)(uintptr_t)&networks_bogons;
        return MXCHECK_OK;
    }
    struct networks *made = memory_zalloc(memory, 1, size_of(census.networks));
    if (made == NULL)
        return MXCHECK_ERR_NOMEM;
    made->has_bogons = census.has_bogons;
    fault = add_list(made, list);
    if (fault != NULL) {
        networks_free(made, memory);
        *why = fault;
        return MXCHECK_ERR_OPTION;
    }
    *networks = made;
    return MXCHECK_OK;
}

struct networks *networks_copy(const struct networks *networks, const struct memory *memory)
{
    if (networks == NULL || networks == &networks_bogons)
        return (struct networks *)(uintptr_t)networks;
    size_t size = size_of(networks->count);
    struct networks *copy = memory_alloc(memory, size);
    if (copy != NULL)
        memcpy(copy, networks, size);
    return copy;
}

void networks_free(struct networks *networks, const struct memory *memory)
{
    if (networks != &networks_bogons)
        memory_free(memory, networks);
}

static bool is_within(const struct network *network, const uint8_t *address, size_t size)
{
    size_t whole = network->prefix / 8;
    unsigned mask = (0xff00U >> (network->prefix % 8)) & 0xffU; /* of the octet in two parts; 0: there is none */
    if (network->size != size || memcmp(network->octets, address, whole) != 0)
        return false;
    return mask == 0 || ((network->octets[whole] ^ address[whole]) & mask) == 0;
}

/* What holds an address. */
struct holder {
    const struct network *network; /* NULL: nothing does */
    const char *about;             /* of bogons: name and source; NULL: it is of the list itself */
};

/* The one with the longest prefix, if that is forbidden. */
static struct holder find_bogon(const uint8_t *address, size_t size)
{
    struct holder longest = {NULL, NULL};
    enum rule rule = FORBIDDEN;
    for (size_t i = 0; i < sizeof(bogons) / sizeof(bogons[0]); i++) {
        const struct network *network = &bogons[i].network;
        if (!is_within(network, address, size) ||
            (longest.network != NULL && network->prefix <= longest.network->prefix))
            continue;
        longest = (struct holder){network, bogons[i].about};
        rule = bogons[i].rule;
    }
    return rule == FORBIDDEN ? longest : (struct holder){NULL, NULL};
}

/* Any network of the list itself, and then bogons. */
static struct holder find(const struct networks *networks, const uint8_t *address, size_t size)
{
    for (size_t i = 0; i < networks->count; i++) {
        if (is_within(&networks->network[i], address, size))
            return (struct holder){&networks->network[i], NULL};
    }
    return networks->has_bogons ? find_bogon(address, size) : (struct holder){NULL, NULL};
}

/* Are these :: and ::1, which embed nothing (RFC 4291 sections 2.5.2 and 2.5.3)? */
static bool is_unspecified_or_loopback(const uint8_t *address)
{
    static const struct network both = {.size = IPV6_OCTETS, .prefix = 127};
    return is_within(&both, address, IPV6_OCTETS);
}

/* The network that holds an IPv4 address within this IPv6 address. */
static struct holder find_embedded(const struct networks *networks, const uint8_t *address)
{
    static const struct {
        uint8_t start[12];
        uint8_t length;  /* octets of the start */
        uint8_t at;      /* where the IPv4 address is */
        uint8_t flipped; /* bits of each of its octets */
    } rows[] = {
        {{0}, 12, 12, 0x00},                        /* IPv4-compatible, RFC 4291 section 2.5.5.1 */
        {{[10] = 0xff, [11] = 0xff}, 12, 12, 0x00}, /* IPv4-mapped, RFC 4291 section 2.5.5.2 */
        {{0x00, 0x64, 0xff, 0x9b}, 12, 12, 0x00},   /* NAT64, RFC 6052 section 2.1 */
        {{0x20, 0x02}, 2, 2, 0x00},                 /* 6to4, RFC 3056 section 2 */
        {{0x20, 0x01, 0x00, 0x00}, 4, 4, 0x00},     /* the server of Teredo, RFC 4380 section 4 */
        {{0x20, 0x01, 0x00, 0x00}, 4, 12, 0xff},    /* its client, likewise */
    };
    struct holder found = {NULL, NULL};
    if (is_unspecified_or_loopback(address))
        return found;
    for (size_t i = 0; found.network == NULL && i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t embedded[IPV4_OCTETS];
        if (memcmp(address, rows[i].start, rows[i].length) != 0)
            continue;
        for (size_t j = 0; j < IPV4_OCTETS; j++)
            embedded[j] = address[rows[i].at + j] ^ rows[i].flipped;
        found = find(networks, embedded, IPV4_OCTETS);
    }
    return found;
}

static struct holder search(const struct networks *networks, int family, const uint8_t *address, bool *is_embedded)
{
    *is_embedded = false;
    if (networks == NULL || (family != AF_INET && family != AF_INET6))
        return (struct holder){NULL, NULL};
    struct holder found = find(networks, address, family == AF_INET ? IPV4_OCTETS : IPV6_OCTETS);
    if (found.network != NULL || family == AF_INET)
        return found;
    *is_embedded = true;
    return find_embedded(networks, address);
}

bool networks_hold(const struct networks *networks, int family, const uint8_t *address)
{
    bool is_embedded;
    return search(networks, family, address, &is_embedded).network != NULL;
}

static void put_address(struct text *text, size_t size, const uint8_t *address)
{
    char words[INET6_ADDRSTRLEN];
    if (inet_ntop(size == IPV4_OCTETS ? AF_INET : AF_INET6, address, words, sizeof(words)) != NULL)
        text_puts(text, words);
}

bool networks_describe(const struct networks *networks, int family, const uint8_t *address, char *text, size_t size)
{
    struct text out;
    bool is_embedded;
    struct holder found = search(networks, family, address, &is_embedded);
    text_init(&out, text, size);
    if (found.network == NULL)
        return false;
    put_address(&out, found.network->size, found.network->octets);
    text_printf(&out, "/%u", (unsigned)found.network->prefix);
    if (found.about != NULL)
        text_printf(&out, ", %s", found.about);
    if (is_embedded) {
        text_puts(&out, ", within ");
        put_address(&out, IPV6_OCTETS, address);
    }
    return true;
}
