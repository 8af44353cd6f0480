/* SPDX-License-Identifier: BSD-2-Clause */
/* scarce.h: memory that is out from the n-th allocation on, and that counts what is not given back. */
#ifndef MXCHECK_TESTS_SCARCE_H
#define MXCHECK_TESTS_SCARCE_H

#include "base/memory.h"

#include <mxcheck/mxcheck.h>

struct scarce {
    long left; /* allocations that succeed yet */
    long live; /* blocks that are not given back */
};

extern struct scarce scarce;
extern const struct memory scarce_memory;

#endif
