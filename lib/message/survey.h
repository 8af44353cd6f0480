/* SPDX-License-Identifier: BSD-2-Clause */
/* survey.h: one pass over a message: reads the sections after the answer section, and notes where aliases are. Pure. */
#ifndef MXCHECK_MESSAGE_SURVEY_H
#define MXCHECK_MESSAGE_SURVEY_H

#include "message/aliases.h"

struct survey {
    const struct aliases *aliases;
    struct alias_records alias_records;
    struct message_reader answers; /* stands at the answer section */
    uint16_t answer_count;
    unsigned added_count;     /* records of the other sections, behind it */
    bool has_ns;              /* in the authority section */
    bool has_soa;             /* likewise */
    struct message_name zone; /* whose SOA it is */
    uint32_t negative_ttl_s;
    int extended_rcode; /* its upper eight bits (RFC 6891 section 6.1.3) */
    int error_code;     /* of the Extended DNS Error that tells most; -1: none */
    const uint8_t *error_text;
    size_t error_size;
};

/* Read all but the answer section, of which the aliases are noted. `survey` begins zeroed, but for its aliases and an
 * error_code of -1. False when a record is not whole. */
bool survey_read(struct survey *survey, const uint8_t *message, size_t size);

/* Of failed validation: 6 to 12 (RFC 8914 sections 4.7 to 4.13), and 25, Signature Expired before Valid. */
bool survey_is_bogus(int error_code);

#endif
