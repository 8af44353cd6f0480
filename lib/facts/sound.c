/* SPDX-License-Identifier: BSD-2-Clause */
/* sound.c: looks at every field of facts before anything else does. */
#include "facts/sound.h"

#include "facts/draft.h"

#include <string.h>

#define TEXT_MAX 1023 /* a name in presentation form is the longest */

struct look {
    const struct facts *facts;
    size_t size;
    size_t fixed; /* where texts and addresses begin */
};

/* A bool may hold nothing else. */
static bool are_bools(const struct facts *facts)
{
    static const size_t places[] = {offsetof(struct facts, has_more_hosts), offsetof(struct facts, has_asked_dnssec),
                                    offsetof(struct facts, none_usable), offsetof(struct facts, was_outage),
                                    offsetof(struct facts, is_local)};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (((const unsigned char *)facts)[places[i]] > 1)
            return false;
    }
    return true;
}

static bool is_text(const struct look *look, facts_place place, bool is_printable)
{
    if (place < look->fixed || place >= look->size)
        return false;
    const char *text = facts_text(look->facts, place);
    size_t most = look->size - place < TEXT_MAX + 1 ? look->size - place : TEXT_MAX + 1;
    size_t length = strnlen(text, most);
    for (size_t i = 0; i < length && is_printable; i++) {
        if (text[i] < ' ' || text[i] > '~')
            return false;
    }
    return length < most;
}

static bool is_answer(const struct look *look, const struct facts_answer *answer)
{
    bool is_absence = facts_is_absence((enum facts_outcome)answer->outcome);
    return answer->outcome > FACTS_NOT_ASKED && answer->outcome <= FACTS_BOGUS &&
           answer->dnssec <= MXCHECK_DNSSEC_BOGUS && answer->blame <= FACTS_BLAMES_CONFIGURATION &&
           answer->ttl_s <= INT32_MAX && is_text(look, answer->upstream, true) && is_text(look, answer->alias, true) &&
           is_text(look, answer->failure, true) && is_text(look, answer->error_text, false) &&
           (!is_absence || is_text(look, answer->zone, true));
}

static bool is_index(const struct look *look, uint8_t index)
{
    return index == UINT8_MAX || index < look->facts->answer_count;
}

/* Of an answer to A and one to AAAA. */
static bool are_addresses(const struct look *look, const uint8_t index[2])
{
    for (int i = 0; i < 2; i++) {
        if (!is_index(look, index[i]))
            return false;
        const struct facts_answer *answer = facts_answer_at(look->facts, index[i]);
        size_t size = facts_address_count(answer) * facts_address_size((enum facts_question)(FACTS_A + i));
        if (size > 0 && (answer->addresses < look->fixed || answer->addresses > look->size ||
                         size > look->size - answer->addresses))
            return false;
    }
    return true;
}

static bool are_hosts(const struct look *look)
{
    const struct facts *facts = look->facts;
    for (size_t i = 0; i < facts->mx_count; i++) {
        if (!is_text(look, facts_mx(facts)[i].host, true) || facts_mx(facts)[i].ttl_s > INT32_MAX)
            return false;
    }
    for (size_t i = 0; i < facts->target_count; i++) {
        const struct facts_target *target = &facts_targets(facts)[i];
        if (!is_text(look, target->host, true) || !are_addresses(look, target->answer_index))
            return false;
    }
    bool has_mx =
        is_index(look, facts->answer_index[FACTS_MX]) && facts_answer(facts, FACTS_MX)->outcome == FACTS_RECORDS;
    return facts->exchanges <= facts->mx_count && facts->target_count <= facts->mx_count &&
           facts->target_count <= DRAFT_TARGETS_MAX && has_mx == (facts->mx_count > 0);
}

static bool are_answers(const struct look *look)
{
    const struct facts *facts = look->facts;
    for (unsigned i = 0; i < facts->answer_count; i++) {
        if (!is_answer(look, facts_answer_at(facts, i)))
            return false;
    }
    return is_index(look, facts->answer_index[FACTS_MX]) && are_addresses(look, &facts->answer_index[FACTS_A]);
}

bool facts_are_sound(const void *octets, size_t size)
{
    struct look look = {.facts = octets, .size = size, .fixed = sizeof(struct facts)};
    const struct facts *facts = look.facts;
    if (size < sizeof(*facts) || facts->size != size || !are_bools(facts))
        return false;
    look.fixed += facts->answer_count * sizeof(struct facts_answer) + facts->mx_count * sizeof(struct facts_mx) +
                  facts->target_count * sizeof(struct facts_target);
    return look.fixed < size && is_text(&look, facts->domain, true) && are_answers(&look) && are_hosts(&look);
}
