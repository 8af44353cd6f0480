/* SPDX-License-Identifier: BSD-2-Clause */
/* lookup.c: MX first; without one, A and AAAA side by side; aliases that the resolver left are followed here. */
#include "facts/lookup.h"

#include "base/clock.h"
#include "base/memory.h"
#include "facts/draft.h"

#include <stdio.h>
#include <string.h>

/* One question and, while it is under way, its query. */
struct asking {
    struct lookup *lookup;
    enum facts_question which;
    struct resolver_query query;
    uint64_t started_us;
    unsigned alias_steps;
    uint32_t alias_ttl_s; /* lowest of the aliases that were followed here */
};

struct lookup {
    const mxcheck_memory *memory;
    struct resolver *resolver;
    struct draft draft;
    struct lookup_wants wants;
    uint64_t started_us;
    uint64_t deadline_us;
    lookup_cb callback;
    void *user;
    struct asking asking[FACTS_QUESTIONS];
    char domain[];
};

static const enum dns_type type_of[FACTS_QUESTIONS] = {DNS_MX, DNS_A, DNS_AAAA};

static void on_answer(void *user, const struct dns_answer *answer);

static enum facts_outcome outcome_of(enum dns_outcome outcome)
{
    switch (outcome) {
    case DNS_RECORDS:
        return FACTS_RECORDS;
    case DNS_NODATA:
    case DNS_ALIAS: /* too many steps: a loop, which is "no records" */
        return FACTS_NODATA;
    case DNS_NXDOMAIN:
        return FACTS_NXDOMAIN;
    case DNS_TIMEOUT:
        return FACTS_TIMEOUT;
    case DNS_FAILURE:
        return FACTS_FAILURE;
    case DNS_BOGUS:
        return FACTS_BOGUS;
    }
    return FACTS_FAILURE;
}

static void free_lookup(struct lookup *lookup)
{
    for (size_t i = 0; i < FACTS_QUESTIONS; i++)
        resolver_cancel(&lookup->asking[i].query);
    draft_clear(&lookup->draft);
    memory_free(lookup->memory, lookup);
}

/* Hand over the facts, or NULL when memory ran out under way. */
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

static int ask(struct lookup *lookup, enum facts_question which, const char *name)
{
    struct asking *asking = &lookup->asking[which];
    if (asking->started_us == 0)
        asking->started_us = clock_now_us();
    return resolver_ask(lookup->resolver, name, type_of[which], lookup->deadline_us, on_answer, asking, &asking->query);
}

static void lower(uint32_t *ttl_s, uint32_t other_s)
{
    if (other_s < *ttl_s)
        *ttl_s = other_s;
}

static uint32_t lowest_ttl(const struct dns_answer *answer, uint32_t alias_ttl_s)
{
    uint32_t ttl_s = alias_ttl_s;
    lower(&ttl_s, answer->alias_ttl_s);
    if (answer->outcome != DNS_RECORDS)
        lower(&ttl_s, answer->negative_ttl_s);
    else
        for (size_t i = 0; i < answer->count; i++)
            lower(&ttl_s, answer->records[i].ttl_s);
    return ttl_s;
}

/* Copy what fits; what does not is for people only. */
static void copy_text(char *buffer, size_t size, const char *text)
{
    snprintf(buffer, size, "%s", text);
}

static void note_alias(struct asking *asking, const struct dns_answer *answer)
{
    struct draft_answer *noted = &asking->lookup->draft.answer[asking->which];
    if (answer->alias[0] != '\0')
        copy_text(noted->alias, sizeof(noted->alias), answer->alias);
}

static void note_answer(struct asking *asking, const struct dns_answer *answer)
{
    struct draft_answer *noted = &asking->lookup->draft.answer[asking->which];
    noted->outcome = outcome_of(answer->outcome);
    noted->rcode = answer->rcode;
    noted->ttl_s = lowest_ttl(answer, asking->alias_ttl_s);
    noted->elapsed_us = (uint32_t)(clock_now_us() - asking->started_us);
    noted->count = (unsigned)answer->count;
    noted->failure = answer->failure;
    asking->lookup->draft.is_local |= answer->is_local;
    copy_text(noted->upstream, sizeof(noted->upstream), answer->upstream);
    note_alias(asking, answer);
}

static int note_mx(struct draft *draft, const struct dns_answer *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        const struct dns_record *record = &answer->records[i];
        if (draft_add_mx(draft, record->preference, record->ttl_s, record->host) != 0)
            return -1;
    }
    return 0;
}

static void note_address(struct draft *draft, enum facts_question which, const struct dns_answer *answer)
{
    char *place = draft->first_address[which == FACTS_A ? 0 : 1];
    copy_text(place, sizeof(draft->first_address[0]), answer->records[0].address);
}

/* RFC 5321 section 5.1: the implicit MX is asked for where no MX was found, and not where MX failed. */
static bool needs_addresses(const struct lookup *lookup)
{
    enum facts_outcome mx = lookup->draft.answer[FACTS_MX].outcome;
    return (lookup->wants.a || lookup->wants.aaaa) &&
           (mx == FACTS_NODATA || (mx == FACTS_NXDOMAIN && lookup->wants.confirm_nxdomain));
}

static void after_mx(struct lookup *lookup)
{
    if (!needs_addresses(lookup)) {
        finish(lookup, true);
        return;
    }
    if ((lookup->wants.a && ask(lookup, FACTS_A, lookup->domain) != 0) ||
        (lookup->wants.aaaa && ask(lookup, FACTS_AAAA, lookup->domain) != 0))
        finish(lookup, false);
}

/* An A record settles it; AAAA is then no longer waited for. */
static void after_address(struct lookup *lookup)
{
    bool has_a = lookup->draft.answer[FACTS_A].outcome == FACTS_RECORDS;
    bool is_waiting = lookup->asking[FACTS_A].query.inner != NULL || lookup->asking[FACTS_AAAA].query.inner != NULL;
    if (has_a || !is_waiting)
        finish(lookup, true);
}

static void on_answer(void *user, const struct dns_answer *answer)
{
    struct asking *asking = user;
    struct lookup *lookup = asking->lookup;

    if (answer->outcome == DNS_ALIAS && asking->alias_steps < LOOKUP_ALIAS_MAX) {
        asking->alias_steps++;
        lower(&asking->alias_ttl_s, answer->alias_ttl_s);
        note_alias(asking, answer);
        if (ask(lookup, asking->which, answer->alias) != 0)
            finish(lookup, false);
        return;
    }
    note_answer(asking, answer);
    if (answer->outcome == DNS_RECORDS && asking->which != FACTS_MX)
        note_address(&lookup->draft, asking->which, answer);
    if (asking->which != FACTS_MX)
        after_address(lookup);
    else if (answer->outcome == DNS_RECORDS && note_mx(&lookup->draft, answer) != 0)
        finish(lookup, false);
    else
        after_mx(lookup);
}

int lookup_start(const mxcheck_memory *memory, struct resolver *resolver, const char *domain,
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
    lookup->wants = *wants;
    lookup->started_us = clock_now_us();
    lookup->deadline_us = deadline_us;
    lookup->callback = callback;
    lookup->user = user;
    for (size_t i = 0; i < FACTS_QUESTIONS; i++) {
        lookup->asking[i].lookup = lookup;
        lookup->asking[i].which = (enum facts_question)i;
        lookup->asking[i].alias_ttl_s = UINT32_MAX;
    }
    if (ask(lookup, FACTS_MX, domain) != 0) {
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
