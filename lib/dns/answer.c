/* SPDX-License-Identifier: BSD-2-Clause */
/* answer.c: picks from a message the records that count, and says what they come to. */
#include "dns/answer.h"

#include "base/memory.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

#define NAME_MAX_OCTETS 255 /* RFC 1035 section 2.3.4 */
#define NAME_TEXT_SIZE 1024 /* every octet may become \DDD */
#define ALIAS_CHAIN_MAX 32
#define POINTERS_MAX 128

enum { TYPE_CNAME = 5, TYPE_SOA = 6, TYPE_OPT = 41 };
enum { OPTION_EDE = 15 }; /* RFC 8914 section 2 */
enum { RCODE_NOERROR = 0, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3 };

/* A name out of the message: lower-case labels with their lengths, ended by the root's 0. */
struct wire_name {
    uint8_t octets[NAME_MAX_OCTETS + 1];
    size_t length;
};

struct record {
    struct wire_name owner;
    uint16_t type;
    uint16_t class;
    uint32_t ttl_s;
    size_t rdata;
    size_t rdata_size;
};

/* Where reading stands in a message. */
struct reader {
    const uint8_t *message;
    size_t size;
    size_t at;
};

static uint16_t read_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t read_u32(const uint8_t *p)
{
    return (uint32_t)read_u16(p) << 16 | read_u16(p + 2);
}

/* A TTL with its top bit set counts as 0 (RFC 2181 section 8). */
static uint32_t read_ttl(const uint8_t *p)
{
    uint32_t ttl_s = read_u32(p);
    return ttl_s > INT32_MAX ? 0 : ttl_s;
}

static bool append_label(struct wire_name *name, const uint8_t *label, size_t length)
{
    if (name->length + length + 1 > NAME_MAX_OCTETS)
        return false;
    name->octets[name->length] = (uint8_t)length;
    for (size_t i = 0; i < length; i++)
        name->octets[name->length + 1 + i] = (uint8_t)text_to_lower((char)label[i]);
    name->length += length + 1;
    return true;
}

/* Read a name, compressed or not (RFC 1035 section 4.1.4), and move past it. */
static bool read_name(struct reader *reader, struct wire_name *name)
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
            at = (size_t)(read_u16(reader->message + at) & 0x3fff);
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

static bool same_name(const struct wire_name *a, const struct wire_name *b)
{
    return a->length == b->length && memcmp(a->octets, b->octets, a->length) == 0;
}

static bool read_record(struct reader *reader, struct record *record)
{
    if (!read_name(reader, &record->owner) || reader->size - reader->at < 10)
        return false;
    const uint8_t *fixed = reader->message + reader->at;
    record->type = read_u16(fixed);
    record->class = read_u16(fixed + 2);
    record->ttl_s = read_ttl(fixed + 4);
    record->rdata_size = read_u16(fixed + 8);
    record->rdata = reader->at + 10;
    if (record->rdata_size > reader->size - record->rdata)
        return false;
    reader->at = record->rdata + record->rdata_size;
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

/* RFC 1035 section 5.1 presentation form, without final dot; "" for the root. */
static void write_name(const struct wire_name *name, char *buffer, size_t size)
{
    struct text text;
    text_init(&text, buffer, size);
    for (size_t at = 0; name->octets[at] != 0; at += 1U + name->octets[at]) {
        if (at > 0)
            text_put(&text, ".", 1);
        put_label(&text, name->octets + at + 1, name->octets[at]);
    }
}

/* The name asked, which is checked text, or one that write_name wrote. */
static bool parse_name(const char *text, struct wire_name *name)
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

/* What one pass over the message gathers. */
struct findings {
    struct reader answers; /* stands at the answer section */
    uint16_t answer_count;
    struct wire_name target; /* the name asked, or where aliases led */
    bool has_cname;          /* some alias is there, whoever's */
    bool has_alias;
    bool is_loop;
    uint32_t alias_ttl_s;
    bool has_soa;
    uint32_t negative_ttl_s;
    bool says_bogus;
};

static bool skip_questions(struct reader *reader)
{
    struct wire_name name;
    for (uint16_t left = read_u16(reader->message + 4); left > 0; left--) {
        if (!read_name(reader, &name) || reader->size - reader->at < 4)
            return false;
        reader->at += 4;
    }
    return true;
}

/* One step along the aliases of the answer section (RFC 1034 section 3.6.2). */
static bool follow_alias(struct findings *findings)
{
    struct reader reader = findings->answers;
    struct record record;
    for (uint16_t left = findings->answer_count; left > 0 && read_record(&reader, &record); left--) {
        if (record.type != TYPE_CNAME || record.class != 1 || !same_name(&record.owner, &findings->target))
            continue;
        struct reader inside = {reader.message, reader.size, record.rdata};
        if (!read_name(&inside, &findings->target))
            return false;
        if (record.ttl_s < findings->alias_ttl_s)
            findings->alias_ttl_s = record.ttl_s;
        findings->has_alias = true;
        return true;
    }
    return false;
}

static void follow_aliases(struct findings *findings)
{
    unsigned steps = 0;
    while (findings->has_cname && steps < ALIAS_CHAIN_MAX && follow_alias(findings))
        steps++;
    findings->is_loop = steps == ALIAS_CHAIN_MAX;
}

/* How long "no" holds: the lesser of the SOA's own TTL and its MINIMUM (RFC 2308 section 5). */
static void note_soa(struct findings *findings, const struct reader *reader, const struct record *record)
{
    if (record->rdata_size < 22)
        return;
    uint32_t minimum_s = read_ttl(reader->message + record->rdata + record->rdata_size - 4);
    findings->has_soa = true;
    findings->negative_ttl_s = record->ttl_s < minimum_s ? record->ttl_s : minimum_s;
}

/* Extended DNS Errors that speak of failed validation: 6 to 12 (RFC 8914 sections 4.7 to 4.13). */
static void note_extended_errors(struct findings *findings, const struct reader *reader, const struct record *record)
{
    const uint8_t *p = reader->message + record->rdata;
    size_t left = record->rdata_size;
    while (left >= 4) {
        size_t size = read_u16(p + 2);
        if (size > left - 4)
            return;
        if (read_u16(p) == OPTION_EDE && size >= 2 && read_u16(p + 4) >= 6 && read_u16(p + 4) <= 12)
            findings->says_bogus = true;
        p += 4 + size;
        left -= 4 + size;
    }
}

/* Read all but the answer section. */
static bool survey(const uint8_t *message, size_t size, struct findings *findings)
{
    struct reader reader = {message, size, 12};
    struct record record;
    if (size < 12 || !skip_questions(&reader))
        return false;
    findings->answers = reader;
    findings->answer_count = read_u16(message + 6);
    findings->alias_ttl_s = INT32_MAX;
    unsigned authority = read_u16(message + 8);
    unsigned total = findings->answer_count + authority + read_u16(message + 10);
    for (unsigned i = 0; i < total; i++) {
        if (!read_record(&reader, &record))
            return false;
        if (i < findings->answer_count) {
            findings->has_cname |= record.type == TYPE_CNAME;
            continue;
        }
        if (i < findings->answer_count + authority && record.type == TYPE_SOA)
            note_soa(findings, &reader, &record);
        else if (i >= findings->answer_count + authority && record.type == TYPE_OPT)
            note_extended_errors(findings, &reader, &record);
    }
    return true;
}

/* Next record of the type asked whose owner the question leads to. */
static bool next_match(const struct findings *findings, struct reader *reader, uint16_t *left, enum dns_type type,
                       struct record *record)
{
    while (*left > 0) {
        (*left)--;
        if (!read_record(reader, record))
            return false;
        if (record->type == (uint16_t)type && record->class == 1 && same_name(&record->owner, &findings->target))
            return true;
    }
    return false;
}

/* Write what a record says as text. Returns false when its rdata is not of its type. */
static bool read_value(const struct reader *reader, const struct record *record, uint16_t *preference,
                       char value[NAME_TEXT_SIZE])
{
    const uint8_t *rdata = reader->message + record->rdata;
    struct wire_name name;
    if (record->type == DNS_A)
        return record->rdata_size == 4 && inet_ntop(AF_INET, rdata, value, NAME_TEXT_SIZE) != NULL;
    if (record->type == DNS_AAAA)
        return record->rdata_size == 16 && inet_ntop(AF_INET6, rdata, value, NAME_TEXT_SIZE) != NULL;
    struct reader inside = {reader->message, reader->size, record->rdata + 2};
    if (record->rdata_size < 3 || !read_name(&inside, &name) || inside.at != record->rdata + record->rdata_size)
        return false;
    *preference = read_u16(rdata);
    write_name(&name, value, NAME_TEXT_SIZE);
    return true;
}

/* Count the records and the octets of their texts. Returns false when one is not what its type says. */
static bool measure(const struct findings *findings, enum dns_type type, size_t *count, size_t *octets)
{
    struct reader reader = findings->answers;
    uint16_t left = findings->answer_count;
    struct record record;
    char value[NAME_TEXT_SIZE];
    uint16_t preference;
    *count = 0;
    *octets = 0;
    while (*count < ANSWER_RECORDS_MAX && next_match(findings, &reader, &left, type, &record)) {
        if (!read_value(&reader, &record, &preference, value))
            return false;
        *octets += strlen(value) + 1;
        (*count)++;
    }
    return true;
}

/* Fill in what measure has counted; the texts stand behind the records. */
static void gather(struct answer *answer, const struct findings *findings, enum dns_type type, size_t count,
                   char *texts)
{
    struct dns_record *records = answer->block;
    struct reader reader = findings->answers;
    uint16_t left = findings->answer_count;
    struct record record;
    char value[NAME_TEXT_SIZE];
    for (size_t i = 0; i < count && next_match(findings, &reader, &left, type, &record); i++) {
        records[i] = (struct dns_record){.ttl_s = record.ttl_s};
        if (findings->has_alias && findings->alias_ttl_s < record.ttl_s)
            records[i].ttl_s = findings->alias_ttl_s;
        if (!read_value(&reader, &record, &records[i].preference, value))
            return;
        size_t size = strlen(value) + 1;
        memcpy(texts, value, size);
        *(type == DNS_MX ? &records[i].host : &records[i].address) = texts;
        texts += size;
        answer->dns.count = i + 1;
    }
    answer->dns.records = records;
}

static int fail(struct answer *answer, const char *failure)
{
    answer->dns.outcome = DNS_FAILURE;
    answer->dns.failure = failure;
    return 0;
}

/* Make room for records, their texts and, behind all, the alias. Returns the place of the texts, NULL when memory ran
 * out. */
static char *make_block(struct answer *answer, const struct findings *findings, size_t count, size_t octets)
{
    char alias[NAME_TEXT_SIZE];
    write_name(&findings->target, alias, sizeof(alias));
    size_t alias_size = findings->has_alias ? strlen(alias) + 1 : 0;
    answer->block = memory_alloc(answer->memory, count * sizeof(struct dns_record) + octets + alias_size);
    if (answer->block == NULL)
        return NULL;
    char *texts = (char *)answer->block + count * sizeof(struct dns_record);
    if (findings->has_alias)
        answer->dns.alias = memcpy(texts + octets, alias, alias_size);
    return texts;
}

/* NOERROR or NXDOMAIN: records, an alias that nobody followed, or nothing. */
static int read_contents(struct answer *answer, const struct findings *findings, enum dns_type type)
{
    bool is_nxdomain = answer->dns.rcode == RCODE_NXDOMAIN;
    size_t count = 0;
    size_t octets = 0;
    if (!is_nxdomain && !measure(findings, type, &count, &octets))
        return fail(answer, "malformed answer");
    if (count > 0 || findings->has_alias) {
        char *texts = make_block(answer, findings, count, octets);
        if (texts == NULL)
            return -1;
        gather(answer, findings, type, count, texts);
    }
    bool is_bare = findings->has_alias && !findings->has_soa && !findings->is_loop;
    if (count > 0)
        answer->dns.outcome = DNS_RECORDS;
    else if (is_nxdomain)
        answer->dns.outcome = DNS_NXDOMAIN;
    else
        answer->dns.outcome = is_bare ? DNS_ALIAS : DNS_NODATA;
    return 0;
}

int answer_read(struct answer *answer, const mxcheck_memory *memory, const uint8_t *message, size_t size,
                const char *name, enum dns_type type)
{
    struct findings findings = {.answer_count = 0};

    memset(answer, 0, sizeof(*answer));
    answer->memory = memory;
    answer->dns.failure = "";
    answer->dns.upstream = "";
    answer->dns.alias = "";
    answer->dns.rcode = -1;
    if (!survey(message, size, &findings) || !parse_name(name, &findings.target))
        return fail(answer, "malformed answer");
    follow_aliases(&findings);
    answer->dns.rcode = message[3] & 0x0f;
    answer->dns.authentic = (message[3] & 0x20) != 0;
    answer->dns.alias_ttl_s = findings.alias_ttl_s;
    answer->dns.negative_ttl_s = findings.negative_ttl_s;
    answer->dns.has_soa = findings.has_soa;
    if ((message[2] & 0x02) != 0)
        return fail(answer, "truncated answer");
    if (answer->dns.rcode == RCODE_NOERROR || answer->dns.rcode == RCODE_NXDOMAIN)
        return read_contents(answer, &findings, type);
    fail(answer, answer_rcode_name(answer->dns.rcode));
    if (answer->dns.rcode == RCODE_SERVFAIL && findings.says_bogus)
        answer->dns.outcome = DNS_BOGUS;
    return 0;
}

void answer_clear(struct answer *answer)
{
    memory_free(answer->memory, answer->block);
    answer->block = NULL;
}

const char *answer_rcode_name(int rcode)
{
    static const char *const names[] = {"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
                                        "YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE"};
    if (rcode < 0 || (size_t)rcode >= sizeof(names) / sizeof(names[0]))
        return "unknown RCODE";
    return names[rcode];
}
