/* SPDX-License-Identifier: BSD-2-Clause */
/* octet_resolver.c: of the questions under way the octets choose one, and answer it. */
#include "octet_resolver.h"

#include "check.h"
#include "message.h"

#include "message/answer.h"
#include "message/message.h"
#include "message/wire.h"

#include <stdlib.h>
#include <string.h>

struct octet_question {
    struct resolver_query *handle;
    char name[MESSAGE_NAME_TEXT_SIZE];
    enum dns_type type;
    resolver_cb callback;
    void *user;
};

static struct octet_resolver *self(struct resolver *base)
{
    return (struct octet_resolver *)(void *)base;
}

/* --- what an answer must be, whatever it says --- */

static void check_record(const struct dns_record *record, enum dns_type type)
{
    struct message_name name;
    demand((type == DNS_MX) == (record->host != NULL) && (type == DNS_MX) == (record->address == NULL));
    demand(record->ttl_s <= INT32_MAX);
    if (type == DNS_MX)
        demand(check_is_printable(record->host, false) && message_parse_name(record->host, &name));
}

static void check_answer(const struct dns_answer *answer, enum dns_type type)
{
    struct message_name name;
    demand(strcmp(answer->failure, "malformed answer") != 0); /* it was found sound */
    demand((answer->outcome == DNS_FAILURE || answer->outcome == DNS_BOGUS) == (answer->failure[0] != '\0'));
    demand(answer->rcode >= 0 && answer->error_code >= -1 && answer->error_code <= UINT16_MAX);
    demand(answer->outcome != DNS_RECORDS || answer->count > 0);
    if (answer->outcome == DNS_NODATA || answer->outcome == DNS_NXDOMAIN)
        demand(answer->has_soa == (answer->zone[0] != '\0'));
    demand(check_is_printable(answer->alias, false) && message_parse_name(answer->alias, &name));
    demand(check_is_printable(answer->zone, false));
    for (size_t i = 0; i < answer->count; i++)
        check_record(&answer->records[i], type);
}

/* --- answers --- */

static struct dns_answer nothing(enum dns_outcome outcome, const char *failure, bool is_local)
{
    return (struct dns_answer){.outcome = outcome,
                               .rcode = -1,
                               .failure = failure,
                               .error_code = -1,
                               .error_text = "",
                               .is_local = is_local,
                               .upstream = "",
                               .alias = "",
                               .zone = ""};
}

static mxcheck_dnssec dnssec_of(const struct octet_resolver *resolver, const struct dns_answer *answer)
{
    if (answer->outcome == DNS_BOGUS)
        return MXCHECK_DNSSEC_BOGUS;
    if (!resolver->is_believed || answer->outcome == DNS_FAILURE || answer->outcome == DNS_TIMEOUT)
        return MXCHECK_DNSSEC_UNKNOWN;
    return answer->authentic ? MXCHECK_DNSSEC_SECURE : MXCHECK_DNSSEC_INSECURE;
}

/* What the real one makes of a message. */
static void read_message(struct octet_resolver *resolver, const struct octet_question *question, struct answer *answer)
{
    size_t size;
    bool is_other = message_is_other(resolver->octets);
    uint8_t *message = message_make(resolver->octets, question->name, question->type, &size);
    enum wire_verdict verdict = wire_walk(message, size, -1, question->name, (uint16_t)question->type, 1);
    demand((verdict == WIRE_STRANGER) == is_other);
    memset(answer, 0, sizeof(*answer));
    answer->memory = resolver->memory;
    if (verdict == WIRE_STRANGER)
        answer->dns = nothing(DNS_TIMEOUT, "", false);
    else if (verdict == WIRE_MALFORMED)
        answer->dns = nothing(DNS_FAILURE, "malformed answer", false);
    else if (answer_read(answer, resolver->memory, message, size, question->name, question->type) != 0)
        answer->dns = nothing(DNS_FAILURE, "out of memory", true);
    else
        check_answer(&answer->dns, question->type);
    free(message);
}

static void take_answer(struct octet_resolver *resolver, const struct octet_question *question, struct answer *answer)
{
    read_message(resolver, question, answer);
    answer->dns.upstream = "192.0.2.53:53";
    answer->dns.dnssec = dnssec_of(resolver, &answer->dns);
    resolver->has_timed_out |= answer->dns.outcome == DNS_TIMEOUT;
}

/* --- the resolver --- */

static size_t find(const struct octet_resolver *resolver, const struct octet_question *question)
{
    size_t index = 0;
    while (resolver->under_way[index] != question)
        index++;
    return index;
}

static void drop(struct octet_resolver *resolver, size_t index)
{
    struct octet_question *question = resolver->under_way[index];
    question->handle->inner = NULL;
    resolver->count--;
    memmove(&resolver->under_way[index], &resolver->under_way[index + 1],
            (resolver->count - index) * sizeof(struct octet_question *));
    free(question);
}

static int wake(struct octet_resolver *resolver)
{
    return resolver->count == 0 ? 0 : loop_timer_set(resolver->base.loop, &resolver->timer, 0);
}

/* The one asked first, unless an octet from f0 up says otherwise. */
static size_t choose(struct octet_resolver *resolver)
{
    if (resolver->octets->left == 0 || *resolver->octets->at < 0xf0)
        return 0;
    return (octets_take(resolver->octets) & 0x0fU) % resolver->count;
}

static void on_timer(void *user)
{
    struct octet_resolver *resolver = user;
    struct answer answer;
    size_t index = choose(resolver);
    struct octet_question question = *resolver->under_way[index];
    take_answer(resolver, &question, &answer);
    drop(resolver, index);
    demand(wake(resolver) == 0);
    question.callback(question.user, &answer.dns);
    answer_clear(&answer);
}

static int ask(struct resolver *base, const char *name, enum dns_type type, unsigned flags, uint64_t deadline_us,
               resolver_cb callback, void *user, struct resolver_query *handle)
{
    struct octet_resolver *resolver = self(base);
    struct octet_question *question = calloc(1, sizeof(*question));
    (void)deadline_us;
    (void)flags;
    demand(question != NULL && resolver->count < OCTET_QUESTIONS_MAX && strlen(name) < sizeof(question->name));
    memcpy(question->name, name, strlen(name) + 1);
    question->type = type;
    question->callback = callback;
    question->user = user;
    question->handle = handle;
    handle->inner = question;
    resolver->under_way[resolver->count++] = question;
    return wake(resolver);
}

static void cancel(struct resolver_query *handle)
{
    struct octet_resolver *resolver = self(handle->resolver);
    drop(resolver, find(resolver, handle->inner));
    if (resolver->count == 0)
        loop_timer_clear(resolver->base.loop, &resolver->timer);
}

static bool is_idle(const struct resolver *base)
{
    return ((const struct octet_resolver *)(const void *)base)->count == 0;
}

static void do_nothing(struct resolver *base)
{
    (void)base;
}

static const struct resolver_ops ops = {ask, cancel, is_idle, NULL, do_nothing};

void octet_resolver_init(struct octet_resolver *resolver, struct loop *loop, const struct memory *memory,
                         struct octets *octets)
{
    memset(resolver, 0, sizeof(*resolver));
    resolver->base.ops = &ops;
    resolver->base.loop = loop;
    resolver->octets = octets;
    resolver->memory = memory;
    resolver->timer.fire = on_timer;
    resolver->timer.user = resolver;
}

void octet_resolver_clear(struct octet_resolver *resolver)
{
    demand(resolver->count == 0);
    loop_timer_clear(resolver->base.loop, &resolver->timer);
}
