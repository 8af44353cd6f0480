/* SPDX-License-Identifier: BSD-2-Clause */
/* test_zone.h: made-up records and faults out of a file, for the tests of mail servers. */
#ifndef MXCHECK_DNS_TEST_ZONE_H
#define MXCHECK_DNS_TEST_ZONE_H

#include "base/memory.h"
#include "message/dns_answer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands behind a name. */
enum test_zone_word {
    TEST_ZONE_A,
    TEST_ZONE_AAAA,
    TEST_ZONE_MX,
    TEST_ZONE_CNAME,
    TEST_ZONE_NXDOMAIN, /* what follows are faults, for one type or for all */
    TEST_ZONE_SERVFAIL,
    TEST_ZONE_TIMEOUT,
    TEST_ZONE_BOGUS,
    TEST_ZONE_DELAY
};

struct test_zone_row {
    char *name; /* lower-case presentation form without final dot */
    enum test_zone_word word;
    char *host; /* of an MX, "" for the root; of a CNAME; otherwise NULL */
    uint16_t preference;
    uint8_t address[16];
    int type; /* of enum dns_type, 0 for all: of a fault */
    uint32_t delay_ms;
};

struct test_zone {
    const struct memory *memory;
    struct test_zone_row *rows;
    size_t count;
    uint64_t mark;   /* another one for another content */
    char title[128]; /* "test data of PATH" */
};

/* Read the file. Gives a zone that test_zone_free releases; `memory` must outlive it. Returns 0; -1 with error[size]
 * "PATH:LINE: why"; -2 when memory ran out. */
int test_zone_read(const struct memory *memory, const char *path, struct test_zone **zone, char *error, size_t size);
void test_zone_free(struct test_zone *zone);

/* The row that decides about this name and type: a fault, or the first with this word. NULL: none. */
const struct test_zone_row *test_zone_fault(const struct test_zone *zone, const char *name, int type);
const struct test_zone_row *test_zone_find(const struct test_zone *zone, const char *name, enum test_zone_word word);

/* Is there the name, or one below it? */
bool test_zone_has(const struct test_zone *zone, const char *name);

#endif
