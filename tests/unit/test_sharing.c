/* SPDX-License-Identifier: BSD-2-Clause */
/* test_sharing.c: what one context has found out serves another whose options differ, or does not: over random small
 * zones whose answers take their time, facts that are said to answer what the other asks come to the verdict of a
 * lookup of its own. The clock is this file's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
#include "dns/loop.h"
#include "facts/lookup.h"
#include "judge/policy.h"
#include "options/reasons.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIALS 60000
#define STEP_US 25000
#define TOLD_MAX 4
#define HOSTS_MAX 3

static uint64_t now_us = 1000000;

uint64_t clock_now_us(void)
{
    return now_us;
}

uint64_t clock_coarse_us(struct clock_sleep *sleep)
{
    (void)sleep;
    return now_us;
}

/* --- chance, the same every time --- */

static uint64_t seed;

static unsigned draw(unsigned most)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % most;
}

/* --- a zone: the domain and its hosts --- */

enum said { GOOD, TEN, LOCAL, TEN_AND_GOOD, NODATA, NXDOMAIN, SERVFAIL, BOGUS, SAID };

static const char *const said_words[SAID] = {"good",   "10/8",     "192.168",  "10/8+good",
                                             "nodata", "nxdomain", "servfail", "bogus"};

struct reply {
    enum said said;
    unsigned after_ms;
};

struct zone {
    struct reply mx; /* GOOD: there are hosts; LOCAL: null MX */
    size_t hosts;
    bool is_special[HOSTS_MAX];
    struct reply address[HOSTS_MAX + 1][2]; /* A and AAAA of hosts; the last: of the domain */
};

static struct reply draw_reply(void)
{
    static const unsigned after[] = {0, 0, 10, 300, 1500, 9000};
    enum said said = (enum said)draw(SAID);
    return (struct reply){said, after[draw(6)]};
}

static struct zone draw_zone(void)
{
    static const enum said mx[] = {GOOD, GOOD, GOOD, GOOD, LOCAL, NODATA, NODATA, NXDOMAIN, NXDOMAIN, SERVFAIL, BOGUS};
    static const unsigned after[] = {0, 0, 0, 0, 300, 1500};
    struct zone zone;
    zone.mx.said = mx[draw(11)];
    zone.mx.after_ms = after[draw(6)];
    zone.hosts = 1 + draw(HOSTS_MAX);
    for (size_t i = 0; i <= HOSTS_MAX; i++) {
        zone.address[i][0] = draw_reply();
        zone.address[i][1] = draw_reply();
    }
    for (size_t i = 0; i < HOSTS_MAX; i++)
        zone.is_special[i] = draw(8) == 0;
    return zone;
}

/* --- a resolver that answers in time --- */

struct question {
    struct resolver_query *handle;
    char name[32];
    enum dns_type type;
    struct reply reply;
    bool is_late;
    resolver_cb callback;
    void *user;
    struct loop_timer timer;
};

struct patient {
    struct resolver base; /* first */
    const struct zone *zone;
};

static const char *const host_names[2][HOSTS_MAX] = {{"h0.test", "h1.test", "h2.test"},
                                                     {"h0.invalid", "h1.invalid", "h2.invalid"}};

static size_t put_addresses(const struct question *question, struct dns_record *records, uint8_t octets[2][16])
{
    size_t count = question->reply.said == TEN_AND_GOOD ? 2 : 1;
    memset(octets, 0, 32);
    for (size_t i = 0; i < count; i++) {
        uint8_t *p = octets[i];
        enum said said = question->reply.said == TEN_AND_GOOD ? (i == 0 ? TEN : GOOD) : question->reply.said;
        if (question->type == DNS_A)
            memcpy(p, said == GOOD ? "\x08\x08\x08\x08" : said == TEN ? "\x0a\0\0\1" : "\xc0\xa8\0\1", 4);
        else
            memcpy(p, said == GOOD ? "\x20\x01\x48\x60" : said == TEN ? "\xfd\x10\0\0" : "\xfd\x20\0\0", 4);
        records[i] = (struct dns_record){.ttl_s = 300, .address = p};
    }
    return count;
}

static size_t put_hosts(const struct zone *zone, struct dns_record *records)
{
    if (zone->mx.said == LOCAL) {
        records[0] = (struct dns_record){.ttl_s = 300, .host = ""};
        return 1;
    }
    for (size_t i = 0; i < zone->hosts; i++)
        records[i] =
            (struct dns_record){.ttl_s = 300, .preference = (uint16_t)i, .host = host_names[zone->is_special[i]][i]};
    return zone->hosts;
}

static void on_due(void *user)
{
    struct question *question = user;
    struct patient *patient = (struct patient *)(void *)question->handle->resolver;
    uint8_t octets[2][16];
    struct dns_record records[HOSTS_MAX];
    struct dns_answer answer = {.failure = "",
                                .upstream = "",
                                .alias = "",
                                .error_code = -1,
                                .error_text = "",
                                .zone = "",
                                .alias_ttl_s = INT32_MAX,
                                .negative_ttl_s = 300,
                                .dnssec = MXCHECK_DNSSEC_UNKNOWN,
                                .records = records};
    switch (question->reply.said) {
    case GOOD:
    case TEN:
    case LOCAL:
    case TEN_AND_GOOD:
        answer.outcome = DNS_RECORDS;
        answer.count =
            question->type == DNS_MX ? put_hosts(patient->zone, records) : put_addresses(question, records, octets);
        break;
    case NODATA:
        answer.outcome = DNS_NODATA;
        break;
    case NXDOMAIN:
        answer.outcome = DNS_NXDOMAIN;
        break;
    case SERVFAIL:
        answer.outcome = DNS_FAILURE;
        break;
    case BOGUS:
        answer.outcome = DNS_BOGUS;
        break;
    case SAID:
        break;
    }
    if (question->is_late) {
        answer.outcome = DNS_TIMEOUT;
        answer.count = 0;
    }
    resolver_cb callback = question->callback;
    void *asker = question->user;
    loop_timer_clear(patient->base.loop, &question->timer);
    question->handle->inner = NULL;
    free(question);
    callback(asker, &answer);
}

static int ask(struct resolver *base, const char *name, enum dns_type type, unsigned flags, uint64_t deadline_us,
               resolver_cb callback, void *user, struct resolver_query *handle)
{
    struct patient *patient = (struct patient *)(void *)base;
    struct question *question = calloc(1, sizeof(*question));
    size_t which = name[0] == 'h' ? (size_t)(name[1] - '0') : HOSTS_MAX;
    assert_non_null(question);
    (void)flags;
    question->handle = handle;
    question->type = type;
    question->reply = type == DNS_MX ? patient->zone->mx : patient->zone->address[which][type == DNS_AAAA];
    question->callback = callback;
    question->user = user;
    question->timer.fire = on_due;
    question->timer.user = question;
    uint64_t due_us = now_us + (uint64_t)question->reply.after_ms * 1000;
    question->is_late = due_us >= deadline_us;
    handle->inner = question;
    return loop_timer_set(base->loop, &question->timer, question->is_late ? deadline_us : due_us);
}

static void cancel(struct resolver_query *handle)
{
    struct question *question = handle->inner;
    loop_timer_clear(handle->resolver->loop, &question->timer);
    handle->inner = NULL;
    free(question);
}

static const struct resolver_ops ops = {.ask = ask, .cancel = cancel};

/* --- contexts --- */

static struct networks *nets[3];

static struct options draw_options(void)
{
    static const uint32_t most[] = {1, 2, 8};
    struct options options;
    options_init(&options);
    options.depth = (enum depth)(draw(4) > 0);
    options.max_targets = most[draw(3)];
    options.forbidden = nets[draw(3)];
    options.implicit_mx = (enum implicit_mx)draw(3);
    options.nxdomain = (enum nxdomain)draw(2);
    options.query_special_use = draw(2) == 0;
    options.timeout_ms = draw(2) == 0 ? 200 : 4000;
    options.retry_after_ms = 100;
    options.trusts_ad = draw(4) == 0;
    return options;
}

static struct lookup_wants wants_of(const struct options *options)
{
    struct targets_wants targets = {.most = options->depth == DEPTH_TARGETS ? options->max_targets : 0,
                                    .forbidden = options->forbidden,
                                    .skips_special_use = !options->query_special_use,
                                    .patience_us = (uint64_t)options->retry_after_ms * 1000};
    return (struct lookup_wants){.a = policy_wants_address_question(options, FACTS_A),
                                 .aaaa = policy_wants_address_question(options, FACTS_AAAA),
                                 .confirm_nxdomain = options->nxdomain == NXDOMAIN_CONFIRM,
                                 .dnssec = options->trusts_ad,
                                 .targets = targets};
}

static void on_facts(void *user, struct facts *facts)
{
    *(struct facts **)user = facts;
}

static struct facts *look_up(struct loop *loop, const struct zone *zone, const struct options *options)
{
    struct patient patient = {{.ops = &ops, .loop = loop}, zone};
    struct lookup_wants wants = wants_of(options);
    struct lookup *lookup;
    struct facts *facts = NULL;
    assert_int_equal(lookup_start(&memory_libc, &patient.base, "domain.test", &wants,
                                  now_us + (uint64_t)options->timeout_ms * 1000, on_facts, &facts, &lookup),
                     0);
    for (int turns = 0; facts == NULL && turns < 1000; turns++) {
        for (int i = 0; facts == NULL && i < 20; i++)
            loop_turn(loop, 0);
        now_us += STEP_US;
    }
    assert_non_null(facts);
    return facts;
}

static struct judgement judge(const struct options *options, const struct facts *facts)
{
    struct judgement judgement = {
        .role = MXCHECK_ROLE_RCPT, .domain = "domain.test", .address = "", .rule = "", .fault = ""};
    policy_judge_facts(options, facts, &judgement);
    return judgement;
}

static void tell_options(const char *who, const struct options *options)
{
    print_message(
        "#   %s: depth %s, max-targets %u, forbidden %s, implicit-mx %d, nxdomain %d, special-use %s, timeout %u "
        "ms, trust-ad %d\n",
        who, options->depth == DEPTH_TARGETS ? "targets" : "records", options->max_targets,
        options->forbidden == NULL      ? "none"
        : options->forbidden == nets[1] ? "10/8"
                                        : "10/8+192.168",
        options->implicit_mx, options->nxdomain, options->query_special_use ? "query" : "reject", options->timeout_ms,
        options->trusts_ad);
}

static void tell_zone(const struct zone *zone)
{
    print_message("#   MX %s after %u ms, %zu hosts\n", said_words[zone->mx.said], zone->mx.after_ms, zone->hosts);
    for (size_t i = 0; i <= HOSTS_MAX; i++) {
        if (i < HOSTS_MAX && (zone->mx.said != GOOD || i >= zone->hosts))
            continue;
        print_message("#   %s: A %s after %u ms, AAAA %s after %u ms\n",
                      i == HOSTS_MAX ? "domain.test" : host_names[zone->is_special[i]][i],
                      said_words[zone->address[i][0].said], zone->address[i][0].after_ms,
                      said_words[zone->address[i][1].said], zone->address[i][1].after_ms);
    }
}

static void tell_facts(const struct facts *facts)
{
    for (size_t i = 0; i < facts->target_count; i++) {
        const struct facts_target *target = &facts_targets(facts)[i];
        print_message("#   remembered of %s: %s, %s\n", facts_text(facts, target->host),
                      facts_outcome_name((enum facts_outcome)facts_target_answer(facts, target, FACTS_A)->outcome),
                      facts_outcome_name((enum facts_outcome)facts_target_answer(facts, target, FACTS_AAAA)->outcome));
    }
    for (int i = 0; i < FACTS_QUESTIONS; i++)
        print_message("#   remembered %s: %s\n", facts_question_name((enum facts_question)i),
                      facts_outcome_name((enum facts_outcome)facts_answer(facts, (enum facts_question)i)->outcome));
    print_message("#   waited %u ms\n", facts->waited_us / 1000);
}

static bool has_timeout(const struct facts *facts)
{
    for (unsigned i = 0; i < facts->answer_count; i++) {
        if (facts_answer_at(facts, i)->outcome == FACTS_TIMEOUT)
            return true;
    }
    return false;
}

/* The same verdict; or one where a lookup of one's own, which waits less long, would have come to none. */
static bool agree(const struct judgement *shared, const struct judgement *own, const struct facts *fresh)
{
    return shared->verdict == own->verdict || (own->failure != FACTS_NOT_ASKED && has_timeout(fresh));
}

static void test_facts_of_others_come_to_the_verdict_of_a_lookup_of_ones_own(void **state)
{
    struct loop *loop = *state;
    unsigned shared = 0, wrong = 0;
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        seed = trial;
        draw(2);
        struct zone zone = draw_zone();
        struct options theirs = draw_options();
        struct options ours = draw_options();
        struct facts *facts = look_up(loop, &zone, &theirs);
        if (policy_is_answered(&ours, facts)) {
            struct facts *fresh = look_up(loop, &zone, &ours);
            struct judgement by_theirs = judge(&ours, facts);
            struct judgement by_ours = judge(&ours, fresh);
            shared++;
            if (!agree(&by_theirs, &by_ours, fresh) && wrong++ < TOLD_MAX) {
                print_message("# trial %u: remembered facts come to %s, a lookup of one's own to %s\n", trial,
                              reasons_word(by_theirs.reason), reasons_word(by_ours.reason));
                tell_options("theirs", &theirs);
                tell_options("ours", &ours);
                tell_zone(&zone);
                tell_facts(facts);
            }
            facts_unref(fresh, &memory_libc);
        }
        facts_unref(facts, &memory_libc);
    }
    print_message("# %u of %u shared, %u wrong\n", shared, TRIALS, wrong);
    assert_true(shared > TRIALS / 20);
    assert_int_equal(wrong, 0);
}

/* Half of a host failed, and its other half was never waited for, since another host would do that does not do for us.
 */
static void test_half_a_host_that_failed_is_no_answer(void **state)
{
    struct loop *loop = *state;
    struct zone zone = {.mx = {GOOD, 0}, .hosts = 2};
    struct options theirs, ours;
    zone.address[0][0] = (struct reply){SERVFAIL, 0};
    zone.address[0][1] = (struct reply){GOOD, 300};
    zone.address[1][0] = (struct reply){NODATA, 0};
    zone.address[1][1] = (struct reply){TEN, 10};
    options_init(&theirs);
    theirs.depth = DEPTH_TARGETS;
    theirs.retry_after_ms = 100;
    theirs.forbidden = NULL;
    ours = theirs;
    ours.forbidden = nets[1];
    struct facts *facts = look_up(loop, &zone, &theirs);
    struct facts *fresh = look_up(loop, &zone, &ours);
    assert_int_equal(judge(&theirs, facts).reason, MXCHECK_REASON_MX);
    assert_int_equal(judge(&ours, fresh).reason, MXCHECK_REASON_MX);
    bool is_answered = policy_is_answered(&ours, facts);
    mxcheck_reason reason = judge(&ours, facts).reason;
    facts_unref(facts, &memory_libc);
    facts_unref(fresh, &memory_libc);
    if (is_answered)
        assert_string_equal(reasons_word(reason), "mx");
}

/* What a lookup of one's own has found is always an answer to what one asks. */
static void test_facts_of_ones_own_answer_what_one_asks(void **state)
{
    struct loop *loop = *state;
    unsigned wrong = 0;
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        seed = trial;
        draw(2);
        struct zone zone = draw_zone();
        struct options ours = draw_options();
        struct facts *facts = look_up(loop, &zone, &ours);
        if (!policy_is_answered(&ours, facts) && wrong++ < TOLD_MAX) {
            print_message("# trial %u: %s is not answered\n", trial, reasons_word(judge(&ours, facts).reason));
            tell_options("ours", &ours);
            tell_zone(&zone);
            tell_facts(facts);
        }
        facts_unref(facts, &memory_libc);
    }
    assert_int_equal(wrong, 0);
}

static int open_loop(void **state)
{
    static const char *const lists[3] = {"none", "10.0.0.0/8, fd10::/16",
                                         "10.0.0.0/8, fd10::/16, 192.168.0.0/16, fd20::/16"};
    mxcheck_status status;
    const char *why;
    *state = loop_new(&memory_libc, &status);
    for (int i = 0; i < 3; i++) {
        if (networks_parse(&memory_libc, lists[i], &nets[i], &why) != MXCHECK_OK)
            return -1;
    }
    return *state == NULL ? -1 : 0;
}

static int close_loop(void **state)
{
    loop_free(*state);
    for (int i = 0; i < 3; i++)
        networks_free(nets[i], &memory_libc);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_facts_of_others_come_to_the_verdict_of_a_lookup_of_ones_own, open_loop,
                                        close_loop),
        cmocka_unit_test_setup_teardown(test_half_a_host_that_failed_is_no_answer, open_loop, close_loop),
        cmocka_unit_test_setup_teardown(test_facts_of_ones_own_answer_what_one_asks, open_loop, close_loop),
    };
    return cmocka_run_group_tests_name("sharing", tests, NULL, NULL);
}
