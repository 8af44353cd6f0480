/* SPDX-License-Identifier: BSD-2-Clause */
/* work.c: one hostile answer on the whole of its way through the library: walked, read, made facts of, judged.
 *
 *     work SHAPE      prints the octets of the message; take_answer() is what callgrind is to count
 *     work            prints the names of all shapes */
#include "base/clock.h"
#include "base/memory.h"
#include "facts/lookup.h"
#include "judge/policy.h"
#include "message/answer.h"
#include "message/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 65535
#define NAME "victim.example"

static uint8_t message[MESSAGE_MAX];
static size_t size;
static unsigned counts[3];

static void put(const void *octets, size_t length)
{
    if (length > MESSAGE_MAX - size)
        exit(70);
    memcpy(message + size, octets, length);
    size += length;
}

static void put_u16(unsigned value)
{
    const uint8_t octets[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    put(octets, 2);
}

static bool has_room(size_t length)
{
    return size + length <= MESSAGE_MAX;
}

/* Its labels, without an end. */
static void put_labels(const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, ".");
        const uint8_t octet = (uint8_t)length;
        put(&octet, 1);
        put(text, length);
        text += length + (text[length] == '.');
    }
}

static void put_pointer(size_t target)
{
    put_u16(0xc000U | (unsigned)target);
}

/* Type, class IN, a TTL, and room for a length, whose place is given back. */
static size_t put_fixed(unsigned type)
{
    put_u16(type);
    put_u16(type == 41 ? 1232 : 1);
    put_u16(0);
    put_u16(60);
    put_u16(0);
    return size;
}

static void end_rdata(size_t begin)
{
    message[begin - 2] = (uint8_t)((size - begin) >> 8);
    message[begin - 1] = (uint8_t)(size - begin);
}

static void put_number(unsigned number, const char *tail)
{
    char text[80];
    snprintf(text, sizeof(text), "n%u%s", number, tail);
    put_labels(text);
    put("", 1);
}

static void begin(void)
{
    memset(message, 0, sizeof(message));
    put("\x12\x34\x81\x80\0\1\0\0\0\0\0\0", 12);
    put_labels(NAME);
    put("", 1);
    put_u16(15);
    put_u16(1);
}

static void put_mx(unsigned preference, size_t host)
{
    put_pointer(12);
    size_t rdata = put_fixed(15);
    put_u16(preference);
    put_pointer(host);
    end_rdata(rdata);
    counts[0]++;
}

/* Four labels of 61 octets, that is nearly the longest name; gives where it stands. */
static size_t put_long_host(unsigned number)
{
    char label[64];
    put_pointer(12);
    size_t rdata = put_fixed(15);
    put_u16(number);
    size_t host = size;
    for (int i = 0; i < 4; i++) {
        snprintf(label, sizeof(label), "%06u%055d", number, i);
        put_labels(label);
    }
    put("", 1);
    end_rdata(rdata);
    counts[0]++;
    return host;
}

/* nI CNAME nI+1, the last one first. */
static void cnames(bool is_reversed)
{
    for (unsigned i = 0; has_room(64); i++) {
        unsigned number = is_reversed ? 100000 - i : i;
        if (is_reversed ? false : i == 0)
            put_pointer(12);
        else
            put_number(number, "");
        size_t rdata = put_fixed(5);
        put_number(number + 1, "");
        end_rdata(rdata);
        counts[0]++;
    }
}

static void cnames_in_order(void)
{
    cnames(false);
}

static void cnames_reversed(void)
{
    cnames(true);
}

/* As many aliases as are read, with the longest names, each of which leads to the next. */
static void long_aliases(void)
{
    size_t previous = 12;
    for (unsigned i = 0; i < 64; i++) {
        char label[64];
        put_pointer(previous);
        size_t rdata = put_fixed(5);
        previous = size;
        for (int j = 0; j < 4; j++) {
            snprintf(label, sizeof(label), "%06u%055d", i, j);
            put_labels(label);
        }
        put("", 1);
        end_rdata(rdata);
        counts[0]++;
    }
}

/* Every DNAME is above every name that comes of it. */
static void dnames(void)
{
    for (unsigned i = 0; i < 64; i++) {
        put_labels("example");
        put("", 1);
        size_t rdata = put_fixed(39);
        put_number(i, ".example");
        end_rdata(rdata);
        counts[0]++;
    }
}

static void mx_descending(void)
{
    for (unsigned i = 0; has_room(40); i++) {
        put_pointer(12);
        size_t rdata = put_fixed(15);
        put_u16(65535 - i);
        put_number(i, ".example");
        end_rdata(rdata);
        counts[0]++;
    }
}

static void mx_alike(void)
{
    size_t host = put_long_host(0);
    while (has_room(16))
        put_mx(1, host);
}

/* Each host is another tail of the same names, all of which are long. */
static void mx_compressed(void)
{
    for (unsigned i = 0; i < 8; i++)
        put_long_host(i);
    for (unsigned i = 0; has_room(16); i++)
        put_mx(65535 - i, 12 + 16 + 14 + (i % 8) * 263);
}

/* Hosts that print as four times their octets. */
static void mx_octal(void)
{
    for (unsigned i = 0; has_room(270); i++) {
        uint8_t label[64];
        put_pointer(12);
        size_t rdata = put_fixed(15);
        put_u16(65535 - i);
        memset(label, 0x80 + (int)(i % 64), sizeof(label));
        label[0] = 61;
        for (int j = 0; j < 4; j++)
            put(label, 62);
        put("", 1);
        end_rdata(rdata);
        counts[0]++;
    }
}

/* Records of the type asked whose owners must all be read. */
static void other_owners(void)
{
    size_t hosts[16];
    for (unsigned i = 0; i < 16; i++)
        hosts[i] = put_long_host(i);
    for (unsigned i = 0; has_room(16); i++) {
        put_pointer(hosts[i % 16]);
        size_t rdata = put_fixed(15);
        put_u16(1);
        put_pointer(12);
        end_rdata(rdata);
        counts[0]++;
    }
}

/* Owners with as many labels as a name may have. */
static void many_labels(void)
{
    put_pointer(12);
    size_t rdata = put_fixed(5);
    size_t name = size;
    for (int i = 0; i < 120; i++)
        put("\1a", 2);
    put("", 1);
    end_rdata(rdata);
    counts[0]++;
    while (has_room(20)) {
        put_pointer(name);
        rdata = put_fixed(1);
        put("\300\0\2\1", 4);
        end_rdata(rdata);
        counts[0]++;
    }
}

static void extended_errors(void)
{
    counts[2] = 1;
    put("", 1);
    size_t rdata = put_fixed(41);
    for (unsigned i = 0; has_room(6); i++) {
        put_u16(15);
        put_u16(2);
        put_u16(i % 30);
    }
    end_rdata(rdata);
}

static void additional(void)
{
    put_mx(10, 12);
    while (has_room(32)) {
        put_pointer(12);
        size_t rdata = put_fixed(1);
        put("\300\0\2\1", 4);
        end_rdata(rdata);
        counts[2]++;
    }
}

static void authority(void)
{
    while (has_room(64)) {
        put_pointer(12);
        size_t rdata = put_fixed(6);
        put_pointer(12);
        put_pointer(12);
        put("01234567890123456789", 20);
        end_rdata(rdata);
        counts[1]++;
    }
}

static const struct {
    const char *name;
    void (*build)(void);
} shapes[] = {
    {"cnames-in-order", cnames_in_order},
    {"cnames-reversed", cnames_reversed},
    {"long-aliases", long_aliases},
    {"dnames", dnames},
    {"mx-descending", mx_descending},
    {"mx-alike", mx_alike},
    {"mx-compressed", mx_compressed},
    {"mx-octal", mx_octal},
    {"other-owners", other_owners},
    {"many-labels", many_labels},
    {"extended-errors", extended_errors},
    {"additional", additional},
    {"authority", authority},
};

/* What the library does with a message between its arrival and the verdict. */
struct road {
    struct resolver base; /* first */
    struct resolver_query *handle;
    resolver_cb callback;
    void *user;
    struct loop_timer timer;
    struct facts *facts;
    bool is_done;
    unsigned asked;
};

void take_answer(struct road *road);

/* Kept apart, as callgrind counts by function. */
__attribute__((noinline)) void take_answer(struct road *road)
{
    struct answer answer;
    enum wire_verdict verdict = wire_walk(message, size, -1, NAME, DNS_MX, 0);
    struct dns_answer failure = {.outcome = DNS_FAILURE,
                                 .failure = "malformed answer",
                                 .error_code = -1,
                                 .error_text = "",
                                 .upstream = "",
                                 .alias = "",
                                 .zone = ""};
    road->handle->inner = NULL;
    if (verdict == WIRE_MALFORMED || verdict == WIRE_STRANGER) {
        road->callback(road->user, &failure);
        return;
    }
    if (answer_read(&answer, &memory_libc, message, size, NAME, DNS_MX) != 0)
        exit(71);
    answer.dns.upstream = "127.0.0.1:53";
    road->callback(road->user, &answer.dns);
    answer_clear(&answer);
}

static void on_timer(void *user)
{
    take_answer(user);
}

static int ask(struct resolver *base, const char *name, enum dns_type type, unsigned flags, uint64_t deadline_us,
               resolver_cb callback, void *user, struct resolver_query *handle)
{
    struct road *road = (struct road *)(void *)base;
    (void)name;
    (void)type;
    (void)flags;
    (void)deadline_us;
    road->handle = handle;
    road->callback = callback;
    road->user = user;
    road->asked++;
    road->timer.fire = on_timer;
    road->timer.user = road;
    handle->inner = road;
    return loop_timer_set(base->loop, &road->timer, 0);
}

static void cancel(struct resolver_query *handle)
{
    handle->inner = NULL;
}

static const struct resolver_ops ops = {.ask = ask, .cancel = cancel};

static void on_facts(void *user, struct facts *facts)
{
    struct road *road = user;
    struct options options;
    struct judgement judgement = {.domain = NAME};
    road->is_done = true;
    road->facts = facts;
    options_init(&options);
    if (facts != NULL)
        policy_judge_facts(&options, facts, &judgement);
}

static void finish(void)
{
    for (int i = 0; i < 3; i++) {
        message[6 + 2 * i] = (uint8_t)(counts[i] >> 8);
        message[7 + 2 * i] = (uint8_t)counts[i];
    }
}

int main(int argc, char **argv)
{
    struct road road = {.base = {.ops = &ops}};
    struct lookup_wants wants = {.a = false};
    struct lookup *lookup;
    mxcheck_status status;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (argc < 2)
            puts(shapes[i].name);
        else if (strcmp(shapes[i].name, argv[1]) == 0)
            begin(), shapes[i].build(), finish();
    }
    if (argc < 2)
        return 0;
    road.base.loop = loop_new(&memory_libc, &status);
    if (size == 0 || road.base.loop == NULL ||
        lookup_start(&memory_libc, &road.base, NAME, &wants, clock_now_us() + 60000000, on_facts, &road, &lookup) != 0)
        return 1;
    for (int turns = 0; !road.is_done && turns < 10; turns++)
        loop_turn(road.base.loop, 0);
    printf("%zu %s\n", size,
           road.facts == NULL ? "-"
                              : facts_outcome_name((enum facts_outcome)facts_answer(road.facts, FACTS_MX)->outcome));
    facts_unref(road.facts, &memory_libc);
    loop_free(road.base.loop);
    return 0;
}
