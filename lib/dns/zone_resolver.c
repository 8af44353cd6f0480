/* SPDX-License-Identifier: BSD-2-Clause */
/* zone_resolver.c: makes answers of rows, from the loop's turn, as a recursive resolver would give them. */
#include "dns/zone_resolver.h"

#include "base/clock.h"

#include <string.h>

#define TTL_S 300
#define ALIASES_MAX 8
#define RECORDS_MAX 64

enum { RCODE_NOERROR = 0, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3 };
enum { ERROR_DNSSEC_BOGUS = 6 }; /* RFC 8914 section 4.7 */

struct zone_resolver {
    struct resolver base; /* first */
    const struct memory *memory;
    const struct test_zone *zone;
    size_t under_way;
};

struct question {
    struct zone_resolver *owner;
    struct resolver_query *handle;
    struct loop_timer timer;
    enum dns_type type;
    bool is_lost; /* the deadline comes before the answer */
    resolver_cb callback;
    void *user;
    char name[];
};

static void end(struct question *question)
{
    struct zone_resolver *owner = question->owner;
    loop_timer_clear(owner->base.loop, &question->timer);
    question->handle->inner = NULL;
    owner->under_way--;
    memory_free(owner->memory, question);
}

/* Where the aliases of a name lead; NULL when they lead round. */
static const char *follow(const struct test_zone *zone, const char *name)
{
    for (int i = 0; i <= ALIASES_MAX; i++) {
        const struct test_zone_row *row = test_zone_find(zone, name, TEST_ZONE_CNAME);
        if (row == NULL)
            return name;
        name = row->host;
    }
    return NULL;
}

static void fail(struct dns_answer *answer, enum dns_outcome outcome)
{
    answer->outcome = outcome;
    answer->rcode = RCODE_SERVFAIL;
    answer->failure = "SERVFAIL";
}

static void deny(struct dns_answer *answer, enum dns_outcome outcome)
{
    answer->outcome = outcome;
    answer->rcode = outcome == DNS_NXDOMAIN ? RCODE_NXDOMAIN : RCODE_NOERROR;
    answer->has_soa = true;
    answer->zone = ".";
    answer->negative_ttl_s = TTL_S;
}

static void take_fault(struct dns_answer *answer, enum test_zone_word word)
{
    if (word == TEST_ZONE_NXDOMAIN) {
        deny(answer, DNS_NXDOMAIN);
        return;
    }
    fail(answer, word == TEST_ZONE_BOGUS ? DNS_BOGUS : DNS_FAILURE);
    if (word == TEST_ZONE_BOGUS)
        answer->error_code = ERROR_DNSSEC_BOGUS;
}

static enum test_zone_word word_of(enum dns_type type)
{
    return type == DNS_MX ? TEST_ZONE_MX : type == DNS_A ? TEST_ZONE_A : TEST_ZONE_AAAA;
}

static void collect(const struct test_zone *zone, const char *name, enum dns_type type,
                    struct dns_record records[RECORDS_MAX], struct dns_answer *answer)
{
    for (size_t i = 0; i < zone->count && !answer->is_cut; i++) {
        const struct test_zone_row *row = &zone->rows[i];
        if (row->word != word_of(type) || strcmp(row->name, name) != 0)
            continue;
        answer->is_cut = answer->count == RECORDS_MAX;
        if (!answer->is_cut)
            records[answer->count++] = (struct dns_record){
                .ttl_s = TTL_S, .preference = row->preference, .host = row->host, .address = row->address};
    }
}

/* Answers lie on the stack until the callback has returned. */
static void answer(struct question *question, const char *name, struct dns_record records[RECORDS_MAX],
                   struct dns_answer *answer)
{
    const struct test_zone *zone = question->owner->zone;
    const struct test_zone_row *fault = test_zone_fault(zone, name, (int)question->type);
    answer->records = records;
    if (fault != NULL) {
        take_fault(answer, fault->word);
        return;
    }
    collect(zone, name, question->type, records, answer);
    if (answer->count > 0) {
        answer->outcome = DNS_RECORDS;
        answer->rcode = RCODE_NOERROR;
    } else {
        deny(answer, test_zone_has(zone, name) ? DNS_NODATA : DNS_NXDOMAIN);
    }
}

static void on_timer(void *user)
{
    struct question *question = user;
    const struct test_zone *zone = question->owner->zone;
    resolver_cb callback = question->callback;
    void *asker = question->user;
    struct dns_record records[RECORDS_MAX];
    struct dns_answer given = {.rcode = -1,
                               .failure = "",
                               .error_code = -1,
                               .error_text = "",
                               .blame = DNS_BLAMES_DOMAIN,
                               .upstream = zone->title,
                               .alias = "",
                               .alias_ttl_s = INT32_MAX,
                               .zone = ""};
    const char *name = follow(zone, question->name);
    if (question->is_lost) {
        given.outcome = DNS_TIMEOUT;
        given.failure = "no answer";
        resolver_count(&question->owner->base, RESOLVER_TIMEOUTS);
    } else if (name == NULL) {
        fail(&given, DNS_FAILURE);
    } else {
        answer(question, name, records, &given);
        if (strcmp(name, question->name) != 0) {
            given.alias = name;
            given.alias_ttl_s = TTL_S;
        }
    }
    end(question);
    callback(asker, &given);
}

/* When the answer comes: never after a TIMEOUT, late after a DELAY. */
static uint64_t due_us(const struct test_zone *zone, const char *name, enum dns_type type)
{
    const char *target = follow(zone, name);
    const struct test_zone_row *fault = target == NULL ? NULL : test_zone_fault(zone, target, (int)type);
    const struct test_zone_row *delay = test_zone_find(zone, name, TEST_ZONE_DELAY);
    if (fault != NULL && fault->word == TEST_ZONE_TIMEOUT)
        return UINT64_MAX;
    return delay == NULL ? 0 : clock_now_us() + (uint64_t)delay->delay_ms * 1000;
}

static int ask(struct resolver *base, const char *name, enum dns_type type, unsigned flags, uint64_t deadline_us,
               resolver_cb callback, void *user, struct resolver_query *handle)
{
    struct zone_resolver *owner = (struct zone_resolver *)(void *)base;
    size_t size = strlen(name) + 1;
    struct question *question = memory_zalloc(owner->memory, 1, sizeof(*question) + size);
    (void)flags;
    if (question == NULL)
        return -1;
    memcpy(question->name, name, size);
    question->owner = owner;
    question->handle = handle;
    question->type = type;
    question->callback = callback;
    question->user = user;
    question->timer.fire = on_timer;
    question->timer.user = question;
    uint64_t answer_us = due_us(owner->zone, name, type);
    question->is_lost = answer_us >= deadline_us;
    if (loop_timer_set(base->loop, &question->timer, question->is_lost ? deadline_us : answer_us) != 0) {
        memory_free(owner->memory, question);
        return -1;
    }
    handle->inner = question;
    owner->under_way++;
    resolver_count(base, RESOLVER_QUERIES);
    return 0;
}

static void cancel(struct resolver_query *handle)
{
    end(handle->inner);
}

static bool is_idle(const struct resolver *base)
{
    return ((const struct zone_resolver *)(const void *)base)->under_way == 0;
}

static void destroy(struct resolver *base)
{
    struct zone_resolver *owner = (struct zone_resolver *)(void *)base;
    memory_free(owner->memory, owner);
}

static const struct resolver_ops ops = {ask, cancel, is_idle, NULL, destroy};

struct resolver *zone_resolver_new(const struct memory *memory, struct loop *loop, const struct test_zone *zone)
{
    struct zone_resolver *owner = memory_zalloc(memory, 1, sizeof(*owner));
    if (owner == NULL)
        return NULL;
    owner->base.ops = &ops;
    owner->base.loop = loop;
    owner->memory = memory;
    owner->zone = zone;
    return &owner->base;
}
