/* SPDX-License-Identifier: BSD-2-Clause */
/* judgement.h: a finished judgement, which policy makes and wording reads. */
#ifndef MXCHECK_JUDGE_JUDGEMENT_H
#define MXCHECK_JUDGE_JUDGEMENT_H

#include "facts/facts.h"
#include "mail/address.h"
#include "options/notes.h"
#include "options/options.h"

struct judgement {
    mxcheck_role role;
    mxcheck_reason reason;
    mxcheck_verdict verdict;
    const char *address; /* as given, with a NUL behind it; lent */
    size_t address_length;
    const char *domain; /* lower-case A-labels, "" for none; lent */
    size_t domain_length;
    const char *fault;          /* bad-address: what is wrong with it, static; "" otherwise */
    bool is_path_too_long;      /* RFC 5321 section 4.5.3.1.3 */
    const char *rule;           /* special-use: the RFC that says so, static; "" otherwise */
    const struct facts *facts;  /* NULL: DNS was not asked; lent */
    enum facts_outcome failure; /* by which DNS left it open; FACTS_NOT_ASKED: it did not */
    mxcheck_dnssec dnssec;      /* of the answers that carry the verdict, as far as the options believe them */
    uint32_t hold_ms;           /* how long the facts may be used, from when they were learned, by the options */
    uint64_t until_us;          /* when that ends, of clock_now_us */
    unsigned ttl_s;             /* what was left of it at the check */
    bool is_cached;             /* the facts are from the cache */
    bool is_stale;              /* they have expired, and DNS fails */
    unsigned elapsed_us;
    notes notes;
};

/* Leave nothing of earlier facts. Every hit comes here, twice. */
static inline void judgement_forget_facts(struct judgement *judgement)
{
    judgement->facts = NULL;
    judgement->failure = FACTS_NOT_ASKED;
    judgement->dnssec = MXCHECK_DNSSEC_UNKNOWN;
    judgement->hold_ms = 0;
    judgement->until_us = 0;
    judgement->ttl_s = 0;
    judgement->is_cached = false;
    judgement->is_stale = false;
    judgement->notes = 0;
}

/* With the verdict that the reason has. */
void judgement_decide(struct judgement *judgement, mxcheck_reason reason);

/* The notes on the address itself and its domain name, whatever DNS says. */
notes judgement_address_notes(const struct judgement *judgement);

#endif
