/* SPDX-License-Identifier: BSD-2-Clause */
/* stack.h: how much is left of the stack that we run on. */
#ifndef MXCHECK_BASE_STACK_H
#define MXCHECK_BASE_STACK_H

#include <stddef.h>

/* In octets; SIZE_MAX where it cannot be told: the system does not say, or we run on a stack that is not the thread's
 * own, such as that of a coroutine or of a signal handler. Costs some microseconds, on the first thread more. */
size_t stack_left(void);

#endif
