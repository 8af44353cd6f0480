/* SPDX-License-Identifier: BSD-2-Clause */
/* stripe.h: a few counters by processor, so that threads do not contend for one cache line. */
#ifndef MXCHECK_BASE_STRIPE_H
#define MXCHECK_BASE_STRIPE_H

#define STRIPES 16

/* Octets from one stripe to the next: two cache lines, since memory may begin in the middle of one. */
#define STRIPE_SIZE 128

/* Below STRIPES. The choice affects only speed: counts are atomic and are added up. */
unsigned stripe_here(void);

#endif
