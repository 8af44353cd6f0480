/* SPDX-License-Identifier: BSD-2-Clause */
/* facts.h: what DNS said of one domain. No policy; immutable; one block without pointers into itself, which may be
 * copied octet by octet; shared by counting. A draft makes it. */
#ifndef MXCHECK_FACTS_FACTS_H
#define MXCHECK_FACTS_FACTS_H

#include "base/memory.h"

#include <mxcheck/mxcheck.h>

#include <stdbool.h>
#include <stddef.h>
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

/* Who is to look into a failure. */
enum facts_blame { FACTS_BLAMES_DOMAIN, FACTS_BLAMES_UPSTREAM, FACTS_BLAMES_UNKNOWN, FACTS_BLAMES_CONFIGURATION };

enum facts_question { FACTS_MX = 0, FACTS_A = 1, FACTS_AAAA = 2, FACTS_QUESTIONS = 3 };

/* Where a text of the facts stands: see facts_text. */
typedef uint32_t facts_place;

/* Of one answer so many addresses are kept. */
#define FACTS_ADDRESSES_MAX 256

struct facts_answer {
    uint32_t ttl_s; /* lowest of the records that carry the answer; of NODATA and NXDOMAIN by RFC 2308; else 0 */
    uint32_t elapsed_us;
    facts_place upstream; /* who answered or was last asked, "127.0.0.1:53"; "" when none */
    facts_place alias;    /* where CNAMEs led, presentation form without final dot; "" when the name is no alias */
    union {
        facts_place zone;      /* NODATA, NXDOMAIN: whose SOA said so, "." for the root; "" without SOA: facts_zone */
        facts_place addresses; /* RECORDS of A and AAAA: facts_address_count of them, as answered: facts_address */
    };
    facts_place failure;    /* FACTS_FAILURE: a word or two, "SERVFAIL", "unreachable", "malformed answer" */
    facts_place error_text; /* what the server said besides (RFC 8914): UTF-8 from outside, "" when nothing */
    int32_t error_code;     /* Extended DNS Error (RFC 8914); -1 when none */
    uint16_t count;         /* records of the type asked */
    int16_t rcode;          /* RFC 1035 section 4.1.1, RFC 6891 section 6.1.3; -1 when nobody answered */
    uint8_t outcome;        /* enum facts_outcome */
    uint8_t dnssec;         /* mxcheck_dnssec of this answer */
    uint8_t blame;          /* enum facts_blame, of a failure */
};

struct facts_mx {
    facts_place host; /* lower-case, escaped presentation form, without final dot; "" is the root: null MX */
    uint32_t ttl_s;
    uint16_t preference;
};

/* An MX host that was looked at, by preference, each once. */
struct facts_target {
    facts_place host;
    uint8_t answer_index[2]; /* of A and AAAA, as those of the domain */
};

/* What is odd about a set of MX records. */
enum facts_oddity {
    FACTS_NULL_MX_MIXED = 1, /* a null MX beside others */
    FACTS_MX_IS_LITERAL = 2, /* an exchange that reads as an IP address */
    FACTS_MX_DUPLICATE = 4,  /* an exchange more than once */
    FACTS_MX_CUT = 8         /* there are more MX records than these */
};

struct facts {
    uint64_t learned_us; /* when, of clock_now_us */
    uint32_t size;       /* of the whole block, a multiple of 8 */
    unsigned references; /* atomic; alone of all it changes, and it means nothing in a copy */
    uint32_t waited_us;  /* how long the lookup took */
    facts_place domain;  /* lower-case A-labels */
    uint16_t mx_count;
    uint16_t exchanges;    /* those that are no null MX */
    uint8_t target_count;  /* MX hosts that were looked at: the first ones by preference */
    bool has_more_hosts;   /* than those */
    uint8_t oddities;      /* bits of enum facts_oddity */
    bool has_asked_dnssec; /* the answers say what is believed of the AD bit */
    bool none_usable;      /* all answers are in, and no address was usable to whoever looked */
    bool was_outage;       /* many lookups failed at that time, to the mind of whoever looked */
    bool is_local;         /* some question failed for want of memory or descriptors, which says nothing of DNS */
    uint8_t answer_count;  /* answers follow this struct, then MX, targets, texts and addresses */
    uint8_t answer_index[FACTS_QUESTIONS]; /* among the answers; UINT8_MAX: not asked */
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

static inline const struct facts_answer *facts_answer_at(const struct facts *facts, unsigned index)
{
    const struct facts_answer *answers = (const struct facts_answer *)(const void *)(facts + 1);
    return index < facts->answer_count ? &answers[index] : &facts_not_asked;
}

/* The answer to a question about the domain; one of outcome FACTS_NOT_ASKED when there was none. */
static inline const struct facts_answer *facts_answer(const struct facts *facts, enum facts_question question)
{
    return facts_answer_at(facts, facts->answer_index[question]);
}

/* facts->mx_count of them, sorted by preference, then as answered; null MX entries stand among them. */
static inline const struct facts_mx *facts_mx(const struct facts *facts)
{
    return (const struct facts_mx *)(const void *)((const struct facts_answer *)(const void *)(facts + 1) +
                                                   facts->answer_count);
}

/* facts->target_count of them. */
static inline const struct facts_target *facts_targets(const struct facts *facts)
{
    return (const struct facts_target *)(const void *)(facts_mx(facts) + facts->mx_count);
}

/* The answer to FACTS_A or FACTS_AAAA about a target. */
static inline const struct facts_answer *
facts_target_answer(const struct facts *facts, const struct facts_target *target, enum facts_question question)
{
    return facts_answer_at(facts, target->answer_index[question - FACTS_A]);
}

static inline bool facts_is_absence(enum facts_outcome outcome)
{
    return outcome == FACTS_NODATA || outcome == FACTS_NXDOMAIN;
}

/* Whose SOA said that there is nothing; "" when none did. */
static inline const char *facts_zone(const struct facts *facts, const struct facts_answer *answer)
{
    bool is_absence = facts_is_absence((enum facts_outcome)answer->outcome);
    return is_absence ? facts_text(facts, answer->zone) : "";
}

/* How many addresses of an answer are kept. */
static inline unsigned facts_address_count(const struct facts_answer *answer)
{
    if (answer->outcome != FACTS_RECORDS || answer->addresses == 0)
        return 0;
    return answer->count < FACTS_ADDRESSES_MAX ? answer->count : FACTS_ADDRESSES_MAX;
}

static inline size_t facts_address_size(enum facts_question question)
{
    return question == FACTS_A ? 4 : 16;
}

/* Address `index` of an answer to FACTS_A or FACTS_AAAA. */
static inline const uint8_t *facts_address(const struct facts *facts, enum facts_question question,
                                           const struct facts_answer *answer, unsigned index)
{
    return (const uint8_t *)facts + answer->addresses + index * facts_address_size(question);
}

bool facts_is_failure(enum facts_outcome outcome);

/* Of two failures the one that tells more: bogus, then timeout. What is no failure is passed over. */
enum facts_outcome facts_worse(enum facts_outcome a, enum facts_outcome b);

/* What two answers come to that are relied on both. */
mxcheck_dnssec facts_weaker(mxcheck_dnssec a, mxcheck_dnssec b);

/* The failure by which DNS left it open whether the domain takes mail, for whoever looked: the one that tells most.
 * FACTS_NOT_ASKED when there is none. */
enum facts_outcome facts_failure(const struct facts *facts);

/* Do they say of the MX records, or of the address of a host, that there are none? */
bool facts_hold_denial(const struct facts *facts);

/* Does a denial bear on the whole, for whoever looked: no MX, or no host that is usable? */
bool facts_lack_something(const struct facts *facts);

/* Is there nothing else in them than denials that could be used? */
bool facts_deny_all(const struct facts *facts);

/* Were they learned in an outage, when what they lack may exist? */
static inline bool facts_are_doubtful(const struct facts *facts)
{
    return facts->was_outage && facts_lack_something(facts);
}

/* Has a question timed out? */
bool facts_has_timeout(const struct facts *facts);

struct facts *facts_ref(const struct facts *facts);

/* The last share frees them with the memory functions that made them. */
void facts_unref(struct facts *facts, const struct memory *memory);

const char *facts_outcome_name(enum facts_outcome outcome);

/* "MX", "A", "AAAA". */
const char *facts_question_name(enum facts_question question);

#endif
