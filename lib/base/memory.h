/* SPDX-License-Identifier: BSD-2-Clause */
/* memory.h: the caller's memory functions, carried along by everything that allocates. */
#ifndef MXCHECK_BASE_MEMORY_H
#define MXCHECK_BASE_MEMORY_H

#include <stddef.h>

/* As malloc, realloc and free with a last argument of the caller's own; safe to call from every thread. */
struct memory {
    void *(*malloc)(size_t size, void *user_data);
    void *(*realloc)(void *pointer, size_t size, void *user_data);
    void (*free)(void *pointer, void *user_data);
    void *user_data;
};

/* The C library's malloc, realloc and free. */
extern const struct memory memory_libc;

/* Gives `size` bytes, or NULL. */
void *memory_alloc(const struct memory *memory, size_t size);

/* Gives count * size bytes of zeros, or NULL (when the product overflows, too). */
void *memory_zalloc(const struct memory *memory, size_t count, size_t size);

/* Grows or shrinks; on NULL the old block stands. */
void *memory_realloc(const struct memory *memory, void *block, size_t size);

/* Takes NULL. */
void memory_free(const struct memory *memory, void *block);

/* Copies a string, or gives NULL. */
char *memory_strdup(const struct memory *memory, const char *string);

#endif
