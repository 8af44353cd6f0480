/* SPDX-License-Identifier: BSD-2-Clause */
/* no_resolver.h: a resolver for those who know no upstream: every question fails, and says why. */
#ifndef MXCHECK_DNS_NO_RESOLVER_H
#define MXCHECK_DNS_NO_RESOLVER_H

#include "base/memory.h"
#include "dns/resolver.h"

/* Gives a resolver on `loop`, which must outlive it, as must `memory`; `why` is copied, and cut where it is long.
 * Returns NULL when memory ran out. */
struct resolver *no_resolver_new(const struct memory *memory, struct loop *loop, const char *why);

#endif
