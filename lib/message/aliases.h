/* SPDX-License-Identifier: BSD-2-Clause */
/* aliases.h: the names that a question leads to by CNAME and DNAME within one answer. Pure, bounded. */
#ifndef MXCHECK_MESSAGE_ALIASES_H
#define MXCHECK_MESSAGE_ALIASES_H

#include "message/message.h"

#define ALIASES_MAX 32

/* Of so many records that are aliases: a DNAME may stand beside each CNAME that follows from it. */
#define ALIAS_RECORDS_MAX 64

/* The records that are aliases, whoever's, where a message has them. */
struct alias_records {
    uint16_t owner[ALIAS_RECORDS_MAX]; /* where each begins, less the header */
    size_t count;                      /* more than ALIAS_RECORDS_MAX: the rest has no place */
};

struct aliases {
    struct message_name names[ALIASES_MAX + 1]; /* the name asked, then those it leads to, in any order of records */
    bool has_alias[ALIASES_MAX + 1];            /* by each: it leads elsewhere */
    uint32_t hash[ALIASES_MAX + 1];
    size_t count;
    bool is_cut;    /* there are more than ALIASES_MAX */
    uint32_t ttl_s; /* lowest of the aliases, INT32_MAX without one */
};

/* Nothing but the name asked, which is parsed into aliases->names[0]. False when it is no name. */
bool aliases_init(struct aliases *aliases, const char *name);

void aliases_note(struct alias_records *records, const struct message_record *record);

/* Follow the aliases among these (RFC 1034 section 3.6.2, RFC 6672 section 2.2). */
void aliases_follow(struct aliases *aliases, const struct message_reader *reader, const struct alias_records *records);

/* Is it the name asked, or one that it leads to? */
bool aliases_reach(const struct aliases *aliases, const struct message_name *name);

/* Where they lead: the last name that leads nowhere else; NULL when they go round in a loop. */
const struct message_name *aliases_end(const struct aliases *aliases);

#endif
