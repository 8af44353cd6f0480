/* SPDX-License-Identifier: BSD-2-Clause */
/* freelist.h: memory for getdns: size classes that are kept and used again, and that never run dry under it. */
#ifndef MXCHECK_DNS_GETDNS_FREELIST_H
#define MXCHECK_DNS_GETDNS_FREELIST_H

#include <mxcheck/mxcheck.h>

/* getdns builds and destroys a dict for every answer, and crashes when an allocation fails. So blocks come from lists
 * by size; lists are filled from the caller's memory functions, and where those fail from what was set aside. */
struct freelist;

struct freelist *freelist_new(const mxcheck_memory *memory);

/* Set aside, or make whole again, what getdns lives on should memory run out under a question: room for some hundred
 * records, or for the longest message and its copies. To be called before each question. Returns 0, or -1 when there is
 * no memory for that: then nothing may be asked. */
int freelist_set_aside(struct freelist *freelist);

/* Releases every block, whether given back or not. */
void freelist_destroy(struct freelist *freelist);

/* In the shape that getdns wants; `freelist` is a struct freelist. */
void *freelist_malloc(void *freelist, size_t size);
void *freelist_zalloc(void *freelist, size_t size); /* zeroed */
void *freelist_realloc(void *freelist, void *block, size_t size);
void freelist_free(void *freelist, void *block);

#endif
