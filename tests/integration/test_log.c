/* SPDX-License-Identifier: BSD-2-Clause */
/* test_log.c: what a context tells whoever listens. */
#include "support.h"

#include <stdio.h>
#include <string.h>

struct lines {
    char text[16384];
    int loudest;
};

static void take_line(int level, const char *line, mxcheck_id id, void *user_data)
{
    (void)id;
    struct lines *lines = user_data;
    size_t length = strlen(lines->text);
    snprintf(lines->text + length, sizeof(lines->text) - length, "%d %s\n", level, line);
    lines->loudest = level > lines->loudest ? level : lines->loudest;
}

/* What is logged while `address` is checked. */
static void listen_to(const struct setting *settings, int level, const char *address, struct lines *lines)
{
    mxcheck_config *config = support_config(settings);
    mxcheck_ctx *ctx;
    memset(lines, 0, sizeof(*lines));
    assert_int_equal(mxcheck_config_set_log(config, level, take_line, lines), MXCHECK_OK);
    assert_int_equal(mxcheck_ctx_new(config, &ctx), MXCHECK_OK);
    mxcheck_config_free(config);
    mxcheck_result_unref(support_check(ctx, MXCHECK_ROLE_RCPT, address));
    mxcheck_ctx_free(ctx);
}

static void assert_has(const struct lines *lines, const char *text)
{
    if (strstr(lines->text, text) == NULL)
        fail_msg("\"%s\" is not in:\n%s", text, lines->text);
}

static void test_every_verdict_is_a_line_of_level_info(void **state)
{
    struct lines lines;
    (void)state;
    listen_to(NULL, MXCHECK_LOG_INFO, "u@OK-MX.mx.example", &lines);
    assert_has(&lines, "3 rcpt ok-mx.mx.example: accept, mx, ");
    assert_int_equal(lines.loudest, MXCHECK_LOG_INFO);
    listen_to(NULL, MXCHECK_LOG_INFO, "u@foo.invalid", &lines);
    assert_has(&lines, "3 rcpt foo.invalid: reject, special-use, ");
}

static void test_every_question_is_a_line_of_level_debug(void **state)
{
    struct lines lines;
    (void)state;
    listen_to(NULL, MXCHECK_LOG_DEBUG, "u@implicit-aaaa.mx.example", &lines);
    assert_has(&lines, "4 implicit-aaaa.mx.example, MX: asking 127.0.0.1:");
    assert_has(&lines, "4 implicit-aaaa.mx.example, A: asking 127.0.0.1:");
    assert_has(&lines, "4 implicit-aaaa.mx.example, AAAA: asking 127.0.0.1:");
}

static void test_a_failure_names_the_upstream(void **state)
{
    struct lines lines;
    (void)state;
    listen_to(NULL, MXCHECK_LOG_INFO, "u@sf-all.f.mx.example", &lines);
    assert_has(&lines, "3 sf-all.f.mx.example, MX: SERVFAIL from 127.0.0.1:");
}

static void test_an_upstream_that_does_not_answer_is_a_warning(void **state)
{
    static const struct setting settings[] = {{"upstreams", "127.0.0.1:1"}, {NULL, NULL}};
    struct lines lines;
    (void)state;
    listen_to(settings, MXCHECK_LOG_WARNING, "u@ok-mx.mx.example", &lines);
    assert_string_equal(lines.text, "2 127.0.0.1:1 does not answer: connection refused\n");
}

static void test_what_came_from_outside_is_escaped(void **state)
{
    struct lines lines;
    (void)state;
    listen_to(NULL, MXCHECK_LOG_DEBUG, "u\r\n\x1b[31m@evil\r\n\x1b.example", &lines);
    for (const char *p = lines.text; *p != '\0'; p++)
        assert_true(*p == '\n' || (*p >= ' ' && *p <= '~'));
    assert_int_equal(strlen(lines.text), strcspn(lines.text, "\n") + 1);
}

/* --- which check a line is about --- */

struct subjects {
    mxcheck_id ids[2];
    unsigned of_first;
    unsigned of_second;
    unsigned of_none;
};

static void note_subject(int level, const char *line, mxcheck_id id, void *user_data)
{
    struct subjects *subjects = user_data;
    (void)level;
    (void)line;
    if (id == 0)
        subjects->of_none++;
    else if (id == subjects->ids[0])
        subjects->of_first++;
    else if (id == subjects->ids[1])
        subjects->of_second++;
    else
        fail_msg("a line about check %llu", (unsigned long long)id);
}

static void ignore_result(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    (void)id;
    (void)result;
    (void)user_data;
}

static void log_two(const char *one, const char *other, struct subjects *subjects)
{
    mxcheck_config *config = support_config(NULL);
    mxcheck_ctx *ctx;
    memset(subjects, 0, sizeof(*subjects));
    assert_int_equal(mxcheck_config_set_log(config, MXCHECK_LOG_DEBUG, note_subject, subjects), MXCHECK_OK);
    assert_int_equal(mxcheck_ctx_new(config, &ctx), MXCHECK_OK);
    mxcheck_config_free(config);
    assert_int_equal(mxcheck_check_rcpt_async(ctx, one, ignore_result, NULL, &subjects->ids[0]), MXCHECK_OK);
    assert_int_equal(mxcheck_check_rcpt_async(ctx, other, ignore_result, NULL, &subjects->ids[1]), MXCHECK_OK);
    while (mxcheck_ctx_pending(ctx) > 0) {
        mxcheck_ctx_wait(ctx, -1);
        mxcheck_ctx_dispatch(ctx);
    }
    mxcheck_ctx_free(ctx);
}

static void test_a_line_tells_which_asynchronous_check_it_is_about(void **state)
{
    struct subjects subjects;
    (void)state;
    log_two("u@ok-mx.mx.example", "u@null-mx.mx.example", &subjects);
    assert_int_equal(subjects.of_first, 2); /* the question and the verdict */
    assert_int_equal(subjects.of_second, 2);
    assert_int_equal(subjects.of_none, 0);
}

static void test_a_question_for_several_checks_is_about_none_of_them(void **state)
{
    struct subjects subjects;
    (void)state;
    log_two("u@ok-mx.mx.example", "v@ok-mx.mx.example", &subjects);
    assert_int_equal(subjects.of_first, 1);
    assert_int_equal(subjects.of_second, 1);
    assert_int_equal(subjects.of_none, 1);
}

static void test_silence_is_silence(void **state)
{
    struct lines lines;
    (void)state;
    listen_to(NULL, MXCHECK_LOG_NONE, "u@sf-all.f.mx.example", &lines);
    assert_string_equal(lines.text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_verdict_is_a_line_of_level_info),
        cmocka_unit_test(test_every_question_is_a_line_of_level_debug),
        cmocka_unit_test(test_a_failure_names_the_upstream),
        cmocka_unit_test(test_an_upstream_that_does_not_answer_is_a_warning),
        cmocka_unit_test(test_what_came_from_outside_is_escaped),
        cmocka_unit_test(test_a_line_tells_which_asynchronous_check_it_is_about),
        cmocka_unit_test(test_a_question_for_several_checks_is_about_none_of_them),
        cmocka_unit_test(test_silence_is_silence),
    };
    support_upstream();
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
