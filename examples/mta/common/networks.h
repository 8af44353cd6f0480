/* SPDX-License-Identifier: BSD-2-Clause */
/* networks.h: a list of networks such as 192.0.2.0/24 and 2001:db8::/32, and whether a client is in it. */
#ifndef MTA_NETWORKS_H
#define MTA_NETWORKS_H

#include <stdbool.h>
#include <stddef.h>

struct network {
    int family;
    unsigned char address[16];
    unsigned prefix; /* bits */
};

struct networks {
    struct network *list;
    size_t count;
};

/* Add those of a text, which are separated by commas or spaces. False: `wrong` (which lies in `text`) is no network, or
 * NULL when memory ran out. */
bool networks_add(struct networks *networks, char *text, const char **wrong);
void networks_clear(struct networks *networks);

/* Is this address in one of them? An IPv4-mapped IPv6 address is taken for the IPv4 address. */
bool networks_have(const struct networks *networks, const char *address);

#endif
