/* SPDX-License-Identifier: BSD-2-Clause */
/* zone_resolver.c: finds the lines of a question and answers with them when its timer fires. */
#include "zone_resolver.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS_MAX = 8 };

struct zone_question {
    struct zone_resolver *resolver;
    struct resolver_query *handle;
    char name[300];
    enum dns_type type;
    bool confirms;
    resolver_cb callback;
    void *user;
    struct loop_timer timer;
};

/* What the lines of a question come to. */
struct found {
    struct dns_answer answer;
    struct dns_record records[RECORDS_MAX];
    char texts[RECORDS_MAX][300];
    uint8_t addresses[RECORDS_MAX][16];
    char alias[300];
    bool has_name;
    bool is_silent;
    bool is_denied; /* once */
    enum dns_outcome denial;
};

static const char *type_name(enum dns_type type)
{
    return type == DNS_MX ? "MX" : type == DNS_A ? "A" : "AAAA";
}

static void take_outcome(struct found *found, const char *word, const char *rest)
{
    struct dns_answer *answer = &found->answer;
    if (strcmp(word, "servfail") == 0) {
        answer->outcome = DNS_FAILURE;
        answer->rcode = 2;
        answer->failure = "SERVFAIL";
    } else if (strcmp(word, "timeout") == 0) {
        answer->outcome = DNS_TIMEOUT;
        answer->rcode = -1;
    } else if (strcmp(word, "bogus") == 0) {
        answer->outcome = DNS_BOGUS;
        answer->rcode = 2;
    } else if (strcmp(word, "nxdomain") == 0) {
        answer->outcome = DNS_NXDOMAIN;
        answer->rcode = 3;
    } else if (strcmp(word, "secure") == 0) {
        answer->dnssec = MXCHECK_DNSSEC_SECURE;
    } else if (strcmp(word, "insecure") == 0) {
        answer->dnssec = MXCHECK_DNSSEC_INSECURE;
    } else if (strcmp(word, "denied") == 0 || strcmp(word, "empty") == 0) {
        found->is_denied = true;
        found->denial = word[0] == 'd' ? DNS_NXDOMAIN : DNS_NODATA;
    } else if (strcmp(word, "silent") == 0) {
        found->is_silent = true;
    } else if (strcmp(word, "alias") == 0) {
        answer->outcome = DNS_ALIAS;
        snprintf(found->alias, sizeof(found->alias), "%s", rest);
        answer->alias = found->alias;
    } else {
        assert(strcmp(word, "nodata") == 0);
    }
}

static void take_record(struct found *found, enum dns_type type, unsigned ttl_s, const char *rest)
{
    unsigned preference = 0;
    size_t i = found->answer.count++;
    assert(i < RECORDS_MAX);
    int taken = type == DNS_MX ? sscanf(rest, "%u %299s", &preference, found->texts[i])
                               : sscanf(rest, "%299s", found->texts[i]);
    assert(taken == (type == DNS_MX ? 2 : 1));
    const char *host = strcmp(found->texts[i], ".") == 0 ? "" : found->texts[i];
    found->records[i] = (struct dns_record){.ttl_s = ttl_s, .preference = (uint16_t)preference};
    if (type == DNS_MX)
        found->records[i].host = host;
    else
        found->records[i].address = found->addresses[i];
    if (type != DNS_MX)
        taken = inet_pton(type == DNS_A ? AF_INET : AF_INET6, host, found->addresses[i]);
    assert(taken > 0);
    found->answer.outcome = DNS_RECORDS;
    found->answer.records = found->records;
}

static void take_line(struct found *found, const struct zone_question *question, const char *line)
{
    char owner[300], type[8], word[16];
    int end = 0;
    if (sscanf(line, "%299s %7s %15s %n", owner, type, word, &end) != 3 || strcmp(owner, question->name) != 0)
        return;
    found->has_name = true;
    if (strcmp(type, type_name(question->type)) != 0)
        return;
    char *digits_end;
    unsigned long ttl_s = strtoul(word, &digits_end, 10);
    if (*digits_end == '\0')
        take_record(found, question->type, (unsigned)ttl_s, line + end);
    else
        take_outcome(found, word, line + end);
}

static void find(struct found *found, const struct zone_question *question)
{
    char line[400];
    memset(found, 0, sizeof(*found));
    found->answer = (struct dns_answer){.outcome = DNS_NODATA,
                                        .failure = "",
                                        .upstream = "192.0.2.53:53",
                                        .alias = "",
                                        .error_code = -1,
                                        .error_text = "",
                                        .zone = "",
                                        .alias_ttl_s = INT32_MAX,
                                        .negative_ttl_s = 30};
    for (const char *p = question->resolver->zone; *p != '\0';) {
        size_t length = strcspn(p, "\n");
        snprintf(line, sizeof(line), "%.*s", (int)length, p);
        take_line(found, question, line);
        p += length + (p[length] == '\n');
    }
    if (!found->has_name) {
        found->answer.outcome = DNS_NXDOMAIN;
        found->answer.rcode = 3;
    }
    if (found->is_denied && !question->confirms) {
        found->answer.outcome = found->denial;
        found->answer.is_unconfirmed = true;
        found->answer.count = 0;
    }
    if (found->answer.outcome == DNS_NXDOMAIN)
        found->answer.zone = "example";
}

static void end(struct zone_question *question)
{
    question->handle->inner = NULL;
    question->resolver->under_way--;
    loop_timer_clear(question->resolver->loop, &question->timer);
    free(question);
}

static void on_timer(void *user)
{
    struct zone_question *question = user;
    struct found found;
    resolver_cb callback = question->callback;
    void *asker = question->user;
    find(&found, question);
    if (found.is_silent)
        return;
    end(question);
    callback(asker, &found.answer);
}

static int ask(struct resolver *base, const char *name, enum dns_type type, unsigned flags, uint64_t deadline_us,
               resolver_cb callback, void *user, struct resolver_query *handle)
{
    struct zone_resolver *resolver = (struct zone_resolver *)(void *)base;
    resolver->asked++;
    resolver->deadline_us = deadline_us;
    if (resolver->fails_from != 0 && resolver->asked >= resolver->fails_from)
        return -1;
    struct zone_question *question = calloc(1, sizeof(*question));
    assert(question != NULL);
    question->resolver = resolver;
    question->handle = handle;
    snprintf(question->name, sizeof(question->name), "%s", name);
    question->type = type;
    question->confirms = (flags & RESOLVER_CONFIRMS) != 0;
    question->callback = callback;
    question->user = user;
    question->timer.fire = on_timer;
    question->timer.user = question;
    handle->inner = question;
    resolver->under_way++;
    return loop_timer_set(resolver->loop, &question->timer, 0);
}

static void cancel(struct resolver_query *handle)
{
    end(handle->inner);
}

static void contradict(struct resolver *base, const char *upstream)
{
    struct zone_resolver *resolver = (struct zone_resolver *)(void *)base;
    assert(strcmp(upstream, "192.0.2.53:53") == 0);
    resolver->contradicted++;
}

static void do_nothing(struct resolver *base)
{
    (void)base;
}

static bool is_idle(const struct resolver *base)
{
    return ((const struct zone_resolver *)(const void *)base)->under_way == 0;
}

static const struct resolver_ops ops = {ask, cancel, is_idle, contradict, do_nothing};

void zone_resolver_init(struct zone_resolver *resolver, struct loop *loop, const char *zone)
{
    memset(resolver, 0, sizeof(*resolver));
    resolver->base.ops = &ops;
    resolver->base.loop = loop;
    resolver->loop = loop;
    resolver->zone = zone;
}
