/* SPDX-License-Identifier: BSD-2-Clause */
/* message.c: names and records out of a DNS message, and names as text. */
#include "dns/message.h"

#include "base/text.h"

#include <string.h>

#define POINTERS_MAX 128

uint16_t message_u16(const uint8_t *octets)
{
    return (uint16_t)(octets[0] << 8 | octets[1]);
}

uint32_t message_ttl(const uint8_t *octets)
{
    uint32_t ttl_s = (uint32_t)message_u16(octets) << 16 | message_u16(octets + 2);
    return ttl_s > INT32_MAX ? 0 : ttl_s;
}

static bool append_label(struct message_name *name, const uint8_t *label, size_t length)
{
    if (name->length + length + 1 > MESSAGE_NAME_MAX)
        return false;
    name->octets[name->length] = (uint8_t)length;
    for (size_t i = 0; i < length; i++)
        name->octets[name->length + 1 + i] = (uint8_t)text_to_lower((char)label[i]);
    name->length += length + 1;
    return true;
}

bool message_read_name(struct message_reader *reader, struct message_name *name)
{
    size_t at = reader->at;
    size_t end = 0;
    unsigned pointers = 0;

    name->length = 0;
    while (at < reader->size) {
        uint8_t length = reader->message[at];
        if (length >= 0xc0) {
            if (at + 2 > reader->size || ++pointers > POINTERS_MAX)
                return false;
            if (end == 0)
                end = at + 2;
            at = (size_t)(message_u16(reader->message + at) & 0x3fff);
            continue;
        }
        if (length > 63 || at + 1 + length > reader->size || !append_label(name, reader->message + at + 1, length))
            return false;
        at += 1U + length;
        if (length == 0) {
            reader->at = end == 0 ? at : end;
            return true;
        }
    }
    return false;
}

bool message_same_name(const struct message_name *a, const struct message_name *b)
{
    return a->length == b->length && memcmp(a->octets, b->octets, a->length) == 0;
}

bool message_read_record(struct message_reader *reader, struct message_record *record)
{
    if (!message_read_name(reader, &record->owner) || reader->size - reader->at < 10)
        return false;
    const uint8_t *fixed = reader->message + reader->at;
    record->type = message_u16(fixed);
    record->class = message_u16(fixed + 2);
    record->ttl_s = message_ttl(fixed + 4);
    record->rdata_size = message_u16(fixed + 8);
    record->rdata = reader->at + 10;
    if (record->rdata_size > reader->size - record->rdata)
        return false;
    reader->at = record->rdata + record->rdata_size;
    return true;
}

bool message_skip_questions(struct message_reader *reader)
{
    struct message_name name;
    for (uint16_t left = message_u16(reader->message + 4); left > 0; left--) {
        if (!message_read_name(reader, &name) || reader->size - reader->at < 4)
            return false;
        reader->at += 4;
    }
    return true;
}

/* Letters, digits, hyphens and underscores stand for themselves, and so does what RFC 1035 section 5.1 does not name.
 */
static bool is_plain(uint8_t octet)
{
    char c = (char)octet;
    return text_is_alpha(c) || text_is_digit(c) || c == '-' || c == '_' ||
           (octet > 0x20 && octet < 0x7f && strchr(".\\\"();@$", c) == NULL);
}

static void put_octet(struct text *text, uint8_t octet)
{
    if (octet <= 0x20 || octet >= 0x7f)
        text_printf(text, "\\%03u", octet);
    else
        text_printf(text, "\\%c", (char)octet);
}

static void put_label(struct text *text, const uint8_t *label, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t begin = i;
        while (i < length && is_plain(label[i]))
            i++;
        text_put(text, (const char *)label + begin, i - begin);
        if (i < length)
            put_octet(text, label[i++]);
    }
}

void message_write_name(const struct message_name *name, char *buffer, size_t size)
{
    struct text text;
    text_init(&text, buffer, size);
    for (size_t at = 0; name->octets[at] != 0; at += 1U + name->octets[at]) {
        if (at > 0)
            text_put(&text, ".", 1);
        put_label(&text, name->octets + at + 1, name->octets[at]);
    }
}

bool message_parse_name(const char *text, struct message_name *name)
{
    uint8_t label[63];
    size_t length = 0;
    name->length = 0;
    for (const char *p = text; *p != '\0'; p++) {
        uint8_t octet = (uint8_t)*p;
        if (*p == '.') {
            if (length == 0 || !append_label(name, label, length))
                return false;
            length = 0;
            continue;
        }
        if (*p == '\\' && text_is_digit(p[1]) && text_is_digit(p[2]) && text_is_digit(p[3])) {
            octet = (uint8_t)((p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0'));
            p += 3;
        } else if (*p == '\\' && p[1] != '\0') {
            octet = (uint8_t) * ++p;
        }
        if (length == sizeof(label))
            return false;
        label[length++] = octet;
    }
    return (length == 0 || append_label(name, label, length)) && append_label(name, label, 0);
}
