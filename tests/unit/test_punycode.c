/* SPDX-License-Identifier: BSD-2-Clause */
/* test_punycode.c: code points in letters, digits and hyphens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mail/punycode.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void test_the_samples_of_rfc_3492_are_encoded(void **state)
{
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {"\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9\x88\xe4\xb8\x8d\xe8\xaf\xb4\xe4\xb8\xad\xe6\x96\x87",
         "ihqwcrb4cv8a8dqg056pqjye"},
        {"3\xe5\xb9\xb4"
         "B\xe7\xb5\x84\xe9\x87\x91\xe5\x85\xab\xe5\x85\x88\xe7\x94\x9f",
         "3B-ww4c5e180e575a65lsy2b"},
        {"\xe5\xae\x89\xe5\xae\xa4\xe5\xa5\x88\xe7\xbe\x8e\xe6\x81\xb5-with-SUPER-MONKEYS",
         "-with-SUPER-MONKEYS-pc58ag80a8qai00g7n9n"},
        {"Hello-Another-Way-\xe3\x81\x9d\xe3\x82\x8c\xe3\x81\x9e\xe3\x82\x8c\xe3\x81\xae\xe5\xa0\xb4\xe6\x89\x80",
         "Hello-Another-Way--fc4qua05auwb3674vfr0b"},
        {"\xe3\x81\xb2\xe3\x81\xa8\xe3\x81\xa4\xe5\xb1\x8b\xe6\xa0\xb9\xe3\x81\xae\xe4\xb8\x8b"
         "2",
         "2-u9tlzr9756bt3uc0v"},
        {"Maji\xe3\x81\xa7Koi\xe3\x81\x99\xe3\x82\x8b"
         "5\xe7\xa7\x92\xe5\x89\x8d",
         "MajiKoi5-783gue6qz075azm5e"},
        {"\xe3\x83\x91\xe3\x83\x95\xe3\x82\xa3\xe3\x83\xbc"
         "de\xe3\x83\xab\xe3\x83\xb3\xe3\x83\x90",
         "de-jg4avhby1noc0d"},
        {"\xe3\x81\x9d\xe3\x81\xae\xe3\x82\xb9\xe3\x83\x94\xe3\x83\xbc\xe3\x83\x89\xe3\x81\xa7", "d9juau41awczczp"},
        {"-> $1.00 <-", "-> $1.00 <--"},
        {"\xc3\xbc", "tda"},
        {"\xf0\x9f\x91\x8d\xf0\x9f\x91\x8d", "yp8ha"},
        {"\xf4\x8f\xbf\xbf", "dn32g"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char buffer[256];
        struct text out;
        text_init(&out, buffer, sizeof(buffer));
        print_message("# row %zu\n", i);
        assert_true(punycode_put(&out, rows[i].text));
        assert_string_equal(buffer, rows[i].want);
    }
}

static void test_as_many_code_points_as_a_label_may_have_are_taken(void **state)
{
    char text[4 * (PUNYCODE_MAX_POINTS + 1) + 1] = "";
    char buffer[1024];
    struct text out;
    (void)state;
    for (int i = 0; i < PUNYCODE_MAX_POINTS; i++)
        strcat(text, i % 2 == 0 ? "\xf4\x8f\xbf\xbf" : "\xc2\x80"); /* the farthest apart */
    text_init(&out, buffer, sizeof(buffer));
    assert_true(punycode_put(&out, text));
    assert_true(out.length > PUNYCODE_MAX_POINTS && out.length < sizeof(buffer));
    strcat(text, "a");
    text_init(&out, buffer, sizeof(buffer));
    assert_false(punycode_put(&out, text));
    assert_string_equal(buffer, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_samples_of_rfc_3492_are_encoded),
        cmocka_unit_test(test_as_many_code_points_as_a_label_may_have_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
