/* SPDX-License-Identifier: BSD-2-Clause */
/* draft.h: facts while a lookup fills them in. */
#ifndef MXCHECK_FACTS_DRAFT_H
#define MXCHECK_FACTS_DRAFT_H

#include "base/memory.h"
#include "facts/facts.h"

#include <stddef.h>

struct draft_mx {
    facts_place host;
    uint32_t ttl_s;
    uint16_t preference;
};

struct draft_target {
    facts_place host;
    struct facts_answer answer[2]; /* to A and AAAA */
};

/* Places lead into `texts` until the draft is sealed; 0 is the empty text. */
struct draft {
    const struct memory *memory;
    const mxcheck_id *subject; /* of log lines: see resolver_query */
    struct facts_answer answer[FACTS_QUESTIONS];
    struct draft_mx *mx;
    size_t mx_count;
    struct draft_target *targets; /* at most DRAFT_TARGETS_MAX */
    size_t target_count;
    bool has_more_hosts;
    bool has_asked_dnssec;
    bool none_usable;
    bool is_mx_cut;
    bool is_local; /* some question failed for want of memory or descriptors */
    bool is_short; /* memory ran out: it cannot be sealed */
    char *texts;
    size_t texts_size;
    size_t texts_room;
};

/* As many as answers have numbers: three of the domain, two of each target. */
#define DRAFT_TARGETS_MAX 64

/* Begin an empty draft. `memory` must outlive it. */
void draft_init(struct draft *draft, const struct memory *memory);
void draft_clear(struct draft *draft);

/* Store a text, or octets. Returns their place; 0 for an empty text, or when memory ran out (see is_short). */
facts_place draft_put(struct draft *draft, const char *text);
facts_place draft_put_octets(struct draft *draft, const void *octets, size_t size);

static inline const char *draft_text(const struct draft *draft, facts_place place)
{
    return place == 0 ? "" : draft->texts + place;
}

/* No more than 65535, which no message holds. */
void draft_add_mx(struct draft *draft, uint16_t preference, uint32_t ttl_s, const char *host);

/* Let the targets be the MX hosts by preference, each once, at most `most` of them (up to DRAFT_TARGETS_MAX). */
void draft_choose_targets(struct draft *draft, size_t most);

/* Gives the facts, one reference, with the MX sorted; NULL when memory ran out. The lookup began at started_us, and
 * they are learned now. */
struct facts *draft_seal(struct draft *draft, const char *domain, uint64_t started_us, uint64_t now_us);

#endif
