/* SPDX-License-Identifier: BSD-2-Clause */
/* message.c: builds a message record by record out of octets. */
#include "message.h"

#include "check.h"

#include "message/message.h"

#include <stdlib.h>
#include <string.h>

enum { MESSAGE_MAX = 65535, RECORD_ROOM = 1024 };

/* A message under way. */
struct building {
    uint8_t message[MESSAGE_MAX];
    size_t size;
    unsigned section; /* 0 to 2: answer, authority, additional */
    unsigned count[3];
};

static void put(struct building *building, const void *octets, size_t size)
{
    demand(building->size + size <= sizeof(building->message));
    memcpy(building->message + building->size, octets, size);
    building->size += size;
}

static void put_u8(struct building *building, unsigned value)
{
    uint8_t octet = (uint8_t)value;
    put(building, &octet, 1);
}

static void put_u16(struct building *building, unsigned value)
{
    put_u8(building, value >> 8);
    put_u8(building, value & 0xff);
}

static void set_u16(struct building *building, size_t at, size_t value)
{
    building->message[at] = (uint8_t)(value >> 8);
    building->message[at + 1] = (uint8_t)value;
}

/* --- names --- */

static void put_listed(struct building *building, unsigned index)
{
    static const char *const names[] = {
        "a.example",     "b.example",       "c.example",
        "d.example",     "mail.a.example",  "",
        "example",       "localhost",       "mx.invalid",
        "10.0.0.1",      "192.0.2.1",       "h.example.com",
        "\\001\\002.x",  "\\\".\\\\x",      "\\195\\188.example",
        "x\\.y.example", "_dmarc.example",  "UPPER.Example",
        "test",          "onion",           "local",
        "com",           "{domain}.{host}", "\\255\\254\\253",
    };
    static const char longest[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
                                  "\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001"
                                  "\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001\\001."
                                  "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc."
                                  "ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd.example";
    struct message_name name;
    size_t count = sizeof(names) / sizeof(names[0]);
    demand(message_parse_name(index < count ? names[index] : longest, &name));
    put(building, name.octets, name.length);
}

/* `variant` tells apart what one octet of the data repeats. */
static void put_label(struct building *building, struct octets *octets, unsigned length, unsigned variant)
{
    const uint8_t *label;
    size_t taken = octets_take_many(octets, length, &label);
    if (taken == 0)
        return;
    put_u8(building, (unsigned)taken);
    put(building, label, taken);
    building->message[building->size - 1] = (uint8_t)(building->message[building->size - 1] + variant);
}

static void put_name(struct building *building, struct octets *octets, unsigned variant)
{
    unsigned how = octets_take(octets);
    if (how >= 0xc0) {
        put_u16(building, how << 8 | octets_take(octets));
    } else if (how >= 0x80) {
        put_label(building, octets, how & 0x3f, variant);
        put_u8(building, 0);
    } else if (how >= 0x40) {
        put_label(building, octets, how & 0x3f, variant);
        put_u16(building, 0xc000 | MESSAGE_HEADER_SIZE);
    } else if (how >= 0x20) {
        put_listed(building, how & 0x1f);
    } else {
        put_u16(building, 0xc000 | MESSAGE_HEADER_SIZE);
    }
}

/* --- records --- */

static void put_ttl(struct building *building, struct octets *octets)
{
    static const uint32_t ttls[] = {300, 0, 1, 5, 60, 3600, 86400, 0x7fffffff, 0x80000000, 0xffffffff};
    unsigned how = octets_take(octets);
    size_t count = sizeof(ttls) / sizeof(ttls[0]);
    uint32_t ttl_s = how < count ? ttls[how] : how;
    put_u16(building, ttl_s >> 16);
    put_u16(building, ttl_s & 0xffff);
}

/* As many as wanted; zeros where the data are used up. */
static void put_data(struct building *building, struct octets *octets, size_t size, unsigned variant)
{
    for (size_t i = 0; i < size; i++)
        put_u8(building, octets_take(octets) + (i + 1 == size ? variant : 0));
}

static void put_error(struct building *building, struct octets *octets)
{
    const uint8_t *text;
    unsigned code = octets_take(octets);
    size_t length = octets_take_many(octets, octets_take(octets), &text);
    put_u16(building, 15);
    put_u16(building, (unsigned)length + 2);
    put_u16(building, code == 0xff ? 0xffff : code);
    put(building, text, length);
}

static void put_soa(struct building *building, struct octets *octets)
{
    put_u8(building, 0);
    put_u8(building, 0);
    for (int i = 0; i < 8; i++)
        put_u16(building, 0);
    put_ttl(building, octets);
}

static void put_rdata(struct building *building, struct octets *octets, unsigned kind, unsigned variant)
{
    switch ((enum record_kind)kind) {
    case RECORD_A:
        put_data(building, octets, 4, variant);
        break;
    case RECORD_AAAA:
        put_data(building, octets, 16, variant);
        break;
    case RECORD_MX:
        put_u16(building, octets_take(octets));
        put_name(building, octets, variant);
        break;
    case RECORD_CNAME:
    case RECORD_DNAME:
        put_name(building, octets, variant);
        break;
    case RECORD_SOA:
        put_soa(building, octets);
        break;
    case RECORD_OPT:
        put_error(building, octets);
        break;
    case RECORD_RAW:
        put_data(building, octets, octets_take(octets), 0);
        break;
    case RECORD_NONE:
    case RECORD_KINDS:
        break;
    }
}

static void put_record(struct building *building, struct octets *octets, unsigned how, unsigned variant)
{
    static const unsigned types[RECORD_KINDS] = {
        [RECORD_A] = DNS_A,
        [RECORD_AAAA] = DNS_AAAA,
        [RECORD_MX] = DNS_MX,
        [RECORD_CNAME] = MESSAGE_CNAME,
        [RECORD_SOA] = MESSAGE_SOA,
        [RECORD_OPT] = MESSAGE_OPT,
        [RECORD_DNAME] = MESSAGE_DNAME,
    };
    unsigned kind = how & 0x0f;
    unsigned section = kind == RECORD_SOA ? 1 : kind == RECORD_OPT ? 2 : 0;
    if (section > building->section)
        building->section = section;
    put_name(building, octets, 0);
    put_u16(building, kind == RECORD_RAW ? octets_take(octets) : types[kind]);
    put_u16(building, (how & 0x10) != 0 ? 3 : 1);
    put_ttl(building, octets);
    size_t length_at = building->size;
    put_u16(building, 0);
    put_rdata(building, octets, kind, variant);
    set_u16(building, length_at, building->size - length_at - 2);
    building->count[building->section]++;
}

/* The same data again and again, a little different each time. Returns whether there was a record. */
static bool put_records(struct building *building, struct octets *octets)
{
    unsigned how = octets_take(octets);
    if ((how & 0x0f) == RECORD_NONE || (how & 0x0f) >= RECORD_KINDS)
        return false;
    unsigned times = (how & 0x20) != 0 ? octets_take(octets) + 1U : 1;
    struct octets start = *octets;
    for (unsigned i = 0; i < times && building->size + RECORD_ROOM < sizeof(building->message); i++) {
        *octets = start;
        put_record(building, octets, how, i);
    }
    return building->size + RECORD_ROOM < sizeof(building->message);
}

/* --- messages --- */

static void put_header(struct building *building, unsigned how)
{
    put_u16(building, 0);
    put_u8(building, 0x81 | (how & 0x02));
    put_u8(building, 0x80 | ((how & 0x04) != 0 ? 0x20 : 0) | how >> 4);
    put_u16(building, 1);
    for (int i = 0; i < 3; i++)
        put_u16(building, 0);
}

static void put_question(struct building *building, const char *name, enum dns_type type, bool is_other)
{
    struct message_name parsed;
    demand(message_parse_name(name, &parsed));
    put(building, parsed.octets, parsed.length);
    put_u16(building, (unsigned)type + is_other);
    put_u16(building, 1);
}

/* Three octets with counts, one with a length, and so many octets. */
static void put_raw(struct building *building, struct octets *octets)
{
    const uint8_t *raw;
    for (int i = 0; i < 3; i++)
        building->count[i] = octets_take(octets);
    size_t size = octets_take_many(octets, octets_take(octets), &raw);
    put(building, raw, size);
}

uint8_t *message_make(struct octets *octets, const char *name, enum dns_type type, size_t *size)
{
    static struct building building;
    unsigned how = octets_take(octets);
    building.size = 0;
    building.section = 0;
    memset(building.count, 0, sizeof(building.count));
    put_header(&building, how);
    put_question(&building, name, type, (how & 0x08) != 0);
    if ((how & 0x01) != 0)
        put_raw(&building, octets);
    else
        while (put_records(&building, octets))
            continue;
    for (size_t i = 0; i < 3; i++)
        set_u16(&building, 6 + 2 * i, building.count[i]);
    uint8_t *message = malloc(building.size);
    demand(message != NULL);
    memcpy(message, building.message, building.size);
    *size = building.size;
    return message;
}
