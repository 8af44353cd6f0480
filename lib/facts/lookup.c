/* SPDX-License-Identifier: BSD-2-Clause */
/* lookup.c: asks for MX; without MX for A and AAAA at the same time; with MX for the addresses of its hosts if wanted.
 * */
#include "facts/lookup.h"

#include "base/clock.h"
#include "base/memory.h"
#include "facts/inquiry.h"

#include <string.h>

struct lookup {
    const struct memory *memory;
    struct resolver *resolver;
    struct draft draft;
    struct lookup_wants wants;
    uint64_t started_us;
    uint64_t deadline_us;
    lookup_cb callback;
    void *user;
    struct inquiry inquiry[FACTS_QUESTIONS];
    bool has_usable;         /* an address of the domain that counts */
    bool is_confirming;      /* that there is no MX */
    struct targets *targets; /* NULL: not asked, or not yet */
    char domain[];
};

static const enum dns_type type_of[FACTS_QUESTIONS] = {DNS_MX, DNS_A, DNS_AAAA};

static void free_lookup(struct lookup *lookup)
{
    for (size_t i = 0; i < FACTS_QUESTIONS; i++)
        inquiry_cancel(&lookup->inquiry[i]);
    targets_free(lookup->targets);
    draft_clear(&lookup->draft);
    memory_free(lookup->memory, lookup);
}

/* Deliver the facts, or NULL when memory ran out. */
static void finish(struct lookup *lookup, bool is_whole)
{
    lookup_cb callback = lookup->callback;
    void *user = lookup->user;
    struct facts *facts = NULL;
    if (is_whole)
        facts = draft_seal(&lookup->draft, lookup->domain, lookup->started_us, clock_now_us());
    free_lookup(lookup);
    callback(user, facts);
}

static int ask(struct lookup *lookup, enum facts_question which, unsigned flags)
{
    return inquiry_start(&lookup->inquiry[which], lookup->resolver, lookup->domain, type_of[which], flags,
                         lookup->deadline_us);
}

static void on_targets(void *user, bool is_whole)
{
    finish(user, is_whole);
}

/* An upstream denied the MX at first, and addresses were asked for. They do not count beside an MX. */
static void after_mx(struct lookup *lookup, const struct dns_answer *answer)
{
    const struct targets_wants *wants = &lookup->wants.targets;
    lookup->draft.answer[FACTS_A] = facts_not_asked;
    lookup->draft.answer[FACTS_AAAA] = facts_not_asked;
    lookup->draft.none_usable = false;
    lookup->draft.is_mx_cut = answer->is_cut;
    for (size_t i = 0; i < answer->count; i++)
        draft_add_mx(&lookup->draft, answer->records[i].preference, answer->records[i].ttl_s, answer->records[i].host);
    if (wants->most > 0 && targets_start(lookup->resolver, &lookup->draft, wants, lookup->deadline_us, on_targets,
                                         lookup, &lookup->targets) != 0)
        finish(lookup, false);
    else if (lookup->targets == NULL)
        finish(lookup, true);
}

static enum facts_outcome outcome_of(const struct lookup *lookup, enum facts_question which)
{
    return (enum facts_outcome)lookup->draft.answer[which].outcome;
}

/* Will an address do? Not of a domain that is refused by name as its own host. */
static bool is_settled_by_address(const struct lookup *lookup)
{
    const struct targets_wants *targets = &lookup->wants.targets;
    return lookup->has_usable && !name_list_refuses(targets->refused, targets->required, lookup->domain);
}

/* Does the absence of MX rest on an answer that must not decide alone? Not where it decides nothing, because an address
 * will do, or because none is usable and one could not be looked up; nor where the name does not exist for other types
 * either. */
static bool needs_confirmation(const struct lookup *lookup)
{
    enum facts_outcome a = outcome_of(lookup, FACTS_A), aaaa = outcome_of(lookup, FACTS_AAAA);
    if (!lookup->inquiry[FACTS_MX].is_unconfirmed || is_settled_by_address(lookup))
        return false;
    if (lookup->has_usable)
        return true;
    if (facts_is_failure(a) || facts_is_failure(aaaa))
        return false;
    return outcome_of(lookup, FACTS_MX) != FACTS_NXDOMAIN || (a != FACTS_NXDOMAIN && aaaa != FACTS_NXDOMAIN);
}

/* Everything has been asked. */
static void settle(struct lookup *lookup)
{
    if (!needs_confirmation(lookup))
        finish(lookup, true);
    else if (ask(lookup, FACTS_MX, RESOLVER_CONFIRMS) != 0)
        finish(lookup, false);
    else
        lookup->is_confirming = true;
}

/* RFC 5321 section 5.1: ask for the implicit MX when there is no MX, but not when the MX query failed. */
static bool needs_addresses(const struct lookup *lookup)
{
    enum facts_outcome outcome = outcome_of(lookup, FACTS_MX);
    return (lookup->wants.a || lookup->wants.aaaa) && !lookup->is_confirming &&
           (outcome == FACTS_NODATA || (outcome == FACTS_NXDOMAIN && lookup->wants.confirm_nxdomain));
}

/* The questions for addresses confirm as well that the name does not exist. */
static void without_mx(struct lookup *lookup)
{
    if (!needs_addresses(lookup))
        settle(lookup);
    else if ((lookup->wants.a && ask(lookup, FACTS_A, RESOLVER_CONFIRMS) != 0) ||
             (lookup->wants.aaaa && ask(lookup, FACTS_AAAA, RESOLVER_CONFIRMS) != 0))
        finish(lookup, false);
}

/* An A record settles it, where it need not be usable or is; AAAA is then no longer waited for. */
static void after_address(struct lookup *lookup, enum dns_type type, const struct dns_answer *answer)
{
    const struct targets_wants *targets = &lookup->wants.targets;
    const struct networks *forbidden = targets->most > 0 ? targets->forbidden : NULL;
    bool is_usable = targets_are_usable(forbidden, answer, type);
    bool is_waiting =
        inquiry_is_under_way(&lookup->inquiry[FACTS_A]) || inquiry_is_under_way(&lookup->inquiry[FACTS_AAAA]);
    lookup->has_usable |= is_usable;
    lookup->draft.none_usable = !lookup->has_usable;
    if ((type == DNS_A && is_usable && is_settled_by_address(lookup)) || !is_waiting)
        settle(lookup);
}

static void on_answer(struct inquiry *inquiry, const struct dns_answer *answer)
{
    struct lookup *lookup = inquiry->owner;
    if (answer == NULL)
        finish(lookup, false);
    else if (inquiry->type != DNS_MX)
        after_address(lookup, inquiry->type, answer);
    else if (answer->outcome == DNS_RECORDS)
        after_mx(lookup, answer);
    else
        without_mx(lookup);
}

int lookup_start(const struct memory *memory, struct resolver *resolver, const char *domain,
                 const struct lookup_wants *wants, uint64_t deadline_us, lookup_cb callback, void *user,
                 struct lookup **started)
{
    size_t size = strlen(domain) + 1;
    struct lookup *lookup = memory_zalloc(memory, 1, sizeof(*lookup) + size);
    if (lookup == NULL)
        return -1;
    memcpy(lookup->domain, domain, size);
    lookup->memory = memory;
    lookup->resolver = resolver;
    draft_init(&lookup->draft, memory);
    lookup->draft.subject = wants->subject;
    lookup->draft.has_asked_dnssec = wants->dnssec;
    lookup->wants = *wants;
    lookup->started_us = clock_now_us();
    lookup->deadline_us = deadline_us;
    lookup->callback = callback;
    lookup->user = user;
    for (size_t i = 0; i < FACTS_QUESTIONS; i++) {
        lookup->inquiry[i].owner = lookup;
        lookup->inquiry[i].done = on_answer;
        lookup->inquiry[i].draft = &lookup->draft;
        lookup->inquiry[i].answer = &lookup->draft.answer[i];
    }
    if (ask(lookup, FACTS_MX, 0) != 0) {
        free_lookup(lookup);
        return -1;
    }
    *started = lookup;
    return 0;
}

void lookup_cancel(struct lookup *lookup)
{
    if (lookup != NULL)
        free_lookup(lookup);
}
