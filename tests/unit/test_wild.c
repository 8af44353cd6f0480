/* SPDX-License-Identifier: BSD-2-Clause */
/* test_wild.c: whatever DNS says, facts hold it as it was said within their block, and what is told of it is printable
 * ASCII, within its bounds, and JSON where it should be. Everything is drawn by chance, the same every time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "facts/draft.h"
#include "judge/policy.h"
#include "options/reasons.h"
#include "words/advice.h"
#include "words/explain.h"
#include "words/reply.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIALS 4000

static uint64_t seed;

static unsigned draw(unsigned most)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % most;
}

/* --- what is drawn --- */

/* Any octets but NUL, in the presentation form of a name or worse. */
static const char *draw_text(void)
{
    static const char *const nasty[] = {
        "{id}",      "{hint}",    "%s%n",         "\"quoted\"",       "a\\\"b",           "\r\n250 ok",
        "\xff\xfe",  "\xc3\xbc",  "\xed\xa0\x80", "\xf4\x90\x80\x80", "mail.example.com", ".",
        "192.0.2.1", "localhost", "\\000\\255",   "\x7f\x1b[2J"};
    static char text[1100];
    size_t length = 0;
    switch (draw(4)) {
    case 0:
        return "";
    case 1:
        return nasty[draw(sizeof(nasty) / sizeof(nasty[0]))];
    case 2:
        length = draw(2) == 0 ? 1004 : draw(255);
        for (size_t i = 0; i < length; i++)
            text[i] = (char)(1 + draw(255));
        break;
    default:
        length = draw(30);
        memset(text, 'a' + (int)draw(26), length);
    }
    text[length] = '\0';
    return text;
}

static void draw_answer(struct draft *draft, struct facts_answer *answer, enum facts_question question)
{
    uint8_t octets[FACTS_ADDRESSES_MAX * 16];
    *answer = facts_not_asked;
    answer->outcome = (uint8_t)draw(7);
    if (answer->outcome == FACTS_NOT_ASKED)
        return;
    answer->ttl_s = draw(3) == 0 ? UINT32_MAX : draw(1000);
    answer->elapsed_us = draw(1000000);
    answer->rcode = (int16_t)(draw(4096) - 1U);
    answer->error_code = draw(2) == 0 ? -1 : (int32_t)draw(draw(2) == 0 ? 40 : 65536);
    answer->dnssec = (uint8_t)draw(4);
    answer->upstream = draft_put(draft, draw_text());
    answer->alias = draft_put(draft, draw_text());
    answer->failure = draft_put(draft, draw_text());
    answer->error_text = draft_put(draft, draw_text());
    if (answer->outcome == FACTS_NODATA || answer->outcome == FACTS_NXDOMAIN)
        answer->zone = draft_put(draft, draw_text());
    if (answer->outcome != FACTS_RECORDS)
        return;
    answer->count = (uint16_t)(1 + draw(draw(8) == 0 ? 60000 : 40));
    if (question == FACTS_MX)
        return;
    unsigned kept = answer->count < FACTS_ADDRESSES_MAX ? answer->count : FACTS_ADDRESSES_MAX;
    bool is_forbidden = draw(2) == 0;
    for (size_t i = 0; i < sizeof(octets); i++)
        octets[i] = (uint8_t)(is_forbidden ? 0 : draw(256));
    answer->addresses = draft_put_octets(draft, octets, kept * facts_address_size(question));
}

static void draw_draft(struct draft *draft)
{
    unsigned hosts = draw(draw(3) == 0 ? 1000 : draw(2) == 0 ? 3 : 20);
    draft_init(draft, &memory_libc);
    for (int i = 0; i < FACTS_QUESTIONS; i++)
        draw_answer(draft, &draft->answer[i], (enum facts_question)i);
    if (draft->answer[FACTS_MX].outcome != FACTS_RECORDS)
        return;
    for (unsigned i = 0; i < hosts; i++) {
        uint16_t preference = (uint16_t)draw(draw(2) == 0 ? 3 : 65536);
        uint32_t ttl_s = draw(1000);
        draft_add_mx(draft, preference, ttl_s, draw_text());
    }
    draft_choose_targets(draft, draw(4) == 0 ? 0 : 1 + draw(DRAFT_TARGETS_MAX));
    for (size_t i = 0; i < draft->target_count; i++) {
        for (int j = 0; j < 2; j++)
            draw_answer(draft, &draft->targets[i].answer[j], (enum facts_question)(FACTS_A + j));
    }
}

static void draw_options(struct options *options)
{
    static const struct networks *const forbidden[] = {NULL, &networks_bogons};
    options_init(options);
    options->depth = (enum depth)draw(2);
    options->max_targets = 1 + draw(64);
    options->forbidden = forbidden[draw(2)];
    options->implicit_mx = (enum implicit_mx)draw(3);
    options->null_mx = (enum null_mx)draw(3);
    options->nxdomain = (enum nxdomain)draw(2);
    options->query_special_use = draw(2) == 0;
    options->on_dns_failure = (enum on_dns_failure)draw(3);
    options->trusts_ad = draw(2) == 0;
}

/* --- facts hold what was said --- */

static void assert_same_answer(const struct draft *draft, const struct facts *facts, const struct facts_answer *drafted,
                               const struct facts_answer *packed, enum facts_question question)
{
    assert_int_equal(drafted->outcome, packed->outcome);
    if (drafted->outcome == FACTS_NOT_ASKED)
        return;
    assert_string_equal(draft_text(draft, drafted->upstream), facts_text(facts, packed->upstream));
    assert_string_equal(draft_text(draft, drafted->alias), facts_text(facts, packed->alias));
    assert_string_equal(draft_text(draft, drafted->failure), facts_text(facts, packed->failure));
    assert_string_equal(draft_text(draft, drafted->error_text), facts_text(facts, packed->error_text));
    if (drafted->outcome == FACTS_NODATA || drafted->outcome == FACTS_NXDOMAIN)
        assert_string_equal(draft_text(draft, drafted->zone), facts_zone(facts, packed));
    assert_int_equal(facts_address_count(drafted), facts_address_count(packed));
    if (facts_address_count(packed) > 0)
        assert_memory_equal(draft->texts + drafted->addresses, facts_address(facts, question, packed, 0),
                            facts_address_count(packed) * facts_address_size(question));
}

static void assert_same(const struct draft *draft, const struct facts *facts)
{
    for (int i = 0; i < FACTS_QUESTIONS; i++)
        assert_same_answer(draft, facts, &draft->answer[i], facts_answer(facts, (enum facts_question)i),
                           (enum facts_question)i);
    assert_int_equal(facts->mx_count, draft->mx_count);
    for (size_t i = 0; i < facts->mx_count; i++) {
        assert_string_equal(draft_text(draft, draft->mx[i].host), facts_text(facts, facts_mx(facts)[i].host));
        assert_int_equal(draft->mx[i].preference, facts_mx(facts)[i].preference);
    }
    assert_int_equal(facts->target_count, draft->target_count);
    for (size_t i = 0; i < facts->target_count; i++) {
        const struct facts_target *target = &facts_targets(facts)[i];
        assert_string_equal(draft_text(draft, draft->targets[i].host), facts_text(facts, target->host));
        for (int j = FACTS_A; j <= FACTS_AAAA; j++)
            assert_same_answer(draft, facts, &draft->targets[i].answer[j - FACTS_A],
                               facts_target_answer(facts, target, (enum facts_question)j), (enum facts_question)j);
    }
}

/* In a block of its size alone, so that a sanitizer sees what is read past it. */
static struct facts *draw_facts(void)
{
    struct draft draft;
    draw_draft(&draft);
    struct facts *facts = draft_seal(&draft, "domain.example.com", 0, 1000000);
    assert_non_null(facts);
    assert_same(&draft, facts);
    draft_clear(&draft);
    struct facts *copy = malloc(facts->size);
    assert_non_null(copy);
    memcpy(copy, facts, facts->size);
    facts_unref(facts, &memory_libc);
    return copy;
}

/* --- JSON, as RFC 8259 has it --- */

static bool skip_value(const char **p);

static bool skip_string(const char **p)
{
    if (*(*p)++ != '"')
        return false;
    for (; **p != '"'; (*p)++) {
        if (**p < 0x20 || **p >= 0x7f)
            return false;
        if (**p != '\\')
            continue;
        (*p)++;
        if (**p == 'u') {
            for (int i = 0; i < 4; i++) {
                if (!isxdigit((unsigned char)*++*p))
                    return false;
            }
        } else if (**p == '\0' || strchr("\"\\/bfnrt", **p) == NULL) {
            return false;
        }
    }
    (*p)++;
    return true;
}

static bool skip_items(const char **p, char end, bool has_keys)
{
    (*p)++;
    if (**p == end) {
        (*p)++;
        return true;
    }
    for (;; (*p)++) {
        if (has_keys && (!skip_string(p) || *(*p)++ != ':'))
            return false;
        if (!skip_value(p))
            return false;
        if (**p != ',')
            return *(*p)++ == end;
    }
}

static bool skip_value(const char **p)
{
    static const char *const words[] = {"true", "false", "null"};
    if (**p == '{')
        return skip_items(p, '}', true);
    if (**p == '[')
        return skip_items(p, ']', false);
    if (**p == '"')
        return skip_string(p);
    for (int i = 0; i < 3; i++) {
        if (strncmp(*p, words[i], strlen(words[i])) == 0) {
            *p += strlen(words[i]);
            return true;
        }
    }
    *p += **p == '-';
    size_t digits = strspn(*p, "0123456789");
    bool is_number = digits > 0 && (digits == 1 || **p != '0');
    *p += digits;
    return is_number;
}

static bool is_json(const char *text)
{
    return *text == '{' && skip_value(&text) && *text == '\0';
}

static bool is_printable(const char *text, bool has_lines)
{
    for (; *text != '\0'; text++) {
        if ((*text < 0x20 || *text >= 0x7f) && !(has_lines && *text == '\n'))
            return false;
    }
    return true;
}

/* --- what is told --- */

/* Write into a block that has just the room that was asked for. */
static char *write_whole(size_t (*write)(const struct options *, const struct judgement *, char *, size_t),
                         const struct options *options, const struct judgement *judgement)
{
    size_t length = write(options, judgement, NULL, 0);
    char *text = malloc(length + 1);
    assert_non_null(text);
    assert_int_equal(write(options, judgement, text, length + 1), length);
    assert_int_equal(strlen(text), length);
    return text;
}

static size_t write_story(const struct options *options, const struct judgement *judgement, char *buffer, size_t size)
{
    return explain_write(options, judgement, NULL, buffer, size);
}

static size_t write_json(const struct options *options, const struct judgement *judgement, char *buffer, size_t size)
{
    return explain_json(options, judgement, NULL, buffer, size);
}

static size_t write_reply(const struct options *options, const struct judgement *judgement, char *buffer, size_t size)
{
    return reply_write(options, judgement, "4bXy{hint}\r\n9", buffer, size);
}

static void check_words(struct options *options, const struct judgement *judgement)
{
    char *hint = write_whole(advice_write, options, judgement);
    char *story = write_whole(write_story, options, judgement);
    char *json = write_whole(write_json, options, judgement);
    char *reply = write_whole(write_reply, options, judgement);
    assert_true(strlen(hint) <= ADVICE_MAX && is_printable(hint, false));
    assert_true(is_printable(story, true));
    assert_true(is_printable(json, false) && is_json(json));
    assert_true(strlen(reply) <= 510 && is_printable(reply, false));
    assert_int_equal(reply[0] - '0', reply_code(options, judgement) / 100);
    free(hint);
    free(story);
    free(json);
    free(reply);
}

static void test_whatever_dns_says_is_kept_and_told_within_bounds(void **state)
{
    static const char *const lines[] = {"", "{id} {hint} {hint} {hint} {domain} {address} {address} {address}",
                                        "{hint}{hint}{reason}{id}{id}"};
    unsigned seen[256] = {0}, reasons = 0;
    (void)state;
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        struct options options;
        char address[400] = "", line[200];
        seed = trial;
        draw(2);
        struct facts *facts = draw_facts();
        draw_options(&options);
        strncat(address, draw_text(), 300);
        struct judgement judgement = {.role = (mxcheck_role)(1 + draw(2)),
                                      .domain = "domain.example.com",
                                      .domain_length = strlen("domain.example.com"),
                                      .address = address,
                                      .address_length = strlen(address),
                                      .rule = "",
                                      .fault = ""};
        policy_judge_facts(&options, facts, &judgement);
        assert_true(judgement.verdict >= MXCHECK_VERDICT_ACCEPT && judgement.verdict <= MXCHECK_VERDICT_REJECT);
        seen[judgement.reason]++;
        const char *form = lines[draw(3)];
        char class = judgement.verdict == MXCHECK_VERDICT_ACCEPT  ? '2'
                     : judgement.verdict == MXCHECK_VERDICT_DEFER ? '4'
                                                                  : '5';
        if (form[0] != '\0' && reasons_verdict(judgement.reason) == judgement.verdict) {
            char error[512];
            const char *role = judgement.role == MXCHECK_ROLE_SENDER ? "sender" : "rcpt";
            char name[64];
            snprintf(name, sizeof(name), "reply.%s.%s", reasons_word(judgement.reason), role);
            snprintf(line, sizeof(line), "%c50 %c.1.1 %s", class, class, form);
            assert_int_equal(options_set(&options, &memory_libc, name, line, error, sizeof(error)), MXCHECK_OK);
        }
        check_words(&options, &judgement);
        options_clear(&options, &memory_libc);
        free(facts);
    }
    for (size_t i = 0; i < 256; i++)
        reasons += seen[i] > 0;
    assert_int_equal(reasons, 12); /* all that DNS decides */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whatever_dns_says_is_kept_and_told_within_bounds),
    };
    return cmocka_run_group_tests_name("wild", tests, NULL, NULL);
}
