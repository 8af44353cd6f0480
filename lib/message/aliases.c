/* SPDX-License-Identifier: BSD-2-Clause */
/* aliases.c: gathers names until no alias adds one. */
#include "message/aliases.h"

#include <string.h>

/* An alias, and what tells quickly that it is not of a name. */
struct alias {
    struct message_record record;
    struct message_name owner;
    uint32_t hash;
    unsigned labels;
};

/* Of the octets from the last to `begin`, so that a name has the hashes of those above it on the way. */
static uint32_t hash_on(uint32_t hash, uint8_t octet)
{
    return (hash ^ octet) * UINT32_C(16777619);
}

static uint32_t hash_name(const struct message_name *name)
{
    uint32_t hash = UINT32_C(2166136261);
    for (size_t i = name->length; i > 0; i--)
        hash = hash_on(hash, name->octets[i - 1]);
    return hash;
}

static unsigned count_labels(const struct message_name *name)
{
    unsigned labels = 0;
    for (size_t at = 0; name->octets[at] != 0; at += 1U + name->octets[at])
        labels++;
    return labels;
}

bool aliases_init(struct aliases *aliases, const char *name)
{
    aliases->count = 1;
    aliases->has_alias[0] = false;
    aliases->is_cut = false;
    aliases->ttl_s = INT32_MAX;
    if (!message_parse_name(name, &aliases->names[0]))
        return false;
    aliases->hash[0] = hash_name(&aliases->names[0]);
    return true;
}

static bool reaches(const struct aliases *aliases, const struct message_name *name, uint32_t hash)
{
    for (size_t i = 0; i < aliases->count; i++) {
        if (aliases->hash[i] == hash && message_same_name(&aliases->names[i], name))
            return true;
    }
    return false;
}

bool aliases_reach(const struct aliases *aliases, const struct message_name *name)
{
    return reaches(aliases, name, hash_name(name));
}

static void add(struct aliases *aliases, const struct message_name *name)
{
    uint32_t hash = hash_name(name);
    if (reaches(aliases, name, hash))
        return;
    aliases->is_cut = aliases->count > ALIASES_MAX;
    if (aliases->is_cut)
        return;
    aliases->names[aliases->count] = *name;
    aliases->hash[aliases->count] = hash;
    aliases->has_alias[aliases->count++] = false;
}

/* A name with those above it: where each begins, and its hash, by the number of its labels. */
struct ancestry {
    const struct message_name *name;
    unsigned labels;
    uint8_t at[MESSAGE_NAME_MAX / 2 + 1];
    uint32_t hash[MESSAGE_NAME_MAX / 2 + 1];
};

static void trace(struct ancestry *ancestry, const struct message_name *name)
{
    uint32_t hash = UINT32_C(2166136261);
    unsigned above = count_labels(name);
    size_t begin = 0;
    ancestry->name = name;
    ancestry->labels = above;
    for (size_t at = 0; name->octets[at] != 0; at += 1U + name->octets[at])
        ancestry->at[above--] = (uint8_t)at;
    ancestry->at[0] = (uint8_t)(name->length - 1);
    for (unsigned labels = 0; labels <= ancestry->labels; labels++) {
        size_t end = labels == 0 ? name->length : begin;
        /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): the loop above has written one for each label */
        begin = ancestry->at[labels];
        for (size_t i = end; i > begin; i--)
            hash = hash_on(hash, name->octets[i - 1]);
        ancestry->hash[labels] = hash;
    }
}

/* Is the alias one of this name: a CNAME of itself, or a DNAME of one above it? */
static bool is_of(const struct alias *alias, const struct ancestry *ancestry)
{
    bool is_cname = alias->record.type == MESSAGE_CNAME;
    if (is_cname ? alias->labels != ancestry->labels : alias->labels >= ancestry->labels)
        return false;
    size_t at = ancestry->at[alias->labels];
    return alias->hash == ancestry->hash[alias->labels] && ancestry->name->length - at == alias->owner.length &&
           memcmp(ancestry->name->octets + at, alias->owner.octets, alias->owner.length) == 0;
}

/* Where it leads the name. False when that is no name. */
static bool lead(const struct alias *alias, const struct message_reader *reader, const struct ancestry *ancestry,
                 struct message_name *target)
{
    struct message_reader inside = {reader->message, reader->size, alias->record.rdata};
    struct message_name data;
    size_t before = alias->record.type == MESSAGE_CNAME ? 0 : ancestry->at[alias->labels];
    if (!message_read_name(&inside, &data) || before + data.length > MESSAGE_NAME_MAX)
        return false;
    memcpy(target->octets, ancestry->name->octets, before);
    memcpy(target->octets + before, data.octets, data.length);
    target->length = before + data.length;
    return true;
}

static bool read_alias(const struct message_reader *reader, size_t owner, struct alias *alias)
{
    struct message_reader at = {reader->message, reader->size, owner + MESSAGE_HEADER_SIZE};
    *alias = (struct alias){.hash = 0, .labels = 0};
    if (!message_read_record(&at, &alias->record) || !message_read_owner(reader, &alias->record, &alias->owner))
        return false;
    alias->hash = hash_name(&alias->owner);
    alias->labels = count_labels(&alias->owner);
    return true;
}

void aliases_note(struct alias_records *records, const struct message_record *record)
{
    if (records->count < ALIAS_RECORDS_MAX)
        records->owner[records->count] = (uint16_t)(record->owner - MESSAGE_HEADER_SIZE);
    records->count++;
}

/* What one record adds to the names that are known, and to those that it adds itself. */
static void take(struct aliases *aliases, const struct message_reader *reader, const struct alias *alias,
                 const struct ancestry *ancestry, size_t index)
{
    struct message_name target;
    if (!is_of(alias, ancestry) || !lead(alias, reader, ancestry, &target))
        return;
    aliases->has_alias[index] = true;
    aliases->ttl_s = alias->record.ttl_s < aliases->ttl_s ? alias->record.ttl_s : aliases->ttl_s;
    add(aliases, &target);
}

/* What tells quickly that a record is no alias of a name. */
struct sketch {
    uint32_t hash;
    unsigned labels;
    bool is_alias;
    bool is_cname;
};

static void sketch_records(const struct message_reader *reader, const struct alias_records *records,
                           struct sketch *sketches)
{
    struct alias alias;
    for (size_t i = 0; i < records->count; i++) {
        bool is_alias = read_alias(reader, records->owner[i], &alias);
        sketches[i] =
            (struct sketch){alias.hash, alias.labels, is_alias, is_alias && alias.record.type == MESSAGE_CNAME};
    }
}

static bool may_be_of(const struct sketch *sketch, const struct ancestry *ancestry)
{
    bool has_labels = sketch->is_cname ? sketch->labels == ancestry->labels : sketch->labels < ancestry->labels;
    return sketch->is_alias && has_labels && sketch->hash == ancestry->hash[sketch->labels];
}

/* Each name is held against each record once, in the order in which names are found. */
void aliases_follow(struct aliases *aliases, const struct message_reader *reader, const struct alias_records *records)
{
    struct sketch sketches[ALIAS_RECORDS_MAX];
    struct alias alias;
    struct ancestry ancestry;
    aliases->is_cut = records->count > ALIAS_RECORDS_MAX;
    if (aliases->is_cut)
        return;
    sketch_records(reader, records, sketches);
    for (size_t i = 0; i < aliases->count && !aliases->is_cut; i++) {
        trace(&ancestry, &aliases->names[i]);
        for (size_t j = 0; j < records->count && !aliases->is_cut; j++) {
            if (may_be_of(&sketches[j], &ancestry) && read_alias(reader, records->owner[j], &alias))
                take(aliases, reader, &alias, &ancestry, i);
        }
    }
}

const struct message_name *aliases_end(const struct aliases *aliases)
{
    for (size_t i = aliases->count; i > 0; i--) {
        if (!aliases->has_alias[i - 1])
            return &aliases->names[i - 1];
    }
    return NULL;
}
