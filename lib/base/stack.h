/* SPDX-License-Identifier: BSD-2-Clause */
/* stack.h: how much is left of the current stack. */
#ifndef MXCHECK_BASE_STACK_H
#define MXCHECK_BASE_STACK_H

#include <stddef.h>

/* In octets. SIZE_MAX when that is unknown: the system does not say, or the current stack is not the thread's own, such
 * as that of a coroutine or a signal handler. Costs some microseconds, more on the first thread. */
size_t stack_left(void);

#endif
