/* SPDX-License-Identifier: BSD-2-Clause */
/* test_reply.c: reply lines, by tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "judge/policy.h"
#include "options/reasons.h"
#include "options/reply_text.h"
#include "words/advice.h"
#include "words/reply.h"

#include <stdio.h>
#include <string.h>

#define SENDER MXCHECK_ROLE_SENDER
#define RCPT MXCHECK_ROLE_RCPT

static struct judgement judged(mxcheck_reason reason, mxcheck_role role)
{
    struct judgement judgement = {.role = role, .reason = reason, .verdict = reasons_verdict(reason)};
    judgement.address = "u@example.com";
    judgement.domain = "example.com";
    judgement.fault = "";
    judgement.rule = "";
    return judgement;
}

static void set(struct options *options, const char *name, const char *value)
{
    char error[512] = "";
    if (options_set(options, &memory_libc, name, value, error, sizeof(error)) != MXCHECK_OK)
        fail_msg("%s", error);
}

static void test_documented_replies_are_so_to_the_letter(void **state)
{
    static const struct {
        mxcheck_reason reason;
        mxcheck_role role;
        const char *profile;
        const char *id;
        const char *line;
    } rows[] = {
        {100, RCPT, "documented", "piWs1j0010jifNx01iWsdh",
         "550 5.1.1 piWs1j0010jifNx01iWsdh invalid destination domain"},
        {100, SENDER, "documented", "ID", "550 5.1.1 ID invalid domain"},
        {101, SENDER, "documented", NULL, "550 5.1.1 invalid domain"},
        {101, RCPT, "documented", "", "550 5.1.1 invalid destination domain"},
        {106, RCPT, "documented", NULL, "550 5.1.1 invalid destination domain"},
        {100, SENDER, "rfc", "ID", "550 5.1.8 ID invalid domain"},
        {100, RCPT, "rfc", "ID", "550 5.1.2 ID invalid destination domain"},
        {102, SENDER, "documented", "ID", "550 5.7.27 ID sender domain accepts no mail"},
        {102, RCPT, "rfc", "ID", "556 5.1.10 ID destination domain accepts no mail"},
        {105, SENDER, "documented", NULL, "553 5.1.7 bad sender address syntax"},
        {107, RCPT, "documented", NULL, "553 5.1.3 destination address literal refused"},
        {200, SENDER, "documented", "ID", "450 4.4.3 ID cannot look up sender domain now, try again later"},
        {202, SENDER, "documented", NULL, "450 4.4.3 cannot verify sender domain now, try again later"},
        {203, SENDER, "documented", NULL, "450 4.3.2 too busy now, try again later"},
        {200, SENDER, "rfc", NULL, "450 4.1.8 cannot look up sender domain now, try again later"},
        {200, RCPT, "rfc", NULL, "451 4.4.3 cannot look up destination domain now, try again later"},
        {203, RCPT, "documented", "a\r\nb\xff", "451 4.3.2 a??b? too busy now, try again later"},
        {1, SENDER, "documented", NULL, "250 2.1.0 sender ok"},
        {1, RCPT, "documented", "ID", "250 2.1.5 ID recipient ok"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options;
        struct judgement judgement = judged(rows[i].reason, rows[i].role);
        char line[512];
        options_init(&options);
        set(&options, "reply-profile", rows[i].profile);
        assert_int_equal(reply_write(&options, &judgement, rows[i].id, line, sizeof(line)), strlen(rows[i].line));
        assert_string_equal(line, rows[i].line);
        options_clear(&options, &memory_libc);
    }
}

/* Every reason, role, profile and verdict gives a line that agrees with itself. */
static void test_code_and_verdict_always_agree(void **state)
{
    static const char class[] = " 245";
    struct options options;

    (void)state;
    options_init(&options);
    for (size_t i = 0; i <= reasons_count(); i++) {
        const struct reason *row = reasons_at(i);
        for (int n = 0; n < 12; n++) {
            struct judgement judgement = judged(row == NULL ? 9999 : row->number, n % 2 == 0 ? SENDER : RCPT);
            char line[512], enhanced[12], start[20];
            judgement.verdict = (mxcheck_verdict)(n / 2 % 3 + 1);
            options.reply_profile = n / 6 == 0 ? REPLY_PROFILE_DOCUMENTED : REPLY_PROFILE_RFC;
            reply_write(&options, &judgement, NULL, line, sizeof(line));
            reply_enhanced_code(&options, &judgement, enhanced, sizeof(enhanced));
            snprintf(start, sizeof(start), "%d %s ", reply_code(&options, &judgement), enhanced);
            assert_memory_equal(line, start, strlen(start));
            assert_int_equal(line[0], class[judgement.verdict]);
            assert_int_equal(enhanced[0], line[0]);
            if (judgement.verdict == MXCHECK_VERDICT_DEFER) /* 451 to MAIL reads as too many recipients */
                assert_memory_equal(line, judgement.role == SENDER ? "450 " : "451 ", 4);
            assert_null(strstr(line, "  "));
        }
        for (int n = 0; row != NULL && n < 4; n++)
            assert_null(reply_text_fault(row->reply[n / 2][n % 2], row->number));
    }
}

static void test_template_is_filled_in(void **state)
{
    static const struct {
        const char *value;
        const char *id;
        const char *line;
    } rows[] = {
        {"550 5.1.2 {id} no mail for {domain}", "ID", "550 5.1.2 ID no mail for example.com"},
        {"550 5.1.2 {id} no mail for {domain}", NULL, "550 5.1.2 no mail for example.com"},
        {"550 5.1.2 no mail {id}", NULL, "550 5.1.2 no mail"},
        {"550 5.1.2 ({id})", NULL, "550 5.1.2 ()"},
        {"554 5.123.456 {reason} <{address}>", "ID", "554 5.123.456 no-such-domain <u@example.com>"},
        {"", "ID", "550 5.1.1 ID invalid destination domain"},
    };
    struct options options;
    char line[512];

    (void)state;
    options_init(&options);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct judgement judgement = judged(100, RCPT);
        set(&options, "reply.no-such-domain.rcpt", rows[i].value);
        reply_write(&options, &judgement, rows[i].id, line, sizeof(line));
        assert_string_equal(line, rows[i].line);
        judgement.role = SENDER;
        reply_write(&options, &judgement, NULL, line, sizeof(line));
        assert_string_equal(line, "550 5.1.1 invalid domain");
    }
    options_clear(&options, &memory_libc);
}

static void test_template_of_another_class_gives_way(void **state)
{
    struct options options;
    struct judgement judgement = judged(200, RCPT);
    char line[512];

    (void)state;
    options_init(&options);
    set(&options, "reply.dns-timeout.rcpt", "450 4.4.1 {id} wait");
    reply_write(&options, &judgement, "ID", line, sizeof(line));
    assert_string_equal(line, "450 4.4.1 ID wait");
    judgement.verdict = MXCHECK_VERDICT_REJECT;
    assert_int_equal(reply_code(&options, &judgement), 550);
    reply_write(&options, &judgement, "ID", line, sizeof(line));
    assert_memory_equal(line, "550 5.4.3 ID ", 13);
    options_clear(&options, &memory_libc);
}

static void test_line_is_never_over_510_octets(void **state)
{
    static char address[3000], id[3000];
    struct options options;
    struct judgement judgement = judged(100, RCPT);
    char line[1024];

    (void)state;
    options_init(&options);
    memset(address, 'a', sizeof(address) - 1);
    memset(id, 'i', sizeof(id) - 1);
    judgement.address = address;
    set(&options, "reply.no-such-domain.rcpt", "550 5.1.2 {id} {address} of {domain} has no mail");
    assert_int_equal(reply_write(&options, &judgement, "ID", line, sizeof(line)), 510);
    assert_int_equal(strlen(line), 510);
    assert_memory_equal(line, "550 5.1.2 ID aaa", 16);
    assert_string_equal(line + 510 - 27, " of example.com has no mail");
    assert_int_equal(reply_write(&options, &judgement, id, line, sizeof(line)), 510);
    assert_memory_equal(line, "550 5.1.2 iii", 13);
    assert_int_equal(reply_write(&options, &judgement, id, NULL, 0), 510);
    assert_int_equal(reply_write(&options, &judgement, id, line, 5), 510);
    assert_string_equal(line, "550 ");
    options_clear(&options, &memory_libc);
}

static void assert_reply(const struct options *options, const struct judgement *judgement, const char *id,
                         const char *expected)
{
    char line[REPLY_LINE_MAX + 1];
    assert_int_equal(reply_write(options, judgement, id, line, sizeof(line)), strlen(expected));
    assert_string_equal(line, expected);
}

static void test_hints_stand_behind_what_is_no_acceptance(void **state)
{
    struct options options;
    struct judgement rejected = judged(MXCHECK_REASON_NO_SUCH_DOMAIN, RCPT);
    struct judgement accepted = judged(MXCHECK_REASON_MX, RCPT);
    char hint[ADVICE_MAX + 1], expected[REPLY_LINE_MAX + 1];
    (void)state;
    options_init(&options);
    set(&options, "reply-hints", "on");
    advice_write(&options, &rejected, hint, sizeof(hint));
    size_t length = strlen(hint);
    assert_int_equal(hint[length - 1], '.');
    snprintf(expected, sizeof(expected), "550 5.1.1 ID invalid destination domain: %.*s", (int)length - 1, hint);
    assert_reply(&options, &rejected, "ID", expected);
    assert_reply(&options, &accepted, "ID", "250 2.1.5 ID recipient ok");
    set(&options, "reply.no-such-domain.rcpt", "550 5.1.1 no: {hint}");
    snprintf(expected, sizeof(expected), "550 5.1.1 no: %s", hint);
    assert_reply(&options, &rejected, "ID", expected);
    options_clear(&options, &memory_libc);
}

static void test_a_hint_is_cut_at_a_word(void **state)
{
    struct options options;
    struct judgement rejected = judged(MXCHECK_REASON_NO_SUCH_DOMAIN, RCPT);
    char id[REPLY_LINE_MAX], hint[ADVICE_MAX + 1];
    (void)state;
    options_init(&options);
    set(&options, "reply-hints", "on");
    advice_write(&options, &rejected, hint, sizeof(hint));
    for (size_t size = 0; size < sizeof(id); size++) {
        char line[REPLY_LINE_MAX + 1] = "";
        memset(id, 'i', size);
        id[size] = '\0';
        assert_true(reply_write(&options, &rejected, id, line, sizeof(line)) <= REPLY_LINE_MAX);
        const char *words = "invalid destination domain";
        const char *behind = strstr(line, words);
        assert_non_null(behind);
        behind += strlen(words);
        if (*behind == '\0')
            continue;
        size_t shown = strlen(behind + 2);
        assert_memory_equal(behind, ": ", 2);
        assert_memory_equal(behind + 2, hint, shown);
        assert_true(shown > 0 && strchr(" ,.:;", behind[1 + shown]) == NULL);
        assert_non_null(strchr(" ,.:;", hint[shown]));
    }
    options_clear(&options, &memory_libc);
}

static void test_unfit_templates_are_refused(void **state)
{
    static const struct {
        mxcheck_reason reason;
        const char *line;
        bool fits;
    } rows[] = {
        {100, "550 5.1.2 no", true},
        {100, "450 4.1.2 no", false},
        {100, "250 2.1.2 no", false},
        {200, "450 4.1.2 no", true},
        {200, "550 5.1.2 no", false},
        {1, "250 2.0.0 yes", true},
        {1, "550 5.0.0 yes", false},
        {100, "550 4.1.2 no", false},
        {100, "550 no", false},
        {100, "550 5.1.2", false},
        {100, "550 5.1.2 ", false},
        {100, "550 5.1.2  ", false},
        {100, "5505.1.2 no", false},
        {100, "55 5.1.2 no", false},
        {100, "5500 5.1.2 no", false},
        {100, "560 5.1.2 no", false},
        {100, "550-5.1.2 no", false},
        {100, "550 5.1.2\tno", false},
        {100, "550 5.1.2 a\r\nb", false},
        {100, "550 5.1.2 \xc3\xbc", false},
        {100, "550 5.1.2 {", false},
        {100, "550 5.1.2 {ID}", false},
        {100, "550 5.1.2 {fault}", false},
        {100, "550 5.1.2 {id", false},
        {100, "550 5..2 no", false},
        {100, "550 5.1234.2 no", false},
        {100, "550 5.1.2.3 no", false},
        {100, "", false},
        {100, "5", false},
        {100, "550 ", false},
        {9999, "550 5.1.2 no", false},
        {100, "550 5.1.2 {id}", true},
        {100, "550 5.1.2 a } b", true},
    };
    char longest[512];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if ((reply_text_fault(rows[i].line, rows[i].reason) == NULL) != rows[i].fits)
            fail_msg("'%s' for %d", rows[i].line, (int)rows[i].reason);
    }
    memset(longest, 'a', sizeof(longest));
    memcpy(longest, "550 5.1.2 ", 10);
    longest[510] = '\0';
    assert_null(reply_text_fault(longest, 100));
    longest[510] = 'a';
    longest[511] = '\0';
    assert_non_null(reply_text_fault(longest, 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documented_replies_are_so_to_the_letter),
        cmocka_unit_test(test_code_and_verdict_always_agree),
        cmocka_unit_test(test_template_is_filled_in),
        cmocka_unit_test(test_template_of_another_class_gives_way),
        cmocka_unit_test(test_line_is_never_over_510_octets),
        cmocka_unit_test(test_hints_stand_behind_what_is_no_acceptance),
        cmocka_unit_test(test_a_hint_is_cut_at_a_word),
        cmocka_unit_test(test_unfit_templates_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
