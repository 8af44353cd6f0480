/* SPDX-License-Identifier: BSD-2-Clause */
/* octet_resolver.h: a resolver for fuzz targets, whose answers are made of octets, and read as those of a real one: the
 * message is walked, and what is sound of it becomes an answer. */
#ifndef MXCHECK_TESTS_FUZZ_OCTET_RESOLVER_H
#define MXCHECK_TESTS_FUZZ_OCTET_RESOLVER_H

#include "octets.h"

#include "dns/resolver.h"

/* As many questions as a lookup has side by side. */
#define OCTET_QUESTIONS_MAX 192

struct octet_question;

struct octet_resolver {
    struct resolver base; /* first */
    struct octets *octets;
    const struct memory *memory; /* of the answers */
    bool is_believed;            /* on what it has validated */
    bool has_timed_out;          /* some question */
    struct octet_question *under_way[OCTET_QUESTIONS_MAX];
    size_t count;
    struct loop_timer timer;
};

/* Answers come from turns of `loop`, one in each, in an order that the octets say. Clear it before the loop goes. */
void octet_resolver_init(struct octet_resolver *resolver, struct loop *loop, const struct memory *memory,
                         struct octets *octets);
void octet_resolver_clear(struct octet_resolver *resolver);

#endif
