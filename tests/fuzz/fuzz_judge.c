/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_judge.c: whatever DNS says, a lookup ends with facts that are whole, and that mean the same wherever their block
 * is copied to; any options make of them a verdict that agrees with the reason and with what was said, the same each
 * time, told in words that fit. The data are two sets of options, an address, and the answers (see message.h). */
#include "check.h"
#include "octet_resolver.h"
#include "octets.h"
#include "rules.h"

#include "base/clock.h"
#include "base/memory.h"
#include "facts/lookup.h"
#include "facts/sound.h"
#include "judge/form.h"
#include "judge/policy.h"
#include "words/explain.h"

#include <stdlib.h>
#include <string.h>

#define FORGERIES 24

/* --- memory that may run out --- */

struct scarce {
    unsigned asked;
    unsigned fails_at; /* the number of the call that gets nothing; 0: none */
};

static void *take(size_t size, void *user)
{
    struct scarce *scarce = user;
    return ++scarce->asked == scarce->fails_at ? NULL : malloc(size);
}

static void *retake(void *block, size_t size, void *user)
{
    struct scarce *scarce = user;
    return ++scarce->asked == scarce->fails_at ? NULL : realloc(block, size);
}

static void give(void *block, void *user)
{
    (void)user;
    free(block);
}

/* --- options --- */

static void set(struct options *options, const char *name, const char *value)
{
    char error[512];
    demand(options_set(options, &memory_libc, name, value, error, sizeof(error)) == MXCHECK_OK);
}

static void make_bounds(struct options *options, struct octets *octets)
{
    static const uint32_t most_ms[] = {3600000, 1000, 604800000, 60500};
    static const uint32_t least_ms[] = {5000, 0, 3600000, 1001};
    static const uint32_t negative_ms[] = {900000, 0, 86400000, 1999};
    static const uint32_t failure_ms[] = {5000, 0, 300000, 999};
    unsigned bits = octets_take(octets);
    options->cache_max_ttl_ms = most_ms[bits & 3];
    options->cache_min_ttl_ms = least_ms[bits >> 2 & 3];
    options->cache_negative_ttl_ms = negative_ms[bits >> 4 & 3];
    options->cache_failure_ttl_ms = failure_ms[bits >> 6 & 3];
}

static void make_lists(struct options *options, unsigned bits)
{
    static const char *const networks[] = {"bogons", "none", "0.0.0.0/1, 8000::/1", "bogons, ::/0"};
    set(options, "forbidden-networks", networks[bits & 3]);
    if ((bits & 4) != 0)
        set(options, "exempt-domains", "exempt.example");
    if ((bits & 16) != 0)
        set(options, "refused-hosts", ".a.example, h*.example.com, *c.example, xn--*.*");
    if ((bits & 32) != 0)
        set(options, "required-hosts", ".example, *");
    if ((bits & 64) != 0)
        set(options, "reject-notes", "dotless mx-is-literal mx-refused-some limit-reached null-mx");
    if ((bits & 128) != 0)
        set(options, "outage-threshold", "1%");
    if ((bits & 8) == 0)
        return;
    set(options, "reply.no-such-domain.rcpt", "550 5.1.2 {id} {hint} {reason} {domain} {address}");
    set(options, "reply.dns-failure.sender", "451 4.4.3 {hint} {hint} {hint} {address} {domain} {id}");
    set(options, "reply.mx-forbidden.rcpt", "550 5.7.1 {hint}");
    set(options, "reply.mx.sender", "250 2.1.0 {id}");
}

/* Five octets. */
static void make_options(struct options *options, struct octets *octets)
{
    options_init(options);
    unsigned bits = octets_take(octets);
    options->depth = (bits & 1) != 0 ? DEPTH_TARGETS : DEPTH_RECORDS;
    options->nxdomain = (bits & 2) != 0 ? NXDOMAIN_FINAL : NXDOMAIN_CONFIRM;
    options->query_special_use = (bits & 4) != 0;
    options->trusts_ad = (bits & 8) != 0;
    options->reply_profile = (bits & 16) != 0 ? REPLY_PROFILE_RFC : REPLY_PROFILE_DOCUMENTED;
    options->reply_hints = (bits & 64) != 0;
    options->retry_after_ms = (bits & 32) != 0 ? 0 : 60000;
    bits = octets_take(octets);
    options->implicit_mx = (enum implicit_mx)((bits & 3) % 3);
    options->null_mx = (enum null_mx)((bits >> 2 & 3) % 3);
    options->on_dns_failure = (enum on_dns_failure)((bits >> 4 & 3) % 3);
    options->max_targets = octets_take(octets) % 64 + 1;
    make_bounds(options, octets);
    make_lists(options, octets_take(octets));
}

/* --- a lookup --- */

struct finishing {
    bool is_done;
    struct facts *facts;
};

static void on_facts(void *user, struct facts *facts)
{
    struct finishing *finishing = user;
    demand(!finishing->is_done);
    finishing->is_done = true;
    finishing->facts = facts;
}

/* As the engine has it. */
static struct lookup_wants wants_of(const struct options *options)
{
    struct targets_wants targets = {.most = options->depth == DEPTH_TARGETS ? options->max_targets : 0,
                                    .forbidden = options->forbidden,
                                    .refused = options->refused_hosts,
                                    .required = options->required_hosts,
                                    .skips_special_use = !options->query_special_use,
                                    .patience_us = (uint64_t)options->retry_after_ms * 1000};
    return (struct lookup_wants){.a = policy_wants_address_question(options, FACTS_A),
                                 .aaaa = policy_wants_address_question(options, FACTS_AAAA),
                                 .confirm_nxdomain = options->nxdomain == NXDOMAIN_CONFIRM,
                                 .dnssec = options->trusts_ad,
                                 .targets = targets};
}

static struct loop *the_loop(void)
{
    static struct loop *loop;
    mxcheck_status status;
    if (loop == NULL)
        loop = loop_new(&memory_libc, &status);
    demand(loop != NULL);
    return loop;
}

/* Gives the facts, NULL when memory ran out. */
static struct facts *look_up(const struct options *options, const struct memory *memory, const char *domain,
                             struct octets *octets, bool *has_timed_out)
{
    struct finishing finishing = {false, NULL};
    struct lookup_wants wants = wants_of(options);
    struct octet_resolver resolver;
    struct lookup *lookup;
    octet_resolver_init(&resolver, the_loop(), memory, octets);
    resolver.is_believed = options->trusts_ad;
    uint64_t deadline_us = clock_now_us() + 1000000;
    bool is_begun =
        lookup_start(memory, &resolver.base, domain, &wants, deadline_us, on_facts, &finishing, &lookup) == 0;
    for (unsigned turns = 0; is_begun && !finishing.is_done; turns++) {
        demand(turns < 10000);
        loop_turn(the_loop(), 0);
    }
    *has_timed_out = resolver.has_timed_out;
    octet_resolver_clear(&resolver);
    return finishing.facts;
}

/* --- judging --- */

static void check_same(const struct judgement *a, const struct judgement *b)
{
    demand(a->reason == b->reason && a->verdict == b->verdict && a->failure == b->failure && a->notes == b->notes);
    demand(a->dnssec == b->dnssec && a->hold_ms == b->hold_ms && a->until_us == b->until_us && a->ttl_s == b->ttl_s);
}

/* All of it where it is short, or else its beginning. */
static void check_same_json(const struct options *options, const struct judgement *a, const struct judgement *b)
{
    char one[10000];
    char other[10000];
    demand(explain_json(options, a, NULL, one, sizeof(one)) == explain_json(options, b, NULL, other, sizeof(other)));
    demand(strcmp(one, other) == 0);
}

/* What was judged before leaves no trace. */
static void check_again(const struct options *options, const struct facts *facts, const struct judgement *judgement)
{
    struct judgement again = *judgement;
    again.reason = MXCHECK_REASON_OVERLOADED;
    again.failure = FACTS_BOGUS;
    again.notes = UINT32_MAX;
    again.hold_ms = 12345;
    policy_judge_facts(options, facts, &again);
    check_same(judgement, &again);
}

/* Judge a copy, in a block of just its size, and tell all of it. */
static void check_copy(const struct options *options, const struct facts *facts, const struct judgement *judgement)
{
    struct judgement again = *judgement;
    struct facts *copy = malloc(facts->size);
    demand(copy != NULL);
    memcpy(copy, facts, facts->size);
    demand(policy_is_answered(options, copy) == policy_is_answered(options, facts));
    policy_judge_facts(options, copy, &again);
    check_same(judgement, &again);
    check_same_json(options, judgement, &again);
    check_wording(options, &again, "piWs1j0010jifNx01iWsdh");
    free(copy);
}

static void judge(const struct options *options, const struct facts *facts, const struct judgement *open)
{
    struct judgement judgement = *open;
    policy_judge_facts(options, facts, &judgement);
    rules_check_verdict(options, &judgement);
    check_again(options, facts, &judgement);
    check_copy(options, facts, &judgement);
}

/* --- facts that somebody else may have written --- */

static uint64_t mix(uint64_t word)
{
    word += UINT64_C(0x9e3779b97f4a7c15);
    word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return word ^ word >> 27;
}

/* What can be facts is judged and told, true or not, in a block of just its size. */
static void judge_forged(const struct options *options, const void *octets, size_t size, const struct judgement *open)
{
    struct judgement judgement = *open;
    const struct facts *facts = octets;
    if (!facts_are_sound(facts, size) || !policy_is_answered(options, facts))
        return;
    policy_judge_facts(options, facts, &judgement);
    check_wording(options, &judgement, "piWs1j0010jifNx01iWsdh");
}

static void forge(const struct options *options, const struct facts *facts, const struct judgement *open)
{
    static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff, '\n'};
    unsigned char *forged = malloc(facts->size);
    demand(forged != NULL);
    uint64_t seed = facts->size;
    for (size_t i = 0; i < facts->size; i++)
        seed = mix(seed ^ ((const unsigned char *)facts)[i]);
    for (unsigned i = 0; i < FORGERIES; i++) {
        memcpy(forged, facts, facts->size);
        for (unsigned changes = 1 + i % 3; changes > 0; changes--) {
            seed = mix(seed);
            unsigned char *octet = &forged[(seed >> 8) % facts->size];
            unsigned value = (seed & 1) != 0 ? values[(seed >> 40) % sizeof(values)] : *octet ^ 1U << (seed >> 40 & 7);
            *octet = (unsigned char)value;
        }
        judge_forged(options, forged, facts->size, open);
    }
    free(forged);
}

/* By the options that asked, whose questions are answered then, and by those of another. */
static void judge_all(const struct options options[2], const struct facts *facts, bool has_timed_out,
                      const struct judgement *open)
{
    rules_check_block(facts, open->domain);
    demand(facts_are_sound(facts, facts->size));
    forge(&options[1], facts, open);
    demand(has_timed_out || policy_is_answered(&options[0], facts));
    judge(&options[0], facts, open);
    judge(&options[1], facts, open);
}

/* --- addresses --- */

#define A60 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const char *choose_address(unsigned index)
{
    static const char *const addresses[] = {
        "u@a.example",
        "u@sub.a.example",
        "u@dotless",
        "u@_under.example",
        "u@xn--bcher-kva.example",
        "\"a b\\\\\\\"{hint}\"@b.example",
        "u@" A60 "." A60 "." A60 "." A60 ".example",
        A60 A60 A60 A60 A60 A60 A60 A60 A60 "@" A60 "." A60 "." A60 "." A60 ".example",
        "<@relay.example:u@c.example>",
        "\xc3\xbc\xf0\x9f\x93\xa7@\xc3\xbc.example",
        "u@com",
        "u@h.example.com",
    };
    return addresses[index % (sizeof(addresses) / sizeof(addresses[0]))];
}

static void look_up_and_judge(const struct options options[2], unsigned bits, unsigned fails_at, struct octets *octets)
{
    struct judgement open;
    struct address address;
    struct scarce scarce = {.fails_at = fails_at};
    struct memory memory = {take, retake, give, &scarce};
    bool has_timed_out;
    const char *text = choose_address(bits & 0x7f);
    memset(&open, 0, sizeof(open));
    open.address = text;
    open.address_length = strlen(text);
    demand(address_parse(text, strlen(text), &address) == 0 && address.kind == ADDRESS_DOMAIN);
    demand(!form_judge(&options[0], &address, (bits & 0x80) != 0 ? MXCHECK_ROLE_SENDER : MXCHECK_ROLE_RCPT, &open));
    struct facts *facts = look_up(&options[0], &memory, address.domain, octets, &has_timed_out);
    demand(facts != NULL || scarce.asked >= fails_at);
    if (facts != NULL) {
        facts->was_outage = options[0].outage_threshold > 0;
        judge_all(options, facts, has_timed_out, &open);
    }
    facts_unref(facts, &memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct octets octets = {data, size};
    struct options options[2];
    make_options(&options[0], &octets);
    make_options(&options[1], &octets);
    unsigned bits = octets_take(&octets);
    unsigned fails_at = octets_take(&octets);
    look_up_and_judge(options, bits, fails_at, &octets);
    options_clear(&options[0], &memory_libc);
    options_clear(&options[1], &memory_libc);
    return 0;
}
