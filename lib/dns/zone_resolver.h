/* SPDX-License-Identifier: BSD-2-Clause */
/* zone_resolver.h: a resolver that answers from a test zone, and opens no socket. */
#ifndef MXCHECK_DNS_ZONE_RESOLVER_H
#define MXCHECK_DNS_ZONE_RESOLVER_H

#include "base/memory.h"
#include "dns/resolver.h"
#include "dns/test_zone.h"

/* Gives a resolver on `loop`, which must outlive it, as must `memory` and `zone`. NULL when memory ran out. */
struct resolver *zone_resolver_new(const struct memory *memory, struct loop *loop, const struct test_zone *zone);

#endif
