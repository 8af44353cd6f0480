/* SPDX-License-Identifier: BSD-2-Clause */
/* freelist.h: memory for getdns, in size classes that are reused and do not run out during a query. */
#ifndef MXCHECK_DNS_GETDNS_FREELIST_H
#define MXCHECK_DNS_GETDNS_FREELIST_H

#include "base/memory.h"

#include <mxcheck/mxcheck.h>

#include <stdint.h>

/* getdns takes several blocks for every query, and crashes when an allocation fails. So its blocks come from
 * free lists, which are filled by the caller's memory functions and, when those fail, from a reserve. */
struct freelist;

struct freelist *freelist_new(const struct memory *memory);

/* Fill the reserve that getdns uses when memory runs out during a query: enough for some hundred records, or for the
 * longest message and its copies. Call it before each query. Returns 0, or -1 when there is no memory for it; then
 * nothing may be sent. */
int freelist_set_aside(struct freelist *freelist);

/* Releases every block, whether given back or not. */
void freelist_destroy(struct freelist *freelist);

/* In the shape that getdns wants; `freelist` is a struct freelist. */
void *freelist_malloc(void *freelist, size_t size);
void *freelist_zalloc(void *freelist, size_t size); /* zeroed */
void *freelist_realloc(void *freelist, void *block, size_t size);
void freelist_free(void *freelist, void *block);

/* The largest block given since freelist_forget_largest, with its size. NULL when there is none, or when it has been
 * given back. It may be read until the freelist is destroyed. */
void freelist_forget_largest(struct freelist *freelist);
const uint8_t *freelist_largest(const struct freelist *freelist, size_t *size);

#endif
