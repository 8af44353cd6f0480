/* SPDX-License-Identifier: BSD-2-Clause */
/* wire.c: checks every count, length and name of a message, from the header to the last octet. */
#include "message/wire.h"

#include "base/text.h"
#include "message/message.h"

#define HEADER_SIZE 12
#define NAME_MAX_OCTETS 255 /* RFC 1035 section 2.3.4 */
#define LABEL_MAX_OCTETS 63

/* How many labels and pointers are followed: several times as many as good messages have, and so few that the work for
 * any message is linear in its size. */
#define STEPS_LEAST 4096
#define STEPS_PER_OCTET 1

enum { TYPE_SOA = 6, TYPE_SIG = 24, TYPE_OPT = 41, TYPE_TKEY = 249, TYPE_TSIG = 250 };
enum { CLASS_IN = 1 };
enum section { SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL };

/* What rdata holds: its names are checked, and the rest counted. */
enum shape {
    SHAPE_FIXED,     /* `least` octets and no more */
    SHAPE_OPAQUE,    /* at least `least` octets */
    SHAPE_NAME,      /* `least` octets and a name to the end */
    SHAPE_TWO_NAMES, /* two names and `least` octets to the end */
    SHAPE_OPTIONS,   /* EDNS options (RFC 6891 section 6.1.2) */
    SHAPE_STRINGS    /* character-strings (RFC 1035 section 3.3) */
};

/* The types whose rdata is known. */
static const struct {
    uint16_t type;
    uint8_t shape;
    uint8_t least;
} shapes[] = {
    {1, SHAPE_FIXED, 4},      /* A */
    {2, SHAPE_NAME, 0},       /* NS */
    {5, SHAPE_NAME, 0},       /* CNAME */
    {6, SHAPE_TWO_NAMES, 20}, /* SOA */
    {12, SHAPE_NAME, 0},      /* PTR */
    {15, SHAPE_NAME, 2},      /* MX */
    {16, SHAPE_STRINGS, 0},   /* TXT */
    {28, SHAPE_FIXED, 16},    /* AAAA */
    {33, SHAPE_NAME, 6},      /* SRV, RFC 2782 */
    {39, SHAPE_NAME, 0},      /* DNAME */
    {41, SHAPE_OPTIONS, 0},   /* OPT */
    {43, SHAPE_OPAQUE, 5},    /* DS, RFC 4034 section 5.1 */
    {46, SHAPE_OPAQUE, 20},   /* RRSIG, RFC 4034 section 3.1: 18 octets, a name, a signature */
    {47, SHAPE_OPAQUE, 2},    /* NSEC */
    {48, SHAPE_OPAQUE, 5},    /* DNSKEY */
    {50, SHAPE_OPAQUE, 7},    /* NSEC3 */
    {51, SHAPE_OPAQUE, 5},    /* NSEC3PARAM */
    {52, SHAPE_OPAQUE, 3},    /* TLSA, RFC 6698 section 2.1: some servers add that of MX hosts */
};

/* Where walking stands. */
struct walker {
    const uint8_t *message;
    size_t size;
    size_t at;
    size_t budget;   /* labels and pointers still to be followed: the whole walk is linear in the size */
    bool is_foreign; /* a record of an unknown type was met */
    bool has_opt;
};

static uint16_t read_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

/* Move past a name (RFC 1035 section 4.1.4). Each pointer must lead to before the place where this part of the name
 * began, so none can lead round. */
static bool walk_name(struct walker *walker)
{
    size_t at = walker->at;
    size_t start = at;
    size_t octets = 0;
    bool has_jumped = false;
    while (at < walker->size && walker->budget > 0) {
        uint8_t length = walker->message[at];
        walker->budget--;
        if (length > LABEL_MAX_OCTETS) {
            if (length < 0xc0 || at + 2 > walker->size)
                return false;
            size_t target = (size_t)(read_u16(walker->message + at) & 0x3fff);
            if (!has_jumped)
                walker->at = at + 2;
            has_jumped = true;
            if (target >= start || target < HEADER_SIZE)
                return false;
            at = start = target;
            continue;
        }
        octets += 1U + length;
        at += 1U + length;
        if (octets > NAME_MAX_OCTETS || at > walker->size)
            return false;
        if (length == 0) {
            if (!has_jumped)
                walker->at = at;
            return true;
        }
    }
    return false;
}

static bool walk_tlv(const uint8_t *p, size_t size)
{
    while (size >= 4) {
        size_t length = 4U + read_u16(p + 2);
        if (length > size)
            return false;
        p += length;
        size -= length;
    }
    return size == 0;
}

static bool walk_strings(const uint8_t *p, size_t size)
{
    while (size > 0) {
        size_t length = 1U + p[0];
        if (length > size)
            return false;
        p += length;
        size -= length;
    }
    return true;
}

/* Walk rdata that ends at `end`. */
static bool walk_shape(struct walker *walker, size_t end, uint8_t shape, size_t least)
{
    size_t size = end - walker->at;
    switch ((enum shape)shape) {
    case SHAPE_FIXED:
        return size == least;
    case SHAPE_OPAQUE:
        return size >= least;
    case SHAPE_NAME:
        walker->at += least;
        return size > least && walk_name(walker) && walker->at == end;
    case SHAPE_TWO_NAMES:
        return size > least && walk_name(walker) && walk_name(walker) && walker->at + least == end;
    case SHAPE_OPTIONS:
        return walk_tlv(walker->message + walker->at, size);
    case SHAPE_STRINGS:
        return walk_strings(walker->message + walker->at, size);
    }
    return false;
}

/* Records in the additional section may be of any type (RFC 3597 section 3); records in other sections may not. */
static bool walk_rdata(struct walker *walker, uint16_t type, size_t end, enum section section)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (shapes[i].type == type)
            return walk_shape(walker, end, shapes[i].shape, shapes[i].least);
    }
    walker->is_foreign = true;
    return section == SECTION_ADDITIONAL;
}

/* One OPT at most, of the root, and among the additional records (RFC 6891 sections 6.1.1 and 6.1.2). */
static bool take_opt(struct walker *walker, size_t owner, enum section section)
{
    bool is_first = !walker->has_opt;
    walker->has_opt = true;
    return is_first && section == SECTION_ADDITIONAL && walker->message[owner] == 0;
}

/* Is a record of this type and class allowed here? Questions are of class IN; signatures of transactions are of class
 * ANY (RFC 8945 section 4.2, RFC 2931 section 3). An SOA record belongs in the authority section (RFC 2308 section 2).
 * Other records that were not asked for are ignored. */
static bool may_stand(struct walker *walker, size_t owner, uint16_t type, uint16_t class, enum section section)
{
    bool is_signature = type == TYPE_TSIG || type == TYPE_SIG || type == TYPE_TKEY;
    if (type == TYPE_OPT)
        return take_opt(walker, owner, section);
    if (class != CLASS_IN && !(is_signature && section == SECTION_ADDITIONAL))
        return false;
    return type != TYPE_SOA || section != SECTION_ANSWER;
}

static bool walk_record(struct walker *walker, enum section section)
{
    size_t owner = walker->at;
    if (!walk_name(walker) || walker->size - walker->at < 10)
        return false;
    const uint8_t *fixed = walker->message + walker->at;
    uint16_t type = read_u16(fixed);
    size_t length = read_u16(fixed + 8);
    walker->at += 10;
    if (length > walker->size - walker->at || !may_stand(walker, owner, type, read_u16(fixed + 2), section))
        return false;
    size_t end = walker->at + length;
    if (!walk_rdata(walker, type, end, section))
        return false;
    walker->at = end;
    return true;
}

/* Does the text at *name begin with this label? It is moved past the label and its dot. */
static bool takes_label(const char **name, const uint8_t *label, size_t length, bool exact_case)
{
    const char *p = *name;
    for (size_t i = 0; i < length; i++) {
        if (*p == '.' || *p == '\0')
            return false;
        uint8_t octet = message_parse_octet(&p);
        if (octet != label[i] && (exact_case || text_to_lower((char)octet) != text_to_lower((char)label[i])))
            return false;
    }
    *name = *p == '.' ? p + 1 : p;
    return *p == '.' || *p == '\0';
}

/* Is this our question? Its name stands first in the message, so it is not compressed. */
static bool walk_question(struct walker *walker, const char *name, uint16_t type, bool exact_case)
{
    while (*name != '\0') {
        size_t left = walker->size - walker->at;
        const uint8_t *label = walker->message + walker->at;
        if (left == 0 || label[0] == 0 || label[0] > LABEL_MAX_OCTETS || left <= label[0] ||
            !takes_label(&name, label + 1, label[0], exact_case))
            return false;
        walker->at += 1U + label[0];
    }
    if (walker->size - walker->at < 5 || walker->message[walker->at] != 0)
        return false;
    const uint8_t *fixed = walker->message + walker->at + 1;
    walker->at += 5;
    return read_u16(fixed) == type && read_u16(fixed + 2) == 1;
}

/* QR set, opcode QUERY, our id (RFC 1035 section 4.1.1). */
static bool is_reply(const uint8_t *message, size_t size, int id)
{
    return size >= HEADER_SIZE && (message[2] & 0xf8) == 0x80 && (id < 0 || read_u16(message) == id);
}

/* Walk all records, from behind the question to the last octet. */
static bool walk_records(struct walker *walker)
{
    for (int section = SECTION_ANSWER; section <= SECTION_ADDITIONAL; section++) {
        for (unsigned left = read_u16(walker->message + 6 + 2 * section); left > 0; left--) {
            if (!walk_record(walker, (enum section)section))
                return false;
        }
    }
    return walker->at == walker->size;
}

/* Is ours among several questions? No answer has more than one (RFC 9619), so that it is none. */
static bool has_question(struct walker *walker, unsigned count, const char *name, uint16_t type, bool exact_case)
{
    for (; count > 0; count--) {
        size_t begin = walker->at;
        if (walk_question(walker, name, type, exact_case))
            return true;
        walker->at = begin;
        if (!walk_name(walker) || walker->size - walker->at < 4)
            return false;
        walker->at += 4;
    }
    return false;
}

enum wire_verdict wire_walk(const uint8_t *message, size_t size, int id, const char *name, uint16_t type,
                            int exact_case)
{
    struct walker walker = {
        .message = message, .size = size, .at = HEADER_SIZE, .budget = STEPS_LEAST + size * STEPS_PER_OCTET};
    if (!is_reply(message, size, id))
        return WIRE_STRANGER;
    unsigned questions = read_u16(message + 4);
    if (questions == 0 && (message[3] & 0x0f) != 0)
        return walk_records(&walker) ? WIRE_REFUSAL : WIRE_MALFORMED;
    if (!has_question(&walker, questions, name, type, exact_case != 0))
        return WIRE_STRANGER;
    if (questions > 1 || !walk_records(&walker))
        return WIRE_MALFORMED;
    return walker.is_foreign ? WIRE_FOREIGN : WIRE_ANSWER;
}

bool wire_is_query(const uint8_t *message, size_t size, const char *name, uint16_t type)
{
    struct walker walker = {.message = message, .size = size, .at = HEADER_SIZE};
    bool has_head = size >= HEADER_SIZE && (message[2] & 0xf8) == 0 && read_u16(message + 4) == 1 &&
                    read_u16(message + 6) == 0 && read_u16(message + 8) == 0 && read_u16(message + 10) <= 1;
    return has_head && walk_question(&walker, name, type, true);
}
