/* SPDX-License-Identifier: BSD-2-Clause */
/* transaction.c: an id is the time, the process and a count. */
#include "transaction.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

void transaction_name(char id[TRANSACTION_SIZE])
{
    static atomic_uint last;
    snprintf(id, TRANSACTION_SIZE, "%" PRIx64 ".%x.%x", (uint64_t)time(NULL), (unsigned)getpid(),
             atomic_fetch_add(&last, 1));
}
