/* SPDX-License-Identifier: BSD-2-Clause */
/* message.c: names and records out of a DNS message, and names as text. */
#include "message/message.h"

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

/* 'A' to 'Z' without a branch. */
static uint8_t to_lower(uint8_t octet)
{
    return (uint8_t)(octet | ((uint8_t)(octet - 'A') < 26) << 5);
}

static bool append_label(struct message_name *name, const uint8_t *label, size_t length)
{
    if (name->length + length + 1 > MESSAGE_NAME_MAX)
        return false;
    uint8_t *octets = name->octets + name->length;
    octets[0] = (uint8_t)length;
    for (size_t i = 0; i < length; i++)
        octets[1 + i] = to_lower(label[i]);
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

/* Move past a name; where it leads does not matter. */
static bool skip_name(struct message_reader *reader)
{
    while (reader->at < reader->size) {
        uint8_t length = reader->message[reader->at];
        size_t step = length >= 0xc0 ? 2 : 1U + length;
        if ((length > 63 && length < 0xc0) || step > reader->size - reader->at)
            return false;
        reader->at += step;
        if (length == 0 || length >= 0xc0)
            return true;
    }
    return false;
}

bool message_read_owner(const struct message_reader *reader, const struct message_record *record,
                        struct message_name *owner)
{
    struct message_reader at = {reader->message, reader->size, record->owner};
    return message_read_name(&at, owner);
}

bool message_read_record(struct message_reader *reader, struct message_record *record)
{
    record->owner = reader->at;
    if (!skip_name(reader) || reader->size - reader->at < 10)
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
    for (uint16_t left = message_u16(reader->message + 4); left > 0; left--) {
        if (!skip_name(reader) || reader->size - reader->at < 4)
            return false;
        reader->at += 4;
    }
    return true;
}

/* How many characters stand for an octet: itself, a backslash before it, or \DDD. Letters, digits, hyphens and
 * underscores stand for themselves, and so does what RFC 1035 section 5.1 does not name. */
enum { WIDTH_PLAIN = 1, WIDTH_ESCAPED = 2 };

/* clang-format off */
static const uint8_t widths[256] = {
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 1, 2, 1, 2, 1, 1, 1, 2, 2, 1, 1, 1, 1, 2, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1,
    2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
};
/* clang-format on */

size_t message_text_length(const struct message_name *name)
{
    size_t length = 0;
    for (size_t at = 0; name->octets[at] != 0; at += 1U + name->octets[at]) {
        length += at > 0;
        for (size_t i = 1; i <= name->octets[at]; i++)
            length += widths[name->octets[at + i]];
    }
    return length;
}

static char *put_escaped(char *text, uint8_t octet)
{
    *text++ = '\\';
    if (widths[octet] == WIDTH_ESCAPED) {
        *text++ = (char)octet;
        return text;
    }
    *text++ = (char)('0' + octet / 100);
    *text++ = (char)('0' + octet / 10 % 10);
    *text++ = (char)('0' + octet % 10);
    return text;
}

char *message_write_name(const struct message_name *name, char *text)
{
    for (size_t at = 0; name->octets[at] != 0; at += 1U + name->octets[at]) {
        if (at > 0)
            *text++ = '.';
        for (size_t i = 1; i <= name->octets[at]; i++) {
            if (widths[name->octets[at + i]] == WIDTH_PLAIN)
                *text++ = (char)name->octets[at + i];
            else
                text = put_escaped(text, name->octets[at + i]);
        }
    }
    *text = '\0';
    return text;
}

/* Append the label at *text, and move past it. An empty one is none. */
static bool parse_label(const char **text, struct message_name *name)
{
    size_t start = name->length;
    size_t at = start + 1;
    const char *p = *text;
    while (*p != '.' && *p != '\0') {
        if (at - start > 63 || at >= MESSAGE_NAME_MAX)
            return false;
        name->octets[at++] = to_lower(message_parse_octet(&p));
    }
    *text = p;
    name->octets[start] = (uint8_t)(at - start - 1);
    name->length = at;
    return at > start + 1;
}

bool message_parse_name(const char *text, struct message_name *name)
{
    name->length = 0;
    while (*text != '\0') {
        if (!parse_label(&text, name))
            return false;
        text += *text == '.';
    }
    return append_label(name, NULL, 0);
}
