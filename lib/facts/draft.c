/* SPDX-License-Identifier: BSD-2-Clause */
/* draft.c: facts while a lookup fills them in, and how they are packed into one block. */
#include "facts/draft.h"

#include "base/memory.h"
#include "mail/domain.h"

#include <string.h>

/* Texts that a new one is compared with. */
#define TEXTS_COMPARED 8

void draft_init(struct draft *draft, const mxcheck_memory *memory)
{
    memset(draft, 0, sizeof(*draft));
    draft->memory = memory;
    draft->dnssec = MXCHECK_DNSSEC_UNKNOWN;
    for (int i = 0; i < FACTS_QUESTIONS; i++) {
        draft->answer[i].rcode = -1;
        draft->answer[i].failure = "";
    }
}

void draft_clear(struct draft *draft)
{
    for (size_t i = 0; i < draft->mx_count; i++)
        memory_free(draft->memory, draft->mx[i].host);
    memory_free(draft->memory, draft->mx);
    draft->mx = NULL;
    draft->mx_count = 0;
}

/* The room of the array is the power of two at or above its count, so it is full exactly at 0, 1, 2, 4, 8, ... */
static int grow(struct draft *draft)
{
    size_t count = draft->mx_count;
    if ((count & (count - 1)) != 0)
        return 0;
    size_t room = count == 0 ? 1 : 2 * count;
    struct draft_mx *mx = memory_realloc(draft->memory, draft->mx, room * sizeof(*mx));
    if (mx == NULL)
        return -1;
    draft->mx = mx;
    return 0;
}

int draft_add_mx(struct draft *draft, uint16_t preference, uint32_t ttl_s, const char *host)
{
    if (grow(draft) != 0)
        return -1;
    char *copy = memory_strdup(draft->memory, host);
    if (copy == NULL)
        return -1;
    draft->mx[draft->mx_count++] = (struct draft_mx){preference, ttl_s, copy};
    return 0;
}

/* By insertion: stable, without memory, and one DNS message holds at most some 4000 records. */
static void sort_mx(struct draft *draft)
{
    for (size_t i = 1; i < draft->mx_count; i++) {
        struct draft_mx moved = draft->mx[i];
        size_t j = i;
        for (; j > 0 && draft->mx[j - 1].preference > moved.preference; j--)
            draft->mx[j] = draft->mx[j - 1];
        draft->mx[j] = moved;
    }
}

static bool has_duplicate(const struct draft *draft)
{
    /* The comparison of each with each is bounded: a set this large is odd enough without it. */
    size_t count = draft->mx_count < 256 ? draft->mx_count : 256;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(draft->mx[i].host, draft->mx[j].host) == 0)
                return true;
        }
    }
    return false;
}

static bool has_literal(const struct draft *draft)
{
    for (size_t i = 0; i < draft->mx_count; i++) {
        if (domain_is_ipv4_literal(draft->mx[i].host))
            return true;
    }
    return false;
}

static unsigned find_oddities(const struct draft *draft, size_t exchanges)
{
    unsigned oddities = 0;
    if (exchanges > 0 && exchanges < draft->mx_count)
        oddities |= FACTS_NULL_MX_MIXED;
    if (has_literal(draft))
        oddities |= FACTS_MX_IS_LITERAL;
    if (has_duplicate(draft))
        oddities |= FACTS_MX_DUPLICATE;
    return oddities;
}

/* The block while it is filled: texts go behind all else. */
struct packing {
    struct facts *facts;
    facts_place next;
    struct {
        facts_place place;
        size_t length;
    } texts[TEXTS_COMPARED]; /* the latest, in a ring */
    size_t count;
};

/* Many texts are the end of another: the domain of its hosts, an upstream of itself, the empty one of all. */
static facts_place find_text(const struct packing *packing, const char *text, size_t length)
{
    size_t count = packing->count < TEXTS_COMPARED ? packing->count : TEXTS_COMPARED;
    for (size_t i = 0; i < count; i++) {
        facts_place end = packing->texts[i].place + (facts_place)packing->texts[i].length;
        if (length <= packing->texts[i].length &&
            memcmp(facts_text(packing->facts, end - (facts_place)length), text, length) == 0)
            return end - (facts_place)length;
    }
    return 0;
}

static facts_place put_text(struct packing *packing, const char *text)
{
    size_t length = strlen(text);
    facts_place place = find_text(packing, text, length);
    if (place != 0)
        return place;
    place = packing->next;
    memcpy((char *)packing->facts + place, text, length + 1);
    packing->next += (facts_place)length + 1;
    packing->texts[packing->count % TEXTS_COMPARED].place = place;
    packing->texts[packing->count % TEXTS_COMPARED].length = length;
    packing->count++;
    return place;
}

static size_t round_up(size_t size)
{
    return (size + 7) / 8 * 8;
}

/* Octets that the facts take at most, when no text is shared. */
static size_t measure(const struct draft *draft, const char *domain, unsigned *answers)
{
    size_t size = strlen(domain) + 1;
    *answers = 0;
    for (int i = 0; i < FACTS_QUESTIONS; i++) {
        const struct draft_answer *answer = &draft->answer[i];
        if (answer->outcome == FACTS_NOT_ASKED)
            continue;
        *answers += 1;
        size += sizeof(struct facts_answer) + strlen(answer->upstream) + strlen(answer->alias) + 2;
    }
    for (size_t i = 0; i < draft->mx_count; i++)
        size += sizeof(struct facts_mx) + strlen(draft->mx[i].host) + 1;
    for (int i = 0; i < 2; i++)
        size += strlen(draft->first_address[i]) + 1;
    return round_up(sizeof(struct facts) + size);
}

static void pack_answers(struct packing *packing, const struct draft *draft)
{
    struct facts *facts = packing->facts;
    struct facts_answer *answers = (struct facts_answer *)(void *)(facts + 1);
    unsigned count = 0;
    for (int i = 0; i < FACTS_QUESTIONS; i++) {
        const struct draft_answer *answer = &draft->answer[i];
        facts->answer_index[i] = answer->outcome == FACTS_NOT_ASKED ? UINT8_MAX : (uint8_t)count;
        if (answer->outcome == FACTS_NOT_ASKED)
            continue;
        answers[count] = (struct facts_answer){
            .failure = answer->failure,
            .ttl_s = answer->ttl_s,
            .elapsed_us = answer->elapsed_us,
            .upstream = put_text(packing, answer->upstream),
            .alias = put_text(packing, answer->alias),
            .count = answer->count > UINT16_MAX ? UINT16_MAX : (uint16_t)answer->count,
            .rcode = (int16_t)answer->rcode,
            .outcome = (uint8_t)answer->outcome,
        };
        count++;
    }
}

static void pack_mx(struct packing *packing, const struct draft *draft)
{
    struct facts *facts = packing->facts;
    struct facts_mx *mx = (struct facts_mx *)(uintptr_t)facts_mx(facts);
    facts->mx_count = (uint32_t)draft->mx_count;
    for (size_t i = 0; i < draft->mx_count; i++) {
        const struct draft_mx *from = &draft->mx[i];
        mx[i] = (struct facts_mx){put_text(packing, from->host), from->ttl_s, from->preference};
        facts->exchanges += from->host[0] != '\0';
    }
}

struct facts *draft_seal(struct draft *draft, const char *domain, uint64_t started_us, uint64_t now_us)
{
    unsigned answers;
    size_t size = measure(draft, domain, &answers);
    struct facts *facts = memory_zalloc(draft->memory, 1, size);
    if (facts == NULL)
        return NULL;
    sort_mx(draft);
    facts->references = 1;
    facts->learned_us = now_us;
    facts->waited_us = now_us - started_us > UINT32_MAX ? UINT32_MAX : (uint32_t)(now_us - started_us);
    facts->dnssec = (uint8_t)draft->dnssec;
    facts->is_local = draft->is_local;
    facts->answer_count = (uint8_t)answers;
    size_t fixed = sizeof(*facts) + answers * sizeof(struct facts_answer) + draft->mx_count * sizeof(struct facts_mx);
    struct packing packing = {.facts = facts, .next = (facts_place)fixed};
    pack_mx(&packing, draft);
    facts->domain = put_text(&packing, domain);
    pack_answers(&packing, draft);
    for (int i = 0; i < 2; i++)
        facts->first_address[i] = put_text(&packing, draft->first_address[i]);
    facts->size = (uint32_t)round_up(packing.next);
    facts->oddities = (uint8_t)find_oddities(draft, facts->exchanges);
    return facts;
}
