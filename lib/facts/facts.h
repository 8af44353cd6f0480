/* SPDX-License-Identifier: BSD-2-Clause */
/* facts.h: what DNS said of one domain. No policy; immutable once a lookup has made it; shared by counting. */
#ifndef MXCHECK_FACTS_FACTS_H
#define MXCHECK_FACTS_FACTS_H

#include <mxcheck/mxcheck.h>

#include <stdbool.h>
#include <stdint.h>

/* What became of one question. */
enum facts_outcome {
    FACTS_NOT_ASKED = 0,
    FACTS_RECORDS,  /* at least one record of the type asked */
    FACTS_NODATA,   /* the name exists, the type does not (RFC 2308 section 2.2) */
    FACTS_NXDOMAIN, /* the name does not exist */
    FACTS_TIMEOUT,  /* nobody answered in time */
    FACTS_FAILURE,  /* SERVFAIL, REFUSED, FORMERR, unreachable, malformed */
    FACTS_BOGUS     /* the resolver says that DNSSEC validation failed */
};

enum facts_question { FACTS_MX = 0, FACTS_A = 1, FACTS_AAAA = 2, FACTS_QUESTIONS = 3 };

struct facts_answer {
    enum facts_outcome outcome;
    int rcode;      /* RFC 1035 section 4.1.1; -1 when nobody answered */
    uint32_t ttl_s; /* lowest of the records that carry the answer; of NODATA and NXDOMAIN by RFC 2308; else 0 */
    uint32_t elapsed_us;
    unsigned count;      /* records of the type asked */
    const char *failure; /* FACTS_FAILURE: a static word or two, "SERVFAIL", "no route to it", "malformed answer" */
    char upstream[64];   /* who answered or was last asked, "127.0.0.1:53"; "" when none */
    char alias[256];     /* where CNAMEs led, presentation form without final dot; "" when the name is no alias */
};

struct facts_mx {
    uint16_t preference;
    uint32_t ttl_s;
    char *host; /* lower-case, escaped presentation form, without final dot; "" is the root: null MX */
};

struct facts {
    unsigned references; /* atomic */
    mxcheck_memory memory;
    char *domain; /* lower-case A-labels; in the same block */
    struct facts_answer answer[FACTS_QUESTIONS];
    struct facts_mx *mx; /* sorted by preference, then as answered; null MX entries stand in it */
    size_t mx_count;
    char first_address[2][46]; /* of A and AAAA: one address for people to read; "" when none */
    mxcheck_dnssec dnssec;
};

/* Gives facts that know nothing yet, one reference; NULL when memory ran out. */
struct facts *facts_new(const mxcheck_memory *memory, const char *domain);

/* While a lookup fills them in: add an MX; returns 0 or -1 (memory). facts_seal sorts; after it nothing changes. */
int facts_add_mx(struct facts *facts, uint16_t preference, uint32_t ttl_s, const char *host);
void facts_seal(struct facts *facts);

struct facts *facts_ref(const struct facts *facts);
void facts_unref(struct facts *facts);

const char *facts_outcome_name(enum facts_outcome outcome);

/* "MX", "A", "AAAA". */
const char *facts_question_name(enum facts_question question);

#endif
