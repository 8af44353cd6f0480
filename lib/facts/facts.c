/* SPDX-License-Identifier: BSD-2-Clause */
/* facts.c: what DNS said of one domain: made once, then shared by counting. */
#include "facts/facts.h"

#include "base/memory.h"

#include <string.h>

struct facts *facts_new(const mxcheck_memory *memory, const char *domain)
{
    size_t size = strlen(domain) + 1;
    struct facts *facts = memory_zalloc(memory, 1, sizeof(*facts) + size);
    if (facts == NULL)
        return NULL;
    facts->references = 1;
    facts->memory = *memory;
    facts->dnssec = MXCHECK_DNSSEC_UNKNOWN;
    for (int i = 0; i < FACTS_QUESTIONS; i++) {
        facts->answer[i].rcode = -1;
        facts->answer[i].failure = "";
    }
    facts->domain = memcpy(facts + 1, domain, size);
    return facts;
}

/* The room of the array is the power of two at or above its count, so it is full exactly at 0, 1, 2, 4, 8, ... */
static int grow(struct facts *facts)
{
    size_t count = facts->mx_count;
    if ((count & (count - 1)) != 0)
        return 0;
    size_t room = count == 0 ? 1 : 2 * count;
    struct facts_mx *mx = memory_realloc(&facts->memory, facts->mx, room * sizeof(*mx));
    if (mx == NULL)
        return -1;
    facts->mx = mx;
    return 0;
}

int facts_add_mx(struct facts *facts, uint16_t preference, uint32_t ttl_s, const char *host)
{
    if (grow(facts) != 0)
        return -1;
    char *copy = memory_strdup(&facts->memory, host);
    if (copy == NULL)
        return -1;
    facts->mx[facts->mx_count++] = (struct facts_mx){preference, ttl_s, copy};
    return 0;
}

/* By insertion: stable, without memory, and one DNS message holds at most some 4000 records. */
void facts_seal(struct facts *facts)
{
    for (size_t i = 1; i < facts->mx_count; i++) {
        struct facts_mx moved = facts->mx[i];
        size_t j = i;
        for (; j > 0 && facts->mx[j - 1].preference > moved.preference; j--)
            facts->mx[j] = facts->mx[j - 1];
        facts->mx[j] = moved;
    }
}

struct facts *facts_ref(const struct facts *facts)
{
    /* The count alone changes in facts that are sealed. */
    struct facts *shared = (struct facts *)(uintptr_t)facts;
    if (shared != NULL)
        __atomic_add_fetch(&shared->references, 1, __ATOMIC_RELAXED);
    return shared;
}

void facts_unref(struct facts *facts)
{
    /* Acquire and release: what other threads read of the facts happens before they are freed. */
    if (facts == NULL || __atomic_sub_fetch(&facts->references, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    mxcheck_memory memory = facts->memory;
    for (size_t i = 0; i < facts->mx_count; i++)
        memory_free(&memory, facts->mx[i].host);
    memory_free(&memory, facts->mx);
    memory_free(&memory, facts);
}

const char *facts_outcome_name(enum facts_outcome outcome)
{
    switch (outcome) {
    case FACTS_NOT_ASKED:
        return "not-asked";
    case FACTS_RECORDS:
        return "records";
    case FACTS_NODATA:
        return "nodata";
    case FACTS_NXDOMAIN:
        return "nxdomain";
    case FACTS_TIMEOUT:
        return "timeout";
    case FACTS_FAILURE:
        return "failure";
    case FACTS_BOGUS:
        return "bogus";
    }
    return "unknown";
}

const char *facts_question_name(enum facts_question question)
{
    switch (question) {
    case FACTS_MX:
        return "MX";
    case FACTS_A:
        return "A";
    case FACTS_AAAA:
        return "AAAA";
    case FACTS_QUESTIONS:
        break;
    }
    return "unknown";
}
