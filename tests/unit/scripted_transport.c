/* SPDX-License-Identifier: BSD-2-Clause */
/* scripted_transport.c: sends nothing, and calls back from the loop's turn, as dns/transport.h promises. */
#include "scripted_transport.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNNING_MAX 64
#define MESSAGE_MAX 200

uint64_t script_now_us;
char script_trace[2000];

static uint64_t begin_us;
static const char *script;

uint64_t clock_now_us(void)
{
    return script_now_us;
}

uint64_t clock_coarse_us(struct clock_sleep *sleep)
{
    (void)sleep;
    return script_now_us;
}

struct transport {
    struct transports *all;
    size_t upstream;
    bool is_over_tcp;
    bool is_stream;
};

/* An attempt that is to be answered. */
struct pending {
    struct transport_attempt *attempt; /* NULL: free */
    struct loop_timer timer;
    struct transports *all;
    char what[20];
};

struct transports {
    const struct memory *memory;
    struct loop *loop;
    size_t running;
    unsigned sent[UPSTREAMS_MAX][4]; /* by upstream and word of the script */
    struct pending pending[RUNNING_MAX];
    struct transport item[UPSTREAMS_MAX][2];
};

void script_begin(const char *text)
{
    script = text;
    script_trace[0] = '\0';
    begin_us = script_now_us;
}

/* --- what is answered --- */

static const char *form_of(const struct transport *transport, const struct transport_attempt *attempt)
{
    if (transport->is_over_tcp)
        return "tcp";
    if (attempt->keeps_case)
        return "cased";
    return attempt->has_opt ? "lower" : "plain";
}

static bool fits(const char *word, size_t upstream, const char *form)
{
    char wanted[40], any[40];
    snprintf(wanted, sizeof(wanted), "%zu:%s=", upstream, form);
    snprintf(any, sizeof(any), "%zu:any=", upstream);
    return strncmp(word, wanted, strlen(wanted)) == 0 || strncmp(word, any, strlen(any)) == 0;
}

/* The answer number `index` of "records,servfail rest", or the last one. */
static void pick(const char *list, unsigned index, char what[20])
{
    for (; index > 0 && list[strcspn(list, ", ")] == ','; index--)
        list += strcspn(list, ",") + 1;
    snprintf(what, 20, "%.*s", (int)strcspn(list, ", "), list);
}

static void find_answer(struct transport *transport, const struct transport_attempt *attempt, char what[20])
{
    static const char *const forms[] = {"cased", "lower", "plain", "tcp"};
    const char *form = form_of(transport, attempt);
    size_t number = 0;
    while (strcmp(forms[number], form) != 0)
        number++;
    unsigned index = transport->all->sent[transport->upstream][number]++;
    snprintf(what, 20, "silent");
    for (const char *word = script; *word != '\0'; word += strspn(word, " ")) {
        if (fits(word, transport->upstream, form)) {
            pick(strchr(word, '=') + 1, index, what);
            return;
        }
        word += strcspn(word, " ");
    }
}

/* --- messages --- */

struct octets {
    uint8_t octets[MESSAGE_MAX];
    size_t size;
};

static void put(struct octets *message, const void *octets, size_t size)
{
    memcpy(message->octets + message->size, octets, size);
    message->size += size;
}

static void put_question(struct octets *message, const char *name, uint16_t type)
{
    const uint8_t rest[] = {0, (uint8_t)(type >> 8), (uint8_t)type, 0, 1};
    while (*name != '\0') {
        uint8_t length = (uint8_t)strcspn(name, ".");
        put(message, &length, 1);
        put(message, name, length);
        name += length + (name[length] == '.');
    }
    put(message, rest, sizeof(rest));
}

static void write_message(struct octets *message, const struct transport_attempt *attempt, const char *what)
{
    static const uint8_t mx[] = {0xc0, 12, 0, 15, 0, 1, 0, 0, 1, 0, 0, 6, 0, 10, 1, 'a', 0xc0, 12};
    static const uint8_t other[] = {0xc0, 12, 0, 15, 0, 1, 0, 0, 1, 0, 0, 6, 0, 10, 1, 'b', 0xc0, 12};
    static const uint8_t soa[] = {0xc0, 12, 0, 6, 0, 1, 0, 0, 1, 0, 0, 22, 0, 0, 0, 0, 0,
                                  1,    0,  0, 0, 1, 0, 0, 0, 1, 0, 0, 0,  1, 0, 0, 0, 1};
    static const struct {
        const char *what;
        uint8_t rcode;
        const uint8_t *answer;
        bool has_soa;
    } kinds[] = {{"records", 0, mx, false},    {"doubted", 0, mx, false},   {"other", 0, other, false},
                 {"nodata", 0, NULL, true},    {"empty", 0, NULL, false},   {"nxdomain", 3, NULL, true},
                 {"servfail", 2, NULL, false}, {"refused", 5, NULL, false}, {"formerr", 1, NULL, false}};
    size_t kind = 0;
    while (strcmp(kinds[kind].what, what) != 0)
        kind++;
    const uint8_t header[] = {
        0, 0, 0x81, (uint8_t)(0x80 | kinds[kind].rcode), 0, 1, 0, kinds[kind].answer != NULL, 0, kinds[kind].has_soa,
        0, 0};
    message->size = 0;
    put(message, header, sizeof(header));
    put_question(message, attempt->name, attempt->type);
    if (kinds[kind].answer != NULL)
        put(message, kinds[kind].answer, sizeof(mx));
    if (kinds[kind].has_soa)
        put(message, soa, sizeof(soa));
}

/* --- attempts --- */

static struct pending *pending_of(const struct transport_attempt *attempt)
{
    for (size_t i = 0; i < RUNNING_MAX; i++) {
        if (attempt->transport->all->pending[i].attempt == attempt)
            return &attempt->transport->all->pending[i];
    }
    abort();
}

static void end(struct pending *pending)
{
    loop_timer_clear(pending->all->loop, &pending->timer);
    pending->attempt->is_running = false;
    pending->attempt = NULL;
    pending->all->running--;
}

static void on_timer(void *user)
{
    struct pending *pending = user;
    struct transport_attempt *attempt = pending->attempt;
    const char *what = pending->what;
    struct octets message;
    if (strcmp(what, "silent") == 0)
        return;
    if (strcmp(what, "doubted") == 0) {
        write_message(&message, attempt, what);
        attempt->doubted(attempt, message.octets, message.size);
        return;
    }
    end(pending);
    if (strcmp(what, "truncated") == 0) {
        attempt->truncated(attempt);
    } else if (strcmp(what, "malformed") == 0) {
        attempt->ended(attempt, TRANSPORT_MALFORMED, NULL, 0, "malformed answer");
    } else if (strcmp(what, "unreachable") == 0) {
        attempt->ended(attempt, TRANSPORT_UNREACHABLE, NULL, 0, "connection refused");
    } else {
        write_message(&message, attempt, what);
        attempt->ended(attempt, TRANSPORT_ANSWERED, message.octets, message.size, NULL);
    }
}

static bool is_refused(const char *what, enum transport_sending *sending)
{
    static const struct {
        const char *what;
        enum transport_sending sending;
    } kinds[] = {{"no-descriptor", TRANSPORT_NO_DESCRIPTOR},
                 {"no-memory", TRANSPORT_NO_MEMORY},
                 {"busy", TRANSPORT_BUSY},
                 {"no-route", TRANSPORT_NO_ROUTE}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        *sending = kinds[i].sending;
        if (strcmp(kinds[i].what, what) == 0)
            return true;
    }
    return false;
}

static void write_down(const struct transport *transport, const struct transport_attempt *attempt, const char *what)
{
    enum transport_sending sending;
    size_t length = strlen(script_trace);
    const char *form = attempt->keeps_case ? "cased" : attempt->has_opt ? "lower" : "plain";
    snprintf(script_trace + length, sizeof(script_trace) - length, "%s%llu %zu:%s%s%s%s", length > 0 ? " " : "",
             (unsigned long long)(script_now_us - begin_us) / 1000, transport->upstream, form,
             transport->is_over_tcp ? "/tcp" : "", attempt->needs_own && transport->is_stream ? "/own" : "",
             is_refused(what, &sending) ? "/not" : "");
}

enum transport_sending transport_ask(struct transport *transport, struct transport_attempt *attempt,
                                     uint64_t timeout_us)
{
    struct transports *all = transport->all;
    enum transport_sending sending;
    char what[20];
    (void)timeout_us;
    find_answer(transport, attempt, what);
    write_down(transport, attempt, what);
    if (is_refused(what, &sending))
        return sending;
    struct pending *pending = all->pending;
    while (pending->attempt != NULL)
        pending++;
    attempt->transport = transport;
    attempt->is_running = true;
    all->running++;
    *pending = (struct pending){.attempt = attempt, .all = all, .timer = {.fire = on_timer, .user = pending}};
    snprintf(pending->what, sizeof(pending->what), "%s", what);
    if (loop_timer_set(all->loop, &pending->timer, script_now_us + SCRIPT_DELAY_US) != 0)
        abort();
    return TRANSPORT_SENT;
}

void transport_cancel(struct transport_attempt *attempt)
{
    if (attempt->is_running)
        end(pending_of(attempt));
}

void transport_leave_stream(struct transport_attempt *attempt)
{
    (void)attempt;
}

bool transport_is_stream(const struct transport *transport)
{
    return transport->is_stream;
}

struct transports *transports_new(const struct memory *memory, struct loop *loop, const struct upstreams *upstreams,
                                  bool asks_ad)
{
    struct transports *transports = memory_zalloc(memory, 1, sizeof(*transports));
    (void)asks_ad;
    if (transports == NULL)
        return NULL;
    transports->memory = memory;
    transports->loop = loop;
    for (size_t i = 0; i < upstreams->count; i++) {
        bool is_udp = upstreams->item[i].transport == UPSTREAM_UDP;
        transports->item[i][false] = (struct transport){transports, i, false, !is_udp};
        transports->item[i][true] = (struct transport){transports, i, true, true};
    }
    return transports;
}

void transports_free(struct transports *transports)
{
    memory_free(transports->memory, transports);
}

struct transport *transports_get(struct transports *transports, size_t index, bool is_over_tcp)
{
    return &transports->item[index][is_over_tcp];
}

size_t transports_running(const struct transports *transports)
{
    return transports->running;
}
