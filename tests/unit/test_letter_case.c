/* SPDX-License-Identifier: BSD-2-Clause */
/* test_letter_case.c: names that come back in a letter case nobody can guess. */
#include "message/letter_case.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

static void test_only_letter_case_changes(void **state)
{
    static const char name[] = "a-long_name.with\\046digits.0123456789.example";
    struct letter_case letter_case;
    char cased[sizeof(name)];
    (void)state;
    letter_case_init(&letter_case);
    for (int i = 0; i < 1000; i++) {
        letter_case_draw(&letter_case, name, cased);
        assert_int_equal(strcasecmp(cased, name), 0);
    }
    letter_case_draw(&letter_case, "", cased);
    assert_string_equal(cased, "");
}

/* Over 1,000 draws each of 200 letters is upper-case between 400 and 600 times: farther off by chance, once in 10^8. */
static void test_every_letter_is_as_often_upper_as_lower(void **state)
{
    enum { LETTERS = 200, DRAWS = 1000 };
    struct letter_case letter_case;
    char name[LETTERS + 1], cased[LETTERS + 1];
    int upper[LETTERS] = {0};
    (void)state;
    for (int k = 0; k < LETTERS; k++)
        name[k] = (char)('a' + k % 26);
    name[LETTERS] = '\0';
    letter_case_init(&letter_case);
    for (int i = 0; i < DRAWS; i++) {
        letter_case_draw(&letter_case, name, cased);
        for (int k = 0; k < LETTERS; k++)
            upper[k] += isupper((unsigned char)cased[k]) != 0;
    }
    for (int k = 0; k < LETTERS; k++)
        assert_in_range(upper[k], 400, 600);
}

static void test_two_contexts_draw_differently(void **state)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl";
    struct letter_case one, other;
    char cased[2][sizeof(name)];
    (void)state;
    letter_case_init(&one);
    letter_case_init(&other);
    letter_case_draw(&one, name, cased[0]);
    letter_case_draw(&other, name, cased[1]);
    assert_string_not_equal(cased[0], cased[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_letter_case_changes),
        cmocka_unit_test(test_every_letter_is_as_often_upper_as_lower),
        cmocka_unit_test(test_two_contexts_draw_differently),
    };
    return cmocka_run_group_tests_name("letter_case", tests, NULL, NULL);
}
