/* SPDX-License-Identifier: BSD-2-Clause */
/* facts.h: what DNS said of one domain. No policy; immutable; one block without pointers into itself, which may be
 * copied octet by octet; shared by counting. A draft makes it. */
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

/* Where a text of the facts stands: see facts_text. */
typedef uint32_t facts_place;

struct facts_answer {
    const char *failure; /* FACTS_FAILURE: a static word or two, "SERVFAIL", "no route to it", "malformed answer" */
    uint32_t ttl_s;      /* lowest of the records that carry the answer; of NODATA and NXDOMAIN by RFC 2308; else 0 */
    uint32_t elapsed_us;
    facts_place upstream; /* who answered or was last asked, "127.0.0.1:53"; "" when none */
    facts_place alias;    /* where CNAMEs led, presentation form without final dot; "" when the name is no alias */
    uint16_t count;       /* records of the type asked */
    int16_t rcode;        /* RFC 1035 section 4.1.1; -1 when nobody answered */
    uint8_t outcome;      /* enum facts_outcome */
};

struct facts_mx {
    facts_place host; /* lower-case, escaped presentation form, without final dot; "" is the root: null MX */
    uint32_t ttl_s;
    uint16_t preference;
};

/* What is odd about a set of MX records. */
enum facts_oddity {
    FACTS_NULL_MX_MIXED = 1, /* a null MX beside others */
    FACTS_MX_IS_LITERAL = 2, /* an exchange that reads as an IP address */
    FACTS_MX_DUPLICATE = 4   /* an exchange more than once */
};

struct facts {
    uint64_t learned_us;          /* when, of clock_now_us */
    uint32_t size;                /* of the whole block, a multiple of 8 */
    unsigned references;          /* atomic; alone of all it changes, and it means nothing in a copy */
    uint32_t waited_us;           /* how long the lookup took */
    facts_place domain;           /* lower-case A-labels */
    facts_place first_address[2]; /* of A and AAAA: one address for people to read; "" when none */
    uint32_t mx_count;
    uint32_t exchanges;   /* those that are no null MX */
    uint8_t oddities;     /* bits of enum facts_oddity */
    uint8_t dnssec;       /* mxcheck_dnssec */
    bool is_local;        /* some question failed for want of memory or descriptors, which says nothing of DNS */
    uint8_t answer_count; /* answers follow this struct, then MX, then texts */
    uint8_t answer_index[FACTS_QUESTIONS]; /* among the answers; answer_count: not asked */
};

static inline const char *facts_text(const struct facts *facts, facts_place place)
{
    return (const char *)facts + place;
}

static inline const char *facts_domain(const struct facts *facts)
{
    return facts_text(facts, facts->domain);
}

extern const struct facts_answer facts_not_asked;

/* The answer to a question about the domain; one of outcome FACTS_NOT_ASKED when there was none. */
static inline const struct facts_answer *facts_answer(const struct facts *facts, enum facts_question question)
{
    const struct facts_answer *answers = (const struct facts_answer *)(const void *)(facts + 1);
    unsigned index = facts->answer_index[question];
    return index < facts->answer_count ? &answers[index] : &facts_not_asked;
}

/* facts->mx_count of them, sorted by preference, then as answered; null MX entries stand among them. */
static inline const struct facts_mx *facts_mx(const struct facts *facts)
{
    return (const struct facts_mx *)(const void *)((const struct facts_answer *)(const void *)(facts + 1) +
                                                   facts->answer_count);
}

/* Did DNS leave it open, whatever is asked of these facts, whether the domain takes mail? */
bool facts_are_failure(const struct facts *facts);

struct facts *facts_ref(const struct facts *facts);

/* The last share frees them with the memory functions that made them. */
void facts_unref(struct facts *facts, const mxcheck_memory *memory);

const char *facts_outcome_name(enum facts_outcome outcome);

/* "MX", "A", "AAAA". */
const char *facts_question_name(enum facts_question question);

#endif
