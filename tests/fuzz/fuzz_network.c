/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_network.c: any text is parsed as a list of networks without harm; holding and describing agree; an IPv4 address
 * is held whatever embeds it; and the network told of is a list that holds what it was told of. Build with clang
 * -fsanitize=fuzzer,address,undefined. */
#include "base/memory.h"
#include "mail/network.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_so)
{
    if (!is_so)
        abort();
}

static void try_told(const char *text, int family, const uint8_t *address)
{
    char list[160];
    struct networks *networks = NULL;
    const char *why = NULL;
    strcpy(list, text);
    list[strcspn(list, ",")] = '\0';
    mxcheck_status status = networks_parse(&memory_libc, list, &networks, &why);
    if (status != MXCHECK_ERR_NOMEM)
        demand(status == MXCHECK_OK && networks_hold(networks, family, address));
    networks_free(networks, &memory_libc);
}

static bool look(const struct networks *networks, int family, const uint8_t *address)
{
    char text[160];
    bool is_held = networks_describe(networks, family, address, text, sizeof(text));
    demand(is_held == networks_hold(networks, family, address));
    demand(is_held == (text[0] != '\0'));
    if (is_held)
        try_told(text, family, address);
    return is_held;
}

/* Mapped, NAT64, 6to4, and as a client of Teredo. */
static void look_embedded(const struct networks *networks, const uint8_t *ipv4)
{
    uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff};
    uint8_t nat64[16] = {0x00, 0x64, 0xff, 0x9b};
    uint8_t via_6to4[16] = {0x20, 0x02};
    uint8_t teredo[16] = {0x20, 0x01};
    memcpy(mapped + 12, ipv4, 4);
    memcpy(nat64 + 12, ipv4, 4);
    memcpy(via_6to4 + 2, ipv4, 4);
    for (int i = 0; i < 4; i++)
        teredo[12 + i] = (uint8_t)~ipv4[i];
    demand(look(networks, AF_INET6, mapped));
    demand(look(networks, AF_INET6, nat64));
    demand(look(networks, AF_INET6, via_6to4));
    demand(look(networks, AF_INET6, teredo));
}

/* The data are an address, and the list. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct networks *networks = NULL;
    const char *why = NULL;
    if (size < 16)
        return 0;
    char *list = calloc(size - 15, 1);
    if (list == NULL)
        return 0;
    memcpy(list, data + 16, size - 16);
    mxcheck_status status = networks_parse(&memory_libc, list, &networks, &why);
    free(list);
    demand((status == MXCHECK_ERR_OPTION) == (why != NULL));
    demand(status == MXCHECK_OK || networks == NULL);
    look(networks, AF_INET6, data);
    if (look(networks, AF_INET, data))
        look_embedded(networks, data);
    networks_free(networks, &memory_libc);
    return 0;
}
