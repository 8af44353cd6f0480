/* SPDX-License-Identifier: BSD-2-Clause */
/* query.h: finds the query that getdns sends, to learn its id.
 *
 * getdns tells nobody the id that it draws for a query. But it builds the query in memory that it has from us
 * (freelist.h), in the block of the request, and a query is easy to recognise: its header but for the id, the name in
 * its random letter case, type and class are known. In getdns 1.6 and 1.7 it is always at the same place of the block.
 * Where it is not found, only getdns can check the id of an answer. */
#ifndef MXCHECK_DNS_GETDNS_QUERY_H
#define MXCHECK_DNS_GETDNS_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is a query for this name (presentation form, in its letter case) and type in block[size]? *place: where it was last
 * time, and where it is. Every octet of the block must have been written before. */
bool query_find(const uint8_t *block, size_t size, const char *name, uint16_t type, size_t *place);

#endif
