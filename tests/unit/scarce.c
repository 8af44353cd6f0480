/* SPDX-License-Identifier: BSD-2-Clause */
/* scarce.c: the C library's memory, counted. */
#include "scarce.h"

#include <stdlib.h>

struct scarce scarce;

static void *scarce_malloc(size_t size, void *user_data)
{
    (void)user_data;
    void *block = scarce.left-- > 0 ? malloc(size) : NULL;
    scarce.live += block != NULL;
    return block;
}

static void *scarce_realloc(void *pointer, size_t size, void *user_data)
{
    (void)user_data;
    void *block = scarce.left-- > 0 ? realloc(pointer, size) : NULL;
    scarce.live += pointer == NULL && block != NULL;
    return block;
}

static void scarce_free(void *pointer, void *user_data)
{
    (void)user_data;
    scarce.live -= pointer != NULL;
    free(pointer);
}

const struct memory scarce_memory = {scarce_malloc, scarce_realloc, scarce_free, NULL};
