/* SPDX-License-Identifier: BSD-2-Clause */
/* draft.h: facts while a lookup fills them in. */
#ifndef MXCHECK_FACTS_DRAFT_H
#define MXCHECK_FACTS_DRAFT_H

#include "facts/facts.h"

#include <stddef.h>

struct draft_answer {
    enum facts_outcome outcome;
    int rcode;
    uint32_t ttl_s;
    uint32_t elapsed_us;
    unsigned count;
    const char *failure; /* static */
    char upstream[64];
    char alias[256];
};

struct draft_mx {
    uint16_t preference;
    uint32_t ttl_s;
    char *host;
};

struct draft {
    const mxcheck_memory *memory;
    struct draft_answer answer[FACTS_QUESTIONS];
    struct draft_mx *mx;
    size_t mx_count;
    char first_address[2][46];
    mxcheck_dnssec dnssec;
    bool is_local; /* some question failed for want of memory or descriptors */
};

/* Nothing is known yet. `memory` must outlive the draft. */
void draft_init(struct draft *draft, const mxcheck_memory *memory);
void draft_clear(struct draft *draft);

/* Returns 0, or -1 when memory ran out. */
int draft_add_mx(struct draft *draft, uint16_t preference, uint32_t ttl_s, const char *host);

/* Gives the facts, one reference, with the MX sorted; NULL when memory ran out. The lookup began at started_us, and
 * they are learned now. */
struct facts *draft_seal(struct draft *draft, const char *domain, uint64_t started_us, uint64_t now_us);

#endif
