/* SPDX-License-Identifier: BSD-2-Clause */
/* stack.c: from here down to the lowest address of the thread's stack, which grows downwards. */
#define _GNU_SOURCE /* pthread_getattr_np */
#include "base/stack.h"

#include <pthread.h>
#include <stdint.h>

/* In some C libraries the lowest octets are the guard; these give its size in the attributes. */
static size_t left_of(const pthread_attr_t *attributes, uintptr_t here)
{
    void *lowest = NULL;
    size_t size = 0, guard = 0;
    if (pthread_attr_getstack(attributes, &lowest, &size) != 0 || pthread_attr_getguardsize(attributes, &guard) != 0)
        return SIZE_MAX;
    uintptr_t from = (uintptr_t)lowest;
    if (here < from || here - from >= size)
        return SIZE_MAX;
    return here - from > guard ? here - from - guard : 0;
}

size_t stack_left(void)
{
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return SIZE_MAX;
    size_t left = left_of(&attributes, (uintptr_t)__builtin_frame_address(0));
    pthread_attr_destroy(&attributes);
    return left;
}
