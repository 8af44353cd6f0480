/* SPDX-License-Identifier: BSD-2-Clause */
/* zone_resolver.h: a resolver for tests, which answers out of a few lines of text, from the loop's turn.
 *
 *     ok.example    MX    300  10 mail.example        records: TTL, then preference and host, or an address
 *     ok.example    MX    300  20 backup.example
 *     null.example  MX    60   0 .
 *     a.example     A     60   192.0.2.1
 *     sf.example    MX    servfail                    or timeout, bogus, nxdomain, nodata, silent (no answer at all)
 *     c.example     MX    alias c2.example
 *     ok.example    MX    secure                      or insecure, beside what else there is
 *     ok.example    MX    denied                      NXDOMAIN, unconfirmed, unless RESOLVER_CONFIRMS is set; empty:
 *                                                     likewise NODATA
 *
 * A name that has no line does not exist; a type that has none has no data. */
#ifndef MXCHECK_TESTS_ZONE_RESOLVER_H
#define MXCHECK_TESTS_ZONE_RESOLVER_H

#include "dns/resolver.h"

struct zone_resolver {
    struct resolver base; /* first */
    const char *zone;
    struct loop *loop;
    unsigned asked;        /* questions so far */
    uint64_t deadline_us;  /* of the last of them */
    unsigned under_way;    /* questions that have neither been answered nor cancelled */
    unsigned contradicted; /* calls of resolver_contradict */
    unsigned fails_from;   /* the number of the question from which memory is short; 0: never */
};

/* Answers come from turns of `loop`, which must outlive it. */
void zone_resolver_init(struct zone_resolver *resolver, struct loop *loop, const char *zone);

#endif
