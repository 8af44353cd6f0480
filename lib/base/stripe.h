/* SPDX-License-Identifier: BSD-2-Clause */
/* stripe.h: a few places to count in, by processor, so that threads do not fight for one cache line. */
#ifndef MXCHECK_BASE_STRIPE_H
#define MXCHECK_BASE_STRIPE_H

#define STRIPES 16

/* Octets from one stripe to the next: two cache lines, since memory may begin in the middle of one. */
#define STRIPE_SIZE 128

/* Below STRIPES. Where a thread counts is a matter of speed alone: counts are added up, and atomic. */
unsigned stripe_here(void);

#endif
