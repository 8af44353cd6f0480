/* SPDX-License-Identifier: BSD-2-Clause */
/* memory.h: the caller's memory functions, carried along by everything that allocates. */
#ifndef MXCHECK_BASE_MEMORY_H
#define MXCHECK_BASE_MEMORY_H

#include <mxcheck/mxcheck.h>

/* The C library's malloc, realloc and free. */
extern const mxcheck_memory memory_libc;

/* Gives `size` bytes, or NULL. */
void *memory_alloc(const mxcheck_memory *memory, size_t size);

/* Gives count * size bytes of zeros, or NULL (when the product overflows, too). */
void *memory_zalloc(const mxcheck_memory *memory, size_t count, size_t size);

/* Grows or shrinks; on NULL the old block stands. */
void *memory_realloc(const mxcheck_memory *memory, void *block, size_t size);

/* Takes NULL. */
void memory_free(const mxcheck_memory *memory, void *block);

/* Copies a string, or gives NULL. */
char *memory_strdup(const mxcheck_memory *memory, const char *string);

#endif
