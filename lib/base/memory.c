/* SPDX-License-Identifier: BSD-2-Clause */
/* memory.c: allocation through the caller's functions. */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *libc_malloc(size_t size, void *user_data)
{
    (void)user_data;
    return malloc(size);
}

static void *libc_realloc(void *pointer, size_t size, void *user_data)
{
    (void)user_data;
    return realloc(pointer, size);
}

static void libc_free(void *pointer, void *user_data)
{
    (void)user_data;
    free(pointer);
}

const struct memory memory_libc = {libc_malloc, libc_realloc, libc_free, NULL};

void *memory_alloc(const struct memory *memory, size_t size)
{
    return memory->malloc(size, memory->user_data);
}

void *memory_zalloc(const struct memory *memory, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    void *block = memory_alloc(memory, count * size);
    if (block != NULL)
        memset(block, 0, count * size);
    return block;
}

void *memory_realloc(const struct memory *memory, void *block, size_t size)
{
    return memory->realloc(block, size, memory->user_data);
}

void memory_free(const struct memory *memory, void *block)
{
    if (block != NULL)
        memory->free(block, memory->user_data);
}

char *memory_strdup(const struct memory *memory, const char *string)
{
    size_t size = strlen(string) + 1;
    char *copy = memory_alloc(memory, size);
    if (copy != NULL)
        memcpy(copy, string, size);
    return copy;
}
