/* SPDX-License-Identifier: BSD-2-Clause */
/* stripe.c: which processor this is. */
#define _GNU_SOURCE /* sched_getcpu */
#include "base/stripe.h"

#include <sched.h>

unsigned stripe_here(void)
{
    return (unsigned)sched_getcpu() % STRIPES; /* -1, where the system does not know, is a stripe, too */
}
