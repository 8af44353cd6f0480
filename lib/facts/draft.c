/* SPDX-License-Identifier: BSD-2-Clause */
/* draft.c: facts while a lookup fills them in, and how they are packed into one block. */
#include "facts/draft.h"

#include "base/memory.h"
#include "mail/domain.h"

#include <assert.h>
#include <string.h>

/* Texts that a new one is compared with. */
#define TEXTS_COMPARED 8
#define TEXTS_ROOM_MIN 256

/* MX records among which one that is there twice is sought. */
#define DUPLICATES_SOUGHT 256

_Static_assert(FACTS_QUESTIONS + 2 * DRAFT_TARGETS_MAX < UINT8_MAX, "an octet holds the number of any answer");

void draft_init(struct draft *draft, const struct memory *memory)
{
    memset(draft, 0, sizeof(*draft));
    draft->memory = memory;
    for (int i = 0; i < FACTS_QUESTIONS; i++)
        draft->answer[i] = facts_not_asked;
}

void draft_clear(struct draft *draft)
{
    memory_free(draft->memory, draft->mx);
    memory_free(draft->memory, draft->targets);
    memory_free(draft->memory, draft->texts);
    draft->mx = NULL;
    draft->mx_count = 0;
    draft->targets = NULL;
    draft->target_count = 0;
    draft->texts = NULL;
    draft->texts_size = 0;
    draft->texts_room = 0;
}

/* Place 0 is taken by the empty text. */
static bool make_room(struct draft *draft, size_t size)
{
    size_t used = draft->texts_size == 0 ? 1 : draft->texts_size;
    size_t room = draft->texts_room < TEXTS_ROOM_MIN ? TEXTS_ROOM_MIN : draft->texts_room;
    if (draft->is_short)
        return false;
    while (room < used + size)
        room *= 2;
    if (room > draft->texts_room) {
        char *texts = memory_realloc(draft->memory, draft->texts, room);
        draft->is_short = texts == NULL;
        if (draft->is_short)
            return false;
        draft->texts = texts;
        draft->texts_room = room;
    }
    draft->texts_size = used;
    return true;
}

facts_place draft_put_octets(struct draft *draft, const void *octets, size_t size)
{
    if (size == 0 || !make_room(draft, size))
        return 0;
    facts_place place = (facts_place)draft->texts_size;
    memcpy(draft->texts + place, octets, size);
    draft->texts_size += size;
    return place;
}

facts_place draft_put(struct draft *draft, const char *text)
{
    return text[0] == '\0' ? 0 : draft_put_octets(draft, text, strlen(text) + 1);
}

/* The room of the array is the power of two at or above its count, so it is full exactly at 0, 1, 2, 4, 8, ... */
static bool grow(struct draft *draft)
{
    size_t count = draft->mx_count;
    if ((count & (count - 1)) != 0)
        return true;
    size_t room = count == 0 ? 1 : 2 * count;
    struct draft_mx *mx = memory_realloc(draft->memory, draft->mx, room * sizeof(*mx));
    draft->is_short |= mx == NULL;
    if (mx == NULL)
        return false;
    draft->mx = mx;
    return true;
}

void draft_add_mx(struct draft *draft, uint16_t preference, uint32_t ttl_s, const char *host)
{
    if (draft->mx_count == UINT16_MAX || !grow(draft))
        return;
    draft->mx[draft->mx_count++] = (struct draft_mx){draft_put(draft, host), ttl_s, preference};
    draft->has_more_hosts |= host[0] != '\0';
}

/* The place behind the last of the first `count` whose preference is no greater. */
static size_t find_place(const struct draft_mx *mx, size_t count, uint16_t preference)
{
    size_t least = 0;
    while (count > least) {
        size_t middle = least + (count - least) / 2;
        if (mx[middle].preference <= preference)
            least = middle + 1;
        else
            count = middle;
    }
    return least;
}

/* By insertion into what is sorted: stable, and without memory. */
static void sort_mx(struct draft *draft)
{
    for (size_t i = 1; i < draft->mx_count; i++) {
        struct draft_mx moved = draft->mx[i];
        size_t place = find_place(draft->mx, i, moved.preference);
        memmove(draft->mx + place + 1, draft->mx + place, (i - place) * sizeof(moved));
        draft->mx[place] = moved;
    }
}

static bool is_target(const struct draft *draft, const char *host)
{
    for (size_t i = 0; i < draft->target_count; i++) {
        if (strcmp(draft_text(draft, draft->targets[i].host), host) == 0)
            return true;
    }
    return false;
}

/* Returns false where there is no more room for one. */
static bool add_target(struct draft *draft, facts_place host, size_t most)
{
    if (host == 0 || is_target(draft, draft_text(draft, host)))
        return true;
    if (draft->target_count == most)
        return false;
    draft->targets[draft->target_count++] = (struct draft_target){host, {facts_not_asked, facts_not_asked}};
    return true;
}

void draft_choose_targets(struct draft *draft, size_t most)
{
    size_t room = draft->mx_count < most ? draft->mx_count : most;
    assert(most <= DRAFT_TARGETS_MAX && draft->targets == NULL);
    if (draft->is_short || room == 0)
        return;
    draft->targets = memory_alloc(draft->memory, room * sizeof(*draft->targets));
    draft->is_short = draft->targets == NULL;
    if (draft->is_short)
        return;
    sort_mx(draft);
    draft->has_more_hosts = false;
    for (size_t i = 0; i < draft->mx_count && !draft->has_more_hosts; i++)
        draft->has_more_hosts = !add_target(draft, draft->mx[i].host, room);
}

static uint32_t hash_text(const char *text)
{
    uint32_t hash = UINT32_C(2166136261);
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * UINT32_C(16777619);
    return hash;
}

/* The comparison of each with each is bounded: a set larger than this is odd enough without it. */
static bool has_duplicate(const struct draft *draft)
{
    uint32_t hashes[DUPLICATES_SOUGHT];
    size_t count = draft->mx_count < DUPLICATES_SOUGHT ? draft->mx_count : DUPLICATES_SOUGHT;
    for (size_t i = 0; i < count; i++) {
        const char *host = draft_text(draft, draft->mx[i].host);
        hashes[i] = hash_text(host);
        for (size_t j = 0; j < i; j++) {
            if (hashes[j] == hashes[i] && strcmp(draft_text(draft, draft->mx[j].host), host) == 0)
                return true;
        }
    }
    return false;
}

static bool has_literal(const struct draft *draft)
{
    for (size_t i = 0; i < draft->mx_count; i++) {
        if (domain_is_ipv4_literal(draft_text(draft, draft->mx[i].host)))
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
    if (draft->is_mx_cut)
        oddities |= FACTS_MX_CUT;
    return oddities;
}

/* The block while it is filled: texts go behind all else. */
struct packing {
    const struct draft *draft;
    struct facts *facts;
    uint8_t answers; /* so many are in place */
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

static facts_place move_text(struct packing *packing, facts_place place)
{
    return put_text(packing, draft_text(packing->draft, place));
}

static facts_place move_addresses(struct packing *packing, const struct facts_answer *answer,
                                  enum facts_question question)
{
    size_t size = facts_address_count(answer) * facts_address_size(question);
    facts_place place = packing->next;
    if (size == 0)
        return 0;
    memcpy((char *)packing->facts + place, packing->draft->texts + answer->addresses, size);
    packing->next += (facts_place)size;
    return place;
}

/* Returns its number, UINT8_MAX when the question was not asked. */
static uint8_t pack_answer(struct packing *packing, const struct facts_answer *drafted, enum facts_question question)
{
    struct facts_answer *answer = (struct facts_answer *)(void *)(packing->facts + 1) + packing->answers;
    if (drafted->outcome == FACTS_NOT_ASKED)
        return UINT8_MAX;
    *answer = *drafted;
    answer->upstream = move_text(packing, drafted->upstream);
    answer->alias = move_text(packing, drafted->alias);
    answer->failure = move_text(packing, drafted->failure);
    answer->error_text = move_text(packing, drafted->error_text);
    if (drafted->outcome != FACTS_RECORDS)
        answer->zone = move_text(packing, drafted->zone);
    else if (question != FACTS_MX)
        answer->addresses = move_addresses(packing, drafted, question);
    return packing->answers++;
}

static size_t count_answers(const struct draft *draft)
{
    size_t count = 0;
    for (int i = 0; i < FACTS_QUESTIONS; i++)
        count += draft->answer[i].outcome != FACTS_NOT_ASKED;
    for (size_t i = 0; i < draft->target_count; i++) {
        for (int j = 0; j < 2; j++)
            count += draft->targets[i].answer[j].outcome != FACTS_NOT_ASKED;
    }
    return count;
}

static void pack_mx(struct packing *packing)
{
    const struct draft *draft = packing->draft;
    struct facts *facts = packing->facts;
    struct facts_mx *mx = (struct facts_mx *)(uintptr_t)facts_mx(facts);
    for (size_t i = 0; i < draft->mx_count; i++) {
        const struct draft_mx *from = &draft->mx[i];
        mx[i] = (struct facts_mx){move_text(packing, from->host), from->ttl_s, from->preference};
        facts->exchanges = (uint16_t)(facts->exchanges + (from->host != 0));
    }
}

/* A target has the text of its MX, which comes first by preference where a host has several. */
static facts_place place_of_host(const struct packing *packing, facts_place host)
{
    const struct draft *draft = packing->draft;
    size_t i = 0;
    while (draft->mx[i].host != host)
        i++;
    return facts_mx(packing->facts)[i].host;
}

static void pack_targets(struct packing *packing)
{
    const struct draft *draft = packing->draft;
    struct facts_target *targets = (struct facts_target *)(uintptr_t)facts_targets(packing->facts);
    for (size_t i = 0; i < draft->target_count; i++) {
        const struct draft_target *from = &draft->targets[i];
        targets[i].host = place_of_host(packing, from->host);
        for (int j = 0; j < 2; j++)
            targets[i].answer_index[j] = pack_answer(packing, &from->answer[j], (enum facts_question)(FACTS_A + j));
    }
}

static size_t round_up(size_t size)
{
    return (size + 7) / 8 * 8;
}

struct facts *draft_seal(struct draft *draft, const char *domain, uint64_t started_us, uint64_t now_us)
{
    size_t answers = count_answers(draft);
    size_t fixed = sizeof(struct facts) + answers * sizeof(struct facts_answer) +
                   draft->mx_count * sizeof(struct facts_mx) + draft->target_count * sizeof(struct facts_target);
    /* When no text is shared; one octet is for an empty one. */
    size_t most = fixed + draft->texts_size + strlen(domain) + 2;
    struct facts *facts = draft->is_short ? NULL : memory_zalloc(draft->memory, 1, round_up(most));
    if (facts == NULL)
        return NULL;
    sort_mx(draft);
    facts->references = 1;
    facts->learned_us = now_us;
    facts->waited_us = now_us - started_us > UINT32_MAX ? UINT32_MAX : (uint32_t)(now_us - started_us);
    facts->answer_count = (uint8_t)answers;
    facts->mx_count = (uint16_t)draft->mx_count;
    facts->target_count = (uint8_t)draft->target_count;
    facts->has_more_hosts = draft->has_more_hosts;
    facts->has_asked_dnssec = draft->has_asked_dnssec;
    facts->none_usable = draft->none_usable;
    facts->is_local = draft->is_local;
    struct packing packing = {.draft = draft, .facts = facts, .next = (facts_place)fixed};
    pack_mx(&packing);
    facts->domain = put_text(&packing, domain);
    for (int i = 0; i < FACTS_QUESTIONS; i++)
        facts->answer_index[i] = pack_answer(&packing, &draft->answer[i], (enum facts_question)i);
    pack_targets(&packing);
    facts->size = (uint32_t)round_up(packing.next);
    facts->oddities = (uint8_t)find_oddities(draft, facts->exchanges);
    return facts;
}
