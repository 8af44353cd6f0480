/* SPDX-License-Identifier: BSD-2-Clause */
/* aliases.c: gathers names until no alias adds one. */
#include "dns/aliases.h"

#include <string.h>

bool aliases_init(struct aliases *aliases, const char *name)
{
    aliases->count = 1;
    aliases->has_alias[0] = false;
    aliases->is_cut = false;
    aliases->ttl_s = INT32_MAX;
    return message_parse_name(name, &aliases->names[0]);
}

bool aliases_reach(const struct aliases *aliases, const struct message_name *name)
{
    for (size_t i = 0; i < aliases->count; i++) {
        if (message_same_name(&aliases->names[i], name))
            return true;
    }
    return false;
}

/* Returns whether the name is a new one. */
static bool add(struct aliases *aliases, const struct message_name *name)
{
    if (aliases_reach(aliases, name))
        return false;
    aliases->is_cut = aliases->count > ALIASES_MAX;
    if (aliases->is_cut)
        return false;
    aliases->names[aliases->count] = *name;
    aliases->has_alias[aliases->count++] = false;
    return true;
}

/* How many octets of labels stand before `zone` in a name below it; 0 when it is not below. */
static size_t octets_before(const struct message_name *name, const struct message_name *zone)
{
    size_t at = 0;
    while (name->octets[at] != 0 && name->length - at > zone->length)
        at += 1U + name->octets[at];
    bool is_below =
        at > 0 && name->length - at == zone->length && memcmp(name->octets + at, zone->octets, zone->length) == 0;
    return is_below ? at : 0;
}

/* Where a record leads a name. False when it leads it nowhere. */
static bool lead(const struct message_record *record, const struct message_name *data, const struct message_name *name,
                 struct message_name *target)
{
    if (record->type == MESSAGE_CNAME) {
        *target = *data;
        return message_same_name(&record->owner, name);
    }
    size_t before = octets_before(name, &record->owner);
    if (before == 0 || before + data->length > MESSAGE_NAME_MAX)
        return false;
    memcpy(target->octets, name->octets, before);
    memcpy(target->octets + before, data->octets, data->length);
    target->length = before + data->length;
    return true;
}

/* Returns whether the record adds a name. */
static bool take(struct aliases *aliases, const struct message_reader *reader, const struct message_record *record)
{
    struct message_reader inside = {reader->message, reader->size, record->rdata};
    struct message_name data, target;
    bool is_alias = record->class == 1 && (record->type == MESSAGE_CNAME || record->type == MESSAGE_DNAME);
    bool has_added = false;
    if (!is_alias || !message_read_name(&inside, &data))
        return false;
    for (size_t i = 0; i < aliases->count && !aliases->is_cut; i++) {
        if (!lead(record, &data, &aliases->names[i], &target))
            continue;
        aliases->has_alias[i] = true;
        aliases->ttl_s = record->ttl_s < aliases->ttl_s ? record->ttl_s : aliases->ttl_s;
        has_added |= add(aliases, &target);
    }
    return has_added;
}

/* Each round but the last adds a name, so there are no more rounds than names. */
void aliases_follow(struct aliases *aliases, struct message_reader answers, uint16_t records)
{
    bool has_added = true;
    while (has_added && !aliases->is_cut) {
        struct message_reader reader = answers;
        struct message_record record;
        has_added = false;
        for (uint16_t left = records; left > 0 && message_read_record(&reader, &record); left--)
            has_added |= take(aliases, &reader, &record);
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
