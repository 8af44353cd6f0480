/* SPDX-License-Identifier: BSD-2-Clause */
/* freelist.h: memory for getdns: size classes that are kept and used again, and that never run dry under it. */
#ifndef MXCHECK_DNS_FREELIST_H
#define MXCHECK_DNS_FREELIST_H

#include <mxcheck/mxcheck.h>

/* getdns builds and destroys a dict for every answer, and crashes when an allocation fails. So blocks come from lists
 * by size, lists are filled from the caller's memory functions, and from the C library's where those fail. */
struct freelist;

struct freelist *freelist_new(const mxcheck_memory *memory);

/* Releases every block, whether given back or not. */
void freelist_destroy(struct freelist *freelist);

/* In the shape that getdns wants; `freelist` is a struct freelist. */
void *freelist_malloc(void *freelist, size_t size);
void *freelist_zalloc(void *freelist, size_t size); /* zeroed */
void *freelist_realloc(void *freelist, void *block, size_t size);
void freelist_free(void *freelist, void *block);

#endif
