/* SPDX-License-Identifier: BSD-2-Clause */
/* networks.c: networks are compared bit by bit, as they are written. */
#include "networks.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool read_address(const char *text, struct network *network)
{
    if (inet_pton(AF_INET, text, network->address) == 1) {
        network->family = AF_INET;
        network->prefix = 32;
        return true;
    }
    if (inet_pton(AF_INET6, text, network->address) != 1)
        return false;
    network->family = AF_INET6;
    network->prefix = 128;
    if (memcmp(network->address, mapped, sizeof(mapped)) == 0) {
        memmove(network->address, network->address + sizeof(mapped), 4);
        network->family = AF_INET;
        network->prefix = 32;
    }
    return true;
}

static bool read_network(char *text, struct network *network)
{
    char *slash = strchr(text, '/');
    char *end = NULL;
    if (slash != NULL)
        *slash = '\0';
    bool is_address = read_address(text, network);
    if (slash == NULL)
        return is_address;
    *slash = '/';
    unsigned long prefix = strtoul(slash + 1, &end, 10);
    if (!is_address || slash[1] < '0' || slash[1] > '9' || *end != '\0' || prefix > network->prefix)
        return false;
    network->prefix = (unsigned)prefix;
    return true;
}

bool networks_add(struct networks *networks, char *text, const char **wrong)
{
    char *rest = NULL;
    *wrong = NULL;
    for (char *word = strtok_r(text, ", \t", &rest); word != NULL; word = strtok_r(NULL, ", \t", &rest)) {
        struct network network = {0};
        if (!read_network(word, &network)) {
            *wrong = word;
            return false;
        }
        struct network *list = realloc(networks->list, (networks->count + 1) * sizeof(*list));
        if (list == NULL)
            return false;
        networks->list = list;
        list[networks->count++] = network;
    }
    return true;
}

void networks_clear(struct networks *networks)
{
    free(networks->list);
    *networks = (struct networks){NULL, 0};
}

static bool is_within(const struct network *network, const struct network *address)
{
    size_t octets = network->prefix / 8;
    unsigned bits = network->prefix % 8;
    if (network->family != address->family || memcmp(network->address, address->address, octets) != 0)
        return false;
    return bits == 0 || (network->address[octets] ^ address->address[octets]) >> (8 - bits) == 0;
}

bool networks_have(const struct networks *networks, const char *address)
{
    struct network client = {0};
    if (!read_address(address, &client))
        return false;
    for (size_t i = 0; i < networks->count; i++) {
        if (is_within(&networks->list[i], &client))
            return true;
    }
    return false;
}
