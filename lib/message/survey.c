/* SPDX-License-Identifier: BSD-2-Clause */
/* survey.c: goes once over all records; what the answer section holds is read later. */
#include "message/survey.h"

enum { OPTION_EDE = 15 }; /* RFC 8914 section 2 */

/* How long "no" holds: the lesser of the SOA's own TTL and its MINIMUM (RFC 2308 section 5). */
static void note_soa(struct survey *survey, const struct message_reader *reader, const struct message_record *record)
{
    if (record->rdata_size < 22 || survey->has_soa || !message_read_owner(reader, record, &survey->zone))
        return;
    uint32_t minimum_s = message_ttl(reader->message + record->rdata + record->rdata_size - 4);
    survey->has_soa = true;
    survey->negative_ttl_s = record->ttl_s < minimum_s ? record->ttl_s : minimum_s;
}

bool survey_is_bogus(int error_code)
{
    return (error_code >= 6 && error_code <= 12) || error_code == 25;
}

/* INFO-CODE and EXTRA-TEXT (RFC 8914 section 2). The first one counts, and one of failed validation before any other.
 */
static void note_extended_error(struct survey *survey, const uint8_t *data, size_t size)
{
    if (size < 2)
        return;
    int code = message_u16(data);
    if (survey->error_code >= 0 && (survey_is_bogus(survey->error_code) || !survey_is_bogus(code)))
        return;
    survey->error_code = code;
    survey->error_text = data + 2;
    survey->error_size = size - 2;
}

static void note_opt(struct survey *survey, const struct message_reader *reader, const struct message_record *record)
{
    const uint8_t *p = reader->message + record->rdata;
    size_t left = record->rdata_size;
    survey->extended_rcode = reader->message[record->rdata - 6]; /* the first octet of the TTL */
    while (left >= 4) {
        size_t size = message_u16(p + 2);
        if (size > left - 4)
            return;
        if (message_u16(p) == OPTION_EDE)
            note_extended_error(survey, p + 4, size);
        p += 4 + size;
        left -= 4 + size;
    }
}

static void note_added(struct survey *survey, const struct message_reader *reader, const struct message_record *record,
                       bool is_authority)
{
    if (is_authority && record->type == MESSAGE_SOA)
        note_soa(survey, reader, record);
    else if (is_authority)
        survey->has_ns |= record->type == MESSAGE_NS;
    else if (record->type == MESSAGE_OPT)
        note_opt(survey, reader, record);
}

bool survey_read(struct survey *survey, const uint8_t *message, size_t size)
{
    struct message_reader reader = {message, size, MESSAGE_HEADER_SIZE};
    struct message_record record;
    if (size < MESSAGE_HEADER_SIZE || !message_skip_questions(&reader))
        return false;
    survey->answers = reader;
    survey->answer_count = message_u16(message + 6);
    unsigned authority = message_u16(message + 8);
    survey->added_count = authority + message_u16(message + 10);
    for (unsigned i = 0; i < survey->answer_count + survey->added_count; i++) {
        if (!message_read_record(&reader, &record))
            return false;
        if (i >= survey->answer_count)
            note_added(survey, &reader, &record, i < survey->answer_count + authority);
        else if (record.class == 1 && (record.type == MESSAGE_CNAME || record.type == MESSAGE_DNAME))
            aliases_note(&survey->alias_records, &record);
    }
    return true;
}
