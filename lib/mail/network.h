/* SPDX-License-Identifier: BSD-2-Clause */
/* network.h: sets of IP networks: CIDR blocks and the word "bogons". Pure but for the memory of a parsed list. */
#ifndef MXCHECK_MAIL_NETWORK_H
#define MXCHECK_MAIL_NETWORK_H

#include "base/memory.h"

#include <mxcheck/mxcheck.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Networks that a list may name; the word bogons is none of them. */
#define NETWORKS_MAX 1000

/* Immutable, one block. NULL is the set of no networks. */
struct networks;

/* The word bogons alone. */
extern const struct networks networks_bogons;

/* Parse a list separated by commas and blanks: 10.0.0.0/8, 2001:db8::/32, an address alone (192.0.2.1, fe80::1), the
 * word bogons (bogons.def); or the word none alone, or nothing, for no network at all. Gives *networks, NULL for no
 * network. Returns MXCHECK_OK, MXCHECK_ERR_NOMEM, or MXCHECK_ERR_OPTION with a static sentence in *why. *networks is
 * written only on MXCHECK_OK. */
mxcheck_status networks_parse(const struct memory *memory, const char *list, struct networks **networks,
                              const char **why);

/* Gives a copy; NULL when memory ran out, and for NULL. */
struct networks *networks_copy(const struct networks *networks, const struct memory *memory);

/* Takes NULL. */
void networks_free(struct networks *networks, const struct memory *memory);

/* Does an address in network order (AF_INET: 4 octets, AF_INET6: 16; no other family is ever held) lie in one of the
 * networks, or does an IPv4 address that it embeds: IPv4-mapped, IPv4-compatible, NAT64, 6to4, Teredo? A network of the
 * list itself holds what bogons would let pass. Allocates nothing. */
bool networks_hold(const struct networks *networks, int family, const uint8_t *address);

/* The same, and says which network for people: "203.0.113.0/24" of the list, "127.0.0.0/8, loopback, RFC 1122 section
 * 3.2.1.3" of bogons; of an embedded address followed by ", within ::ffff:127.0.0.1". An empty text when none holds it.
 * Cut to size. */
bool networks_describe(const struct networks *networks, int family, const uint8_t *address, char *text, size_t size);

#endif
