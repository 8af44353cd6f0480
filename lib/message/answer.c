/* SPDX-License-Identifier: BSD-2-Clause */
/* answer.c: finds the records that answer the question, and the outcome. */
#include "message/answer.h"

#include "base/memory.h"
#include "message/survey.h"

#include <string.h>

#define ERROR_TEXT_MAX 160 /* octets of an EXTRA-TEXT that are kept */

enum { RCODE_NOERROR = 0, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3 };

/* The most octets for texts and addresses of one answer; further ones are dropped. Compressed names could take a
 * hundred times the size of the message. */
#define STORE_MAX 32768

/* Room for texts and addresses beside the size of the message: enough for all but a few. */
#define ROOM_USUAL 256

/* Owner names are read in full up to so many octets; in good messages nearly all are the name in the question. */
#define OWNERS_LEAST 16384

/* Iterates over the records of the type asked whose owner is the name asked or one of its aliases. */
struct matcher {
    const struct aliases *aliases;
    struct message_reader reader;
    unsigned left;
    uint16_t type;
    size_t owner_octets; /* that may still be read */
    uint16_t last_owner; /* the last compression pointer that was followed, and its result; 0: none */
    bool last_reaches;
    bool is_beyond; /* reading the owner names would cost too much: the message is not used */
};

static struct matcher match(const struct survey *survey, uint16_t type)
{
    return (struct matcher){.aliases = survey->aliases,
                            .reader = survey->answers,
                            .left = survey->answer_count,
                            .type = type,
                            .owner_octets = OWNERS_LEAST + survey->answers.size};
}

static bool read_and_compare(struct matcher *matcher, const struct message_record *record)
{
    struct message_name owner;
    if (!message_read_owner(&matcher->reader, record, &owner))
        return false;
    matcher->is_beyond |= owner.length > matcher->owner_octets;
    matcher->owner_octets -= matcher->is_beyond ? 0 : owner.length;
    return !matcher->is_beyond && aliases_reach(matcher->aliases, &owner);
}

/* Nearly every owner is a pointer to the name in the question (12 octets behind the beginning), or the same pointer as
 * that of the record before. */
static bool reaches(struct matcher *matcher, const struct message_record *record)
{
    uint16_t pointer = message_u16(matcher->reader.message + record->owner);
    if (pointer == (0xc000 | MESSAGE_HEADER_SIZE))
        return true;
    if (pointer >= 0xc000 && pointer == matcher->last_owner)
        return matcher->last_reaches;
    bool is_reached = read_and_compare(matcher, record);
    matcher->last_owner = pointer >= 0xc000 ? pointer : 0;
    matcher->last_reaches = is_reached;
    return is_reached;
}

static bool next_match(struct matcher *matcher, struct message_record *record)
{
    while (matcher->left > 0 && !matcher->is_beyond) {
        matcher->left--;
        if (!message_read_record(&matcher->reader, record))
            return false;
        if (record->type == matcher->type && record->class == 1 && reaches(matcher, record))
            return true;
    }
    return false;
}

/* Where texts and addresses are stored. What does not fit is only counted. */
struct store {
    char *octets;
    size_t room;
    size_t size; /* above the room: more was to be stored */
};

/* Where `size` octets go; NULL: they do not fit. */
static char *take(struct store *store, size_t size)
{
    bool fits = store->size + size <= store->room;
    char *place = fits ? store->octets + store->size : NULL;
    store->size += size;
    return place;
}

static const char *put(struct store *store, const void *octets, size_t size)
{
    char *place = take(store, size);
    return place == NULL ? NULL : memcpy(place, octets, size);
}

static const char *put_name(struct store *store, const struct message_name *name)
{
    char *place = take(store, message_text_length(name) + 1);
    if (place != NULL)
        message_write_name(name, place);
    return place;
}

/* Read what a record says. Returns false when its rdata is not of its type. */
static bool put_value(struct store *store, const struct message_reader *reader, const struct message_record *record,
                      struct dns_record *value)
{
    const uint8_t *rdata = reader->message + record->rdata;
    struct message_name name;
    value->ttl_s = record->ttl_s;
    if (record->type == DNS_A || record->type == DNS_AAAA) {
        value->address = (const uint8_t *)put(store, rdata, record->rdata_size);
        return record->rdata_size == (record->type == DNS_A ? 4 : 16);
    }
    struct message_reader inside = {reader->message, reader->size, record->rdata + 2};
    if (record->rdata_size < 3 || !message_read_name(&inside, &name) || inside.at != record->rdata + record->rdata_size)
        return false;
    value->preference = message_u16(rdata);
    value->host = put_name(store, &name);
    return true;
}

/* Returns NULL, or what is wrong with the message. */
static const char *put_records(struct store *store, const struct survey *survey, enum dns_type type,
                               struct dns_record *records, struct dns_answer *answer)
{
    struct matcher matcher = match(survey, (uint16_t)type);
    struct message_record record;
    answer->count = 0;
    while (next_match(&matcher, &record)) {
        struct dns_record value = {.ttl_s = 0};
        answer->is_cut = answer->count == ANSWER_RECORDS_MAX || store->size >= STORE_MAX;
        if (answer->is_cut)
            break;
        if (!put_value(store, &matcher.reader, &record, &value))
            return "malformed answer";
        if (survey->aliases->ttl_s < value.ttl_s)
            value.ttl_s = survey->aliases->ttl_s;
        records[answer->count++] = value;
    }
    return matcher.is_beyond ? "too many names" : NULL;
}

/* Are there records of the type asked beside NXDOMAIN, or in another section than the answer section? Such a message
 * contradicts itself and is no negative answer. Returns NULL, or what is wrong. */
static const char *find_contradiction(const struct survey *survey, enum dns_type type, int rcode)
{
    static const char contradiction[] = "contradictory answer";
    struct matcher matcher = match(survey, (uint16_t)type);
    struct message_record record;
    if (next_match(&matcher, &record))
        return rcode == RCODE_NXDOMAIN ? contradiction : NULL;
    matcher.left = survey->added_count;
    if (next_match(&matcher, &record))
        return contradiction;
    return matcher.is_beyond ? "too many names" : NULL;
}

/* Cut a long text at the end of a code point. */
static size_t cut(const uint8_t *text, size_t size)
{
    if (size <= ERROR_TEXT_MAX)
        return size;
    for (size = ERROR_TEXT_MAX; size > 0 && (text[size] & 0xc0) == 0x80; size--)
        continue;
    return size;
}

/* EXTRA-TEXT is UTF-8 from outside, which may end with a NUL (RFC 8914 section 2). */
static const char *put_error_text(struct store *store, const struct survey *survey)
{
    static const char more[] = "...";
    char text[ERROR_TEXT_MAX + sizeof(more)];
    const uint8_t *octets = survey->error_text;
    size_t size = survey->error_size;
    while (size > 0 && octets[size - 1] == '\0')
        size--;
    size_t kept = cut(octets, size);
    for (size_t i = 0; i < kept; i++)
        text[i] = octets[i] == '\0' ? ' ' : (char)octets[i];
    memcpy(text + kept, more, sizeof(more));
    if (kept == size)
        text[kept] = '\0';
    return put(store, text, strlen(text) + 1);
}

static void put_texts(struct store *store, const struct survey *survey, struct dns_answer *dns)
{
    const struct aliases *aliases = survey->aliases;
    const struct message_name *end = aliases_end(aliases);
    if (aliases->has_alias[0])
        dns->alias = put_name(store, end != NULL ? end : &aliases->names[aliases->count - 1]);
    if (survey->has_soa)
        dns->zone = survey->zone.length == 1 ? "." : put_name(store, &survey->zone);
    if (survey->error_size > 0)
        dns->error_text = put_error_text(store, survey);
}

static int fail(struct answer *answer, const char *failure)
{
    answer->dns.outcome = DNS_FAILURE;
    answer->dns.failure = failure;
    return 0;
}

/* NOERROR or NXDOMAIN: records, an alias that was not followed, or a negative answer. NS records without an SOA record
 * are a referral and not NODATA (RFC 2308 section 2.2). */
static int conclude(struct answer *answer, const struct survey *survey, enum dns_type type)
{
    bool is_bare = survey->aliases->has_alias[0] && aliases_end(survey->aliases) != NULL && !survey->has_soa;
    const char *contradiction = NULL;
    if (answer->dns.count > 0)
        answer->dns.outcome = DNS_RECORDS;
    else if (survey->aliases->is_cut)
        return fail(answer, "too many aliases");
    else if ((contradiction = find_contradiction(survey, type, answer->dns.rcode)) != NULL)
        return fail(answer, contradiction);
    else if (answer->dns.rcode == RCODE_NXDOMAIN)
        answer->dns.outcome = DNS_NXDOMAIN;
    else if (is_bare)
        answer->dns.outcome = DNS_ALIAS;
    else if (survey->has_ns && !survey->has_soa && !survey->aliases->has_alias[0])
        return fail(answer, "referral");
    else
        answer->dns.outcome = DNS_NODATA;
    return 0;
}

static size_t count_most(const struct survey *survey)
{
    return survey->answer_count < ANSWER_RECORDS_MAX ? survey->answer_count : ANSWER_RECORDS_MAX;
}

/* Copy the answer out of the message into a new block, with `room` octets for texts and addresses. *used: how many they
 * take, above `room` when they did not fit. Returns -1 when memory ran out. */
static int copy_contents(struct answer *answer, const struct survey *survey, enum dns_type type, size_t room,
                         size_t *used, const char **fault)
{
    size_t most = answer->dns.rcode == RCODE_NOERROR ? count_most(survey) : 0;
    struct dns_record *records = memory_alloc(answer->memory, most * sizeof(*records) + room);
    answer->block = records;
    if (records == NULL)
        return -1;
    struct store store = {.octets = (char *)(records + most), .room = room, .size = 0};
    answer->dns.records = records;
    *fault = most > 0 ? put_records(&store, survey, type, records, &answer->dns) : NULL;
    put_texts(&store, survey, &answer->dns);
    *used = store.size;
    return 0;
}

/* Compressed names may take more room than the message; in a second block they fit. */
static int read_contents(struct answer *answer, const struct survey *survey, enum dns_type type)
{
    const char *fault = NULL;
    size_t room = ROOM_USUAL + survey->answers.size;
    size_t used = 0;
    int status = copy_contents(answer, survey, type, room, &used, &fault);
    if (status == 0 && used > room) {
        answer_clear(answer);
        status = copy_contents(answer, survey, type, used, &used, &fault);
    }
    if (status != 0)
        return status;
    if (fault == NULL)
        return conclude(answer, survey, type);
    answer->dns.count = 0;
    return fail(answer, fault);
}

static void init(struct answer *answer, const struct memory *memory)
{
    memset(answer, 0, sizeof(*answer));
    answer->memory = memory;
    answer->dns.failure = "";
    answer->dns.upstream = "";
    answer->dns.alias = "";
    answer->dns.zone = "";
    answer->dns.error_code = -1;
    answer->dns.error_text = "";
    answer->dns.rcode = -1;
}

int answer_read(struct answer *answer, const struct memory *memory, const uint8_t *message, size_t size,
                const char *name, enum dns_type type)
{
    struct aliases aliases;
    struct survey survey = {.aliases = &aliases, .error_code = -1};

    init(answer, memory);
    answer->type = type;
    if (!aliases_init(&aliases, name) || !survey_read(&survey, message, size))
        return fail(answer, "malformed answer");
    if (survey.alias_records.count > 0)
        aliases_follow(&aliases, &survey.answers, &survey.alias_records);
    answer->dns.rcode = survey.extended_rcode << 4 | (message[3] & 0x0f);
    answer->dns.authentic = (message[3] & 0x20) != 0;
    answer->dns.alias_ttl_s = aliases.ttl_s;
    answer->dns.negative_ttl_s = survey.negative_ttl_s;
    answer->dns.has_soa = survey.has_soa;
    answer->dns.error_code = survey.error_code;
    if ((message[2] & 0x02) != 0)
        return fail(answer, "truncated answer");
    int status = read_contents(answer, &survey, type);
    if (status != 0 || answer->dns.rcode == RCODE_NOERROR || answer->dns.rcode == RCODE_NXDOMAIN)
        return status;
    fail(answer, answer_rcode_name(answer->dns.rcode));
    if (answer->dns.rcode == RCODE_SERVFAIL && survey_is_bogus(survey.error_code))
        answer->dns.outcome = DNS_BOGUS;
    return 0;
}

void answer_clear(struct answer *answer)
{
    memory_free(answer->memory, answer->block);
    answer->block = NULL;
}

static bool is_same_record(const struct dns_record *a, const struct dns_record *b, size_t address_size)
{
    if (a->host != NULL && b->host != NULL)
        return a->preference == b->preference && strcmp(a->host, b->host) == 0;
    return a->address != NULL && b->address != NULL && memcmp(a->address, b->address, address_size) == 0;
}

static bool has_record(const struct dns_answer *answer, const struct dns_record *record, size_t address_size)
{
    for (size_t i = 0; i < answer->count; i++) {
        if (is_same_record(&answer->records[i], record, address_size))
            return true;
    }
    return false;
}

bool answer_agrees(const struct answer *a, const struct answer *b)
{
    bool is_same = a->dns.outcome == b->dns.outcome && a->dns.rcode == b->dns.rcode && a->dns.count == b->dns.count &&
                   a->dns.count <= ANSWER_AGREE_MAX && a->type == b->type;
    size_t address_size = a->type == DNS_A ? 4 : 16;
    for (size_t i = 0; i < a->dns.count && is_same; i++)
        is_same = has_record(&b->dns, &a->dns.records[i], address_size);
    return is_same;
}

const char *answer_rcode_name(int rcode)
{
    static const char *const names[] = {"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
                                        "YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE"};
    if (rcode < 0 || (size_t)rcode >= sizeof(names) / sizeof(names[0]))
        return "unknown RCODE";
    return names[rcode];
}
