/* SPDX-License-Identifier: BSD-2-Clause */
/* message.h: names and records out of a DNS message (RFC 1035 section 4), and names as text. Pure, bounded. */
#ifndef MXCHECK_MESSAGE_MESSAGE_H
#define MXCHECK_MESSAGE_MESSAGE_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_HEADER_SIZE 12
#define MESSAGE_NAME_MAX 255        /* octets of a name, RFC 1035 section 2.3.4 */
#define MESSAGE_NAME_TEXT_SIZE 1024 /* in presentation form, where every octet may become \DDD */

enum message_type { MESSAGE_NS = 2, MESSAGE_CNAME = 5, MESSAGE_SOA = 6, MESSAGE_DNAME = 39, MESSAGE_OPT = 41 };

/* A name: lower-case labels with their lengths in front, ended by the root's 0. */
struct message_name {
    uint8_t octets[MESSAGE_NAME_MAX + 1];
    size_t length;
};

struct message_record {
    size_t owner; /* where its name begins: message_read_owner */
    uint16_t type;
    uint16_t class;
    uint32_t ttl_s;
    size_t rdata; /* where it begins */
    size_t rdata_size;
};

/* Where reading stands in a message. */
struct message_reader {
    const uint8_t *message;
    size_t size;
    size_t at;
};

uint16_t message_u16(const uint8_t *octets);

/* A TTL; one with its top bit set counts as 0 (RFC 2181 section 8). */
uint32_t message_ttl(const uint8_t *octets);

/* Read a name, compressed or not, and move past it. */
bool message_read_name(struct message_reader *reader, struct message_name *name);

/* Read a record and move past it; its rdata lies within the message. Its owner is not read. */
bool message_read_record(struct message_reader *reader, struct message_record *record);

bool message_read_owner(const struct message_reader *reader, const struct message_record *record,
                        struct message_name *owner);

/* Move past the question section, of which the header tells. */
bool message_skip_questions(struct message_reader *reader);

bool message_same_name(const struct message_name *a, const struct message_name *b);

/* Octets that the name takes as text, without a NUL. */
size_t message_text_length(const struct message_name *name);

/* RFC 1035 section 5.1 presentation form, without final dot; "" for the root. Writes message_text_length(name) octets
 * and a NUL, and returns where that stands. */
char *message_write_name(const struct message_name *name, char *text);

/* The next octet of a name in presentation form: itself, what stands behind a backslash, or \DDD (RFC 1035
 * section 5.1). *text, which is not at its end, is moved past it. */
static inline uint8_t message_parse_octet(const char **text)
{
    const char *p = *text;
    uint8_t octet = (uint8_t)*p++;
    if (octet == '\\' && text_is_digit(p[0]) && text_is_digit(p[1]) && text_is_digit(p[2])) {
        octet = (uint8_t)((p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0'));
        p += 3;
    } else if (octet == '\\' && *p != '\0') {
        octet = (uint8_t)*p++;
    }
    *text = p;
    return octet;
}

/* The way back: checked text, or what message_write_name wrote. */
bool message_parse_name(const char *text, struct message_name *name);

#endif
