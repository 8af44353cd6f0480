/* SPDX-License-Identifier: BSD-2-Clause */
/* inquiry.c: asks, follows bare aliases, and notes the answer. */
#include "facts/inquiry.h"

#include "base/clock.h"

#include <string.h>

static enum facts_outcome outcome_of(enum dns_outcome outcome)
{
    switch (outcome) {
    case DNS_RECORDS:
        return FACTS_RECORDS;
    case DNS_NODATA:
    case DNS_ALIAS: /* too many steps: a loop, which is "no records" */
        return FACTS_NODATA;
    case DNS_NXDOMAIN:
        return FACTS_NXDOMAIN;
    case DNS_TIMEOUT:
        return FACTS_TIMEOUT;
    case DNS_FAILURE:
        return FACTS_FAILURE;
    case DNS_BOGUS:
        return FACTS_BOGUS;
    }
    return FACTS_FAILURE;
}

static enum facts_blame blame_of(enum dns_blame blame)
{
    switch (blame) {
    case DNS_BLAMES_DOMAIN:
        return FACTS_BLAMES_DOMAIN;
    case DNS_BLAMES_UPSTREAM:
        return FACTS_BLAMES_UPSTREAM;
    case DNS_BLAMES_UNKNOWN:
        return FACTS_BLAMES_UNKNOWN;
    case DNS_BLAMES_CONFIGURATION:
        return FACTS_BLAMES_CONFIGURATION;
    }
    return FACTS_BLAMES_UNKNOWN;
}

static void lower(uint32_t *ttl_s, uint32_t other_s)
{
    if (other_s < *ttl_s)
        *ttl_s = other_s;
}

static uint32_t lowest_ttl(const struct dns_answer *answer, uint32_t alias_ttl_s)
{
    uint32_t ttl_s = alias_ttl_s;
    lower(&ttl_s, answer->alias_ttl_s);
    if (answer->outcome != DNS_RECORDS)
        lower(&ttl_s, answer->negative_ttl_s);
    else
        for (size_t i = 0; i < answer->count; i++)
            lower(&ttl_s, answer->records[i].ttl_s);
    return ttl_s;
}

/* Of addresses, as many as facts keep. */
static void note_addresses(struct inquiry *inquiry, const struct dns_answer *answer)
{
    uint8_t octets[FACTS_ADDRESSES_MAX * 16];
    size_t size = inquiry->type == DNS_A ? 4 : 16;
    size_t count = answer->count < FACTS_ADDRESSES_MAX ? answer->count : FACTS_ADDRESSES_MAX;
    for (size_t i = 0; i < count; i++)
        memcpy(octets + i * size, answer->records[i].address, size);
    inquiry->answer->addresses = draft_put_octets(inquiry->draft, octets, count * size);
}

static void note_alias(struct inquiry *inquiry, const struct dns_answer *answer)
{
    if (answer->alias[0] != '\0')
        inquiry->answer->alias = draft_put(inquiry->draft, answer->alias);
}

static void note(struct inquiry *inquiry, const struct dns_answer *answer)
{
    struct facts_answer *noted = inquiry->answer;
    struct draft *draft = inquiry->draft;
    noted->outcome = (uint8_t)outcome_of(answer->outcome);
    noted->rcode = (int16_t)answer->rcode;
    noted->ttl_s = lowest_ttl(answer, inquiry->alias_ttl_s);
    noted->elapsed_us = (uint32_t)(clock_now_us() - inquiry->started_us);
    noted->count = answer->count > UINT16_MAX ? UINT16_MAX : (uint16_t)answer->count;
    noted->error_code = answer->error_code;
    noted->dnssec = (uint8_t)facts_weaker(inquiry->dnssec, answer->dnssec);
    noted->blame = (uint8_t)blame_of(answer->blame);
    noted->upstream = draft_put(draft, answer->upstream);
    noted->failure = draft_put(draft, answer->failure);
    noted->error_text = draft_put(draft, answer->error_text);
    if (answer->outcome == DNS_NODATA || answer->outcome == DNS_NXDOMAIN)
        noted->zone = draft_put(draft, answer->zone);
    if (answer->outcome == DNS_RECORDS && inquiry->type != DNS_MX)
        note_addresses(inquiry, answer);
    note_alias(inquiry, answer);
    draft->is_local |= answer->is_local;
}

static void on_answer(void *user, const struct dns_answer *answer);

static int ask(struct inquiry *inquiry, struct resolver *resolver, const char *name)
{
    inquiry->query.subject = inquiry->draft->subject;
    return resolver_ask(resolver, name, inquiry->type, inquiry->flags, inquiry->deadline_us, on_answer, inquiry,
                        &inquiry->query);
}

static void on_answer(void *user, const struct dns_answer *answer)
{
    struct inquiry *inquiry = user;
    if (answer->outcome == DNS_ALIAS && inquiry->alias_steps < INQUIRY_ALIAS_MAX) {
        inquiry->alias_steps++;
        lower(&inquiry->alias_ttl_s, answer->alias_ttl_s);
        inquiry->dnssec = facts_weaker(inquiry->dnssec, answer->dnssec);
        note_alias(inquiry, answer);
        if (ask(inquiry, inquiry->query.resolver, answer->alias) != 0)
            inquiry->done(inquiry, NULL);
        return;
    }
    if (inquiry->is_unconfirmed && answer->outcome == DNS_RECORDS)
        resolver_contradict(inquiry->query.resolver, draft_text(inquiry->draft, inquiry->answer->upstream));
    inquiry->is_unconfirmed = answer->is_unconfirmed;
    note(inquiry, answer);
    inquiry->done(inquiry, answer);
}

int inquiry_start(struct inquiry *inquiry, struct resolver *resolver, const char *name, enum dns_type type,
                  unsigned flags, uint64_t deadline_us)
{
    inquiry->type = type;
    inquiry->flags = flags;
    inquiry->alias_steps = 0;
    inquiry->answer->alias = 0;
    inquiry->started_us = clock_now_us();
    inquiry->deadline_us = deadline_us;
    inquiry->alias_ttl_s = UINT32_MAX;
    inquiry->dnssec = MXCHECK_DNSSEC_SECURE;
    return ask(inquiry, resolver, name);
}
