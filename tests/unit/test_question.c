/* SPDX-License-Identifier: BSD-2-Clause */
/* test_question.c: a question's life without a network: whom it goes to, when, in which form, and what it comes to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scripted_transport.h"

#include "base/memory.h"
#include "dns/upstream_resolver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "ok.example"
#define TIMEOUT_US 5000000
#define RETRY_US 500000
#define STEP_US 10000

/* Memory runs out at this time; 0: never. */
static uint64_t scarce_from_us;

static void *take(size_t size, void *user)
{
    (void)user;
    return scarce_from_us != 0 && script_now_us >= scarce_from_us ? NULL : malloc(size);
}

static void *retake(void *block, size_t size, void *user)
{
    (void)user;
    return scarce_from_us != 0 && script_now_us >= scarce_from_us ? NULL : realloc(block, size);
}

static void give(void *block, void *user)
{
    (void)user;
    free(block);
}

static const struct memory memory = {take, retake, give, NULL};

struct scene {
    struct loop *loop;
    struct resolver *resolver;
    struct resolver_query query;
    bool is_over;
    char outcome[100]; /* "records", "failure SERVFAIL", "records unconfirmed" */
    uint64_t took_ms;
};

static void on_answer(void *user, const struct dns_answer *answer)
{
    static const char *const words[] = {
        [DNS_RECORDS] = "records", [DNS_NODATA] = "nodata",   [DNS_NXDOMAIN] = "nxdomain", [DNS_ALIAS] = "alias",
        [DNS_TIMEOUT] = "timeout", [DNS_FAILURE] = "failure", [DNS_BOGUS] = "bogus"};
    struct scene *scene = user;
    assert_false(scene->is_over);
    scene->is_over = true;
    snprintf(scene->outcome, sizeof(scene->outcome), "%s%s%s%s%s%s", words[answer->outcome],
             answer->failure[0] != '\0' ? " " : "", answer->failure, answer->is_unconfirmed ? " unconfirmed" : "",
             answer->is_local ? " local" : "", answer->count > 0 && answer->records[0].host[0] == 'b' ? " other" : "");
}

static void open_scene(struct scene *scene, const char *upstreams)
{
    const struct resolver_settings settings = {.retry_after_us = RETRY_US, .is_case_random = true};
    struct upstreams list;
    char error[200];
    mxcheck_status status;
    memset(scene, 0, sizeof(*scene));
    script_now_us += 3600000000U;
    assert_int_equal(upstreams_parse(upstreams, &list, error, sizeof(error)), 0);
    scene->loop = loop_new(&memory, &status);
    assert_non_null(scene->loop);
    static const struct log silence = {0, NULL, NULL};
    scene->resolver = upstream_resolver_new(&memory, &silence, scene->loop, &list, &settings);
    assert_non_null(scene->resolver);
}

static void close_scene(struct scene *scene)
{
    resolver_free(scene->resolver);
    loop_free(scene->loop);
}

/* Ask, and let time go by until there is an answer. */
static void play(struct scene *scene, const char *script, unsigned flags)
{
    uint64_t deadline_us = script_now_us + TIMEOUT_US;
    uint64_t begin_us = script_now_us;
    scene->is_over = false;
    script_begin(script);
    assert_int_equal(resolver_ask(scene->resolver, NAME, DNS_MX, flags, deadline_us, on_answer, scene, &scene->query),
                     0);
    for (; !scene->is_over && script_now_us <= deadline_us + STEP_US; script_now_us += STEP_US) {
        do
            loop_turn(scene->loop, script_now_us);
        while (loop_has_more(scene->loop));
    }
    scene->took_ms = (script_now_us - STEP_US - begin_us) / 1000;
    assert_true(scene->is_over);
    assert_true(resolver_is_idle(scene->resolver));
}

struct row {
    const char *behaviour;
    const char *upstreams;
    const char *script;
    const char *trace;
    const char *outcome;
};

static void play_rows(const struct row *rows, size_t count, unsigned flags)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct scene scene;
        open_scene(&scene, rows[i].upstreams);
        play(&scene, rows[i].script, flags);
        if (strcmp(script_trace, rows[i].trace) != 0 || strcmp(scene.outcome, rows[i].outcome) != 0) {
            print_error("%s\n    sent \"%s\"\n    not  \"%s\"\n    got  \"%s\" after %llu ms, not \"%s\"\n",
                        rows[i].behaviour, script_trace, rows[i].trace, scene.outcome,
                        (unsigned long long)scene.took_ms, rows[i].outcome);
            wrong++;
        }
        close_scene(&scene);
    }
    assert_int_equal(wrong, 0);
}

#define ONE "127.0.0.1"
#define TWO "127.0.0.1, 127.0.0.2"
#define TCP "tcp://127.0.0.1"

static void test_whom_it_goes_to_and_when(void **state)
{
    static const struct row rows[] = {
        {"an answer ends it", ONE, "0:any=records", "0 0:cased", "records"},
        {"a negative answer to letter case is to be confirmed", ONE, "0:any=nodata", "0 0:cased", "nodata unconfirmed"},
        {"silence is taken for loss after the wait, which grows by half", ONE, "",
         "0 0:cased 500 0:plain 1250 0:cased 2380 0:plain 4070 0:cased", "timeout no answer"},
        {"and the other form is tried", ONE, "0:plain=records", "0 0:cased 500 0:plain", "records"},
        {"the next upstream is asked", TWO, "1:any=records", "0 0:cased 500 1:cased", "records"},
        {"a failure is asked of the next upstream at once", TWO, "0:any=servfail 1:any=records", "0 0:cased 10 1:cased",
         "records"},
        {"a failure in one form is asked in the other", ONE, "0:cased=formerr 0:plain=records", "0 0:cased 10 0:plain",
         "records"},
        {"a failure in both forms is the answer", ONE, "0:any=servfail", "0 0:cased 10 0:plain", "failure SERVFAIL"},
        {"of all upstreams", TWO, "0:any=servfail 1:any=servfail", "0 0:cased 10 1:cased 20 0:plain 30 1:plain",
         "failure SERVFAIL"},
        {"an upstream that fails costs the next one no wait", TWO, "0:any=servfail",
         "0 0:cased 10 1:cased 510 1:plain 1260 1:cased 2390 0:plain 2390 1:cased 2400 1:plain 4090 1:plain",
         "failure SERVFAIL"},
        {"a closed port is tried again until the deadline", ONE, "0:any=unreachable",
         "0 0:cased 500 0:plain 1250 0:cased 2380 0:plain 4070 0:cased", "failure connection refused"},
        {"a port that opens is found", ONE, "0:cased=unreachable,records 0:plain=unreachable,records",
         "0 0:cased 500 0:plain 1250 0:cased", "records"},
        {"a refusal is tried again after the wait", ONE, "0:any=refused",
         "0 0:cased 10 0:plain 510 0:cased 520 0:plain 1270 0:cased 1280 0:plain 2410 0:cased 2420 0:plain",
         "failure REFUSED"},
        {"a garbled message is a failure of its form", ONE, "0:cased=malformed 0:plain=records", "0 0:cased 10 0:plain",
         "records"},
    };
    (void)state;
    play_rows(rows, sizeof(rows) / sizeof(rows[0]), 0);
}

static void test_streams(void **state)
{
    static const struct row rows[] = {
        {"what was cut short is asked over TCP", ONE, "0:cased=truncated 0:tcp=records", "0 0:cased 10 0:lower/tcp",
         "records"},
        {"a silent TCP leaves the datagram its chance", ONE, "0:cased=truncated,records",
         "0 0:cased 10 0:lower/tcp 500 0:plain 1250 0:plain 2380 0:cased", "records"},
        {"a stream that ended is opened again at once, twice", TCP, "0:any=unreachable,unreachable,records",
         "0 0:lower 10 0:lower 20 0:plain 520 0:lower", "records"},
        {"a silent stream gets a connection of the question's own", TCP, "0:any=silent,records",
         "0 0:lower 500 0:lower/own", "records"},
        {"a busy upstream is asked a little later", TCP, "0:any=busy,busy,records",
         "0 0:lower/not 20 0:lower/not 40 0:lower", "records"},
    };
    (void)state;
    play_rows(rows, sizeof(rows) / sizeof(rows[0]), 0);
}

static void test_doubtful_datagrams(void **state)
{
    static const struct row rows[] = {
        {"a lost letter case is confirmed over TCP", ONE, "0:cased=doubted 0:tcp=records", "0 0:cased 10 0:lower/tcp",
         "records"},
        {"TCP that says otherwise is believed", ONE, "0:cased=doubted 0:tcp=other", "0 0:cased 10 0:lower/tcp",
         "records other"},
        {"where TCP is closed the plain form must agree", ONE, "0:cased=doubted 0:tcp=unreachable 0:plain=records",
         "0 0:cased 10 0:lower/tcp 20 0:plain", "records"},
        {"one that does not agree is asked for again", ONE, "0:cased=doubted 0:tcp=unreachable 0:plain=other",
         "0 0:cased 10 0:lower/tcp 20 0:plain 520 0:plain", "records other"},
    };
    (void)state;
    play_rows(rows, sizeof(rows) / sizeof(rows[0]), 0);
}

static void test_confirming_that_there_is_nothing(void **state)
{
    static const struct row rows[] = {
        {"the name goes in lower case", ONE, "0:lower=nxdomain", "0 0:lower", "nxdomain"},
        {"an empty message of one counts when all say nothing else", TWO, "0:any=empty 1:any=empty",
         "0 0:lower 10 1:lower", "nodata"},
        {"records of another count more than an empty message", TWO, "0:any=empty 1:any=records",
         "0 0:lower 10 1:lower", "records"},
        {"and so does a failure of another", TWO, "0:any=empty 1:any=servfail", "0 0:lower 10 1:lower 20 1:plain",
         "failure SERVFAIL"},
        {"whichever comes first: a failure is never taken for no records", TWO, "0:any=servfail 1:any=empty",
         "0 0:lower 10 1:lower 20 0:plain", "failure SERVFAIL"},
    };
    (void)state;
    play_rows(rows, sizeof(rows) / sizeof(rows[0]), RESOLVER_CONFIRMS);
}

static void test_what_the_system_refuses(void **state)
{
    static const struct row rows[] = {
        {"without a descriptor it waits in the queue", ONE, "0:any=no-descriptor,no-descriptor,records",
         "0 0:cased/not 200 0:cased/not 400 0:cased", "records"},
        {"until the deadline", ONE, "0:any=no-descriptor",
         "0 0:cased/not 200 0:cased/not 400 0:cased/not 600 0:cased/not 800 0:cased/not 1000 0:cased/not 1200 "
         "0:cased/not 1400 0:cased/not 1600 0:cased/not 1800 0:cased/not 2000 0:cased/not 2200 0:cased/not 2400 "
         "0:cased/not 2600 0:cased/not 2800 0:cased/not 3000 0:cased/not 3200 0:cased/not 3400 0:cased/not 3600 "
         "0:cased/not 3800 0:cased/not 4000 0:cased/not 4200 0:cased/not 4400 0:cased/not 4600 0:cased/not 4800 "
         "0:cased/not",
         "timeout no answer local"},
        {"without memory it fails at once", ONE, "0:any=no-memory", "0 0:cased/not",
         "failure could not be asked local"},
        {"without a route the next upstream is asked", TWO, "0:any=no-route 1:any=records", "0 0:cased/not 0 1:cased",
         "records"},
    };
    (void)state;
    play_rows(rows, sizeof(rows) / sizeof(rows[0]), 0);
}

/* A second query has its memory from the beginning; further ones get it when they are sent. */
static void test_without_memory_for_another_query_it_waits_for_those_that_were_sent(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, ONE);
    scarce_from_us = script_now_us + 1000000;
    play(&scene, "", 0);
    assert_string_equal(script_trace, "0 0:cased 500 0:plain");
    assert_string_equal(scene.outcome, "timeout no answer");
    scarce_from_us = 0;
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whom_it_goes_to_and_when),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_doubtful_datagrams),
        cmocka_unit_test(test_confirming_that_there_is_nothing),
        cmocka_unit_test(test_what_the_system_refuses),
        cmocka_unit_test(test_without_memory_for_another_query_it_waits_for_those_that_were_sent),
    };
    return cmocka_run_group_tests_name("question", tests, NULL, NULL);
}
