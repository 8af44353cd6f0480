/* SPDX-License-Identifier: BSD-2-Clause */
/* test_retry.c: whom a question goes to next, in which form, and when nobody is left. */
#include "dns/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A story of one question: each step is two characters, the upstream and what is done or what is wanted then.
 * u: sent in the usual form; p: in the plain form; U, P: it failed that form; E: it has nothing better to say;
 * x: it could not be reached; s: it is silent. w: a wait is over (whatever the upstream). Then what must hold: "0u" the
 * next sending, "-" nobody before the next wait, "!" it is over. */
static const struct {
    const char *why;
    size_t count;
    const char *steps;
    const char *next;
} rows[] = {
    {"the first upstream, in the usual form", 2, "", "0u"},
    {"silence: then the next upstream", 2, "0u", "1u"},
    {"all have been asked: the first again, in the plain form", 2, "0u1u", "0p"},
    {"both forms by turns", 1, "0u0p", "0u"},
    {"a silent upstream comes last", 2, "0s", "1u"},
    {"but before one that was asked three times", 2, "0s1u1p1u", "0u"},
    {"one that has failed comes after those that have not been asked", 3, "0u0U1u", "2u"},
    {"the only upstream has failed: the plain form", 1, "0u0U", "0p"},
    {"the plain form has failed first: the usual one", 1, "0u0p0P", "0u"},
    {"all have failed the usual form: the plain one of the first", 2, "0u0U1u1U", "0p"},
    {"both forms of all have failed", 2, "0u0U0p0P1u1U1p1P", "!"},
    {"one is not over while the other is silent", 2, "0u0U0p0P1u", "1p"},
    {"nothing better to say is as good as both", 2, "0u0E1u1U1p1P", "!"},
    {"unreachable: the next one at once", 2, "0u0x", "1u"},
    {"all unreachable: not before the next wait", 2, "0u0x1u1x", "-"},
    {"then again", 2, "0u0x1u1x0w", "0p"},
    {"unreachable for ever is never over", 1, "0u0x0w0p0x0w0u0x0w0p0x", "-"},
    {"unless another has answered", 2, "0u0x0w0u0x1u1U1p1P", "!"},
    {"but it is tried twice", 2, "0u0x1u1U1p1P", "-"},
};

static void take(struct retry *retry, struct health *health, const char *step)
{
    size_t upstream = (size_t)(step[0] - '0');
    switch (step[1]) {
    case 'u':
    case 'p':
        retry_note_sent(retry, upstream, step[1] == 'u' ? RETRY_USUAL : RETRY_PLAIN);
        break;
    case 'U':
    case 'P':
        retry_note_failure(retry, upstream, step[1] == 'U' ? RETRY_USUAL : RETRY_PLAIN);
        break;
    case 'E':
        retry_note_end(retry, upstream);
        break;
    case 'x':
        retry_note_unreachable(retry, upstream);
        break;
    case 's':
        health_note_silence(&health[upstream], 0);
        break;
    case 'w':
        retry_clear_unreachable(retry);
        break;
    default:
        fail_msg("no such step: %s", step);
    }
}

static void test_what_is_sent_next(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct retry retry = {0};
        struct health health[3] = {{0}};
        char next[24] = "!";
        retry_init(&retry, rows[i].count);
        for (const char *step = rows[i].steps; *step != '\0'; step += 2)
            take(&retry, health, step);
        size_t upstream = retry_choose(&retry, health);
        if (!retry_is_over(&retry) && upstream == rows[i].count)
            strcpy(next, "-");
        else if (!retry_is_over(&retry))
            snprintf(next, sizeof(next), "%zu%c", upstream, retry_form(&retry, upstream) == RETRY_USUAL ? 'u' : 'p');
        if (strcmp(next, rows[i].next) != 0)
            fail_msg("%s: %s", rows[i].why, next);
    }
}

static void test_one_without_a_plain_form_is_over_with_the_usual_one(void **state)
{
    struct retry retry = {0};
    (void)state;
    retry_init(&retry, 1);
    retry_has_no_plain_form(&retry, 0);
    assert_false(retry_is_over(&retry));
    retry_note_sent(&retry, 0, RETRY_USUAL);
    assert_int_equal(retry_form(&retry, 0), RETRY_USUAL);
    retry_note_failure(&retry, 0, RETRY_USUAL);
    assert_true(retry_is_over(&retry));
}

static void test_a_lost_connection_is_tried_again_in_the_same_form(void **state)
{
    struct retry retry = {0};
    (void)state;
    retry_init(&retry, 1);
    retry_is_asked_by_stream(&retry, 0);
    retry_note_sent(&retry, 0, RETRY_USUAL);
    assert_int_equal(retry_form(&retry, 0), RETRY_USUAL);
    retry_note_sent(&retry, 0, RETRY_USUAL);
    assert_int_equal(retry_form(&retry, 0), RETRY_PLAIN);
    retry_note_sent(&retry, 0, RETRY_PLAIN);
    assert_int_equal(retry_form(&retry, 0), RETRY_USUAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_sent_next),
        cmocka_unit_test(test_one_without_a_plain_form_is_over_with_the_usual_one),
        cmocka_unit_test(test_a_lost_connection_is_tried_again_in_the_same_form),
    };
    return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
