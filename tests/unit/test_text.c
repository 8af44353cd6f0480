/* SPDX-License-Identifier: BSD-2-Clause */
/* test_text.c: text in buffers of any size, and text from outside. */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_a_buffer_of_any_size_gets_what_fits_and_the_whole_length_is_told(void **state)
{
    static const char whole[] = "550 5.1.1 \\x0a";
    (void)state;
    for (size_t size = 1; size < 2 * sizeof(whole); size++) {
        /* In a block of its own size, so that a sanitizer sees a step too far. */
        char *buffer = malloc(size);
        struct text text;
        assert_non_null(buffer);
        text_init(&text, buffer, size);
        assert_string_equal(buffer, "");
        text_put(&text, "550", 3);
        text_puts(&text, " ");
        text_printf(&text, "%d.%d.%d ", 5, 1, 1);
        text_put_escaped(&text, "\n");
        assert_int_equal(text.length, sizeof(whole) - 1);
        size_t fits = size - 1 < sizeof(whole) - 1 ? size - 1 : sizeof(whole) - 1;
        assert_int_equal(strlen(buffer), fits);
        assert_memory_equal(buffer, whole, fits);
        free(buffer);
    }
}

static void test_no_buffer_is_only_counted(void **state)
{
    struct text text;
    char untouched = 'x';
    (void)state;
    text_init(&text, NULL, 100);
    text_puts(&text, "abc");
    assert_int_equal(text.length, 3);
    text_init(&text, &untouched, 0);
    text_puts(&text, "abc");
    assert_int_equal(text.length, 3);
    assert_int_equal(untouched, 'x');
}

static void test_a_formatted_piece_is_cut_at_255(void **state)
{
    char buffer[512];
    struct text text;
    (void)state;
    text_init(&text, buffer, sizeof(buffer));
    text_printf(&text, "%300s", "");
    assert_int_equal(text.length, 255);
    assert_int_equal(strlen(buffer), 255);
}

static void test_the_escapes_of_a_name_are_left_as_they_are(void **state)
{
    char buffer[64];
    struct text text;
    (void)state;
    text_init(&text, buffer, sizeof(buffer));
    text_put_name(&text, "a\\032b\\.c\"\x01\xff.example");
    assert_string_equal(buffer, "a\\032b\\.c\"\\x01\\xff.example");
}

static void test_every_octet_is_escaped_unless_it_is_printable(void **state)
{
    (void)state;
    for (int octet = 1; octet < 256; octet++) {
        char buffer[8], string[2] = {(char)octet, '\0'};
        struct text text;
        text_init(&text, buffer, sizeof(buffer));
        text_put_escaped(&text, string);
        bool is_plain = octet >= ' ' && octet <= '~' && octet != '\\';
        assert_int_equal(text.length, is_plain ? 1 : 4);
        if (is_plain)
            assert_string_equal(buffer, string);
        else
            assert_int_equal(strtol(buffer + 2, NULL, 16), octet);
    }
}

static void test_json_strings(void **state)
{
    static const struct {
        const char *string, *json;
    } rows[] = {
        {"", "\"\""},
        {"a b/c", "\"a b/c\""},
        {"\"\\", "\"\\u0022\\u005c\""},
        {"\r\n\x1f\x7f", "\"\\u000d\\u000a\\u001f\\u007f\""},
        {"b\xc3\xbc"
         "cher",
         "\"b\\u00fccher\""},
        {"\xe2\x82\xac", "\"\\u20ac\""},
        {"\xef\xbf\xbf", "\"\\uffff\""},
        {"\xf0\x90\x80\x80", "\"\\ud800\\udc00\""},
        {"\xf0\x9f\x93\xa7", "\"\\ud83d\\udce7\""},
        {"\xf4\x8f\xbf\xbf", "\"\\udbff\\udfff\""},
        /* An octet that begins nothing, or goes on from nothing. */
        {"\xff", "\"\\ufffd\""},
        {"\x80"
         "a",
         "\"\\ufffda\""},
        /* Longer than need be. */
        {"\xc0\x80", "\"\\ufffd\\ufffd\""},
        {"\xc1\xbf", "\"\\ufffd\\ufffd\""},
        {"\xe0\x9f\xbf", "\"\\ufffd\\ufffd\\ufffd\""},
        {"\xf0\x8f\xbf\xbf", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
        /* Halves of pairs, and past the last. */
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},
        {"\xed\xbf\xbf", "\"\\ufffd\\ufffd\\ufffd\""},
        {"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
        /* Ended half-way. */
        {"\xe2\x82", "\"\\ufffd\\ufffd\""},
        {"\xe2\x82"
         "a",
         "\"\\ufffd\\ufffda\""},
        {"\xf0\x9f\x93", "\"\\ufffd\\ufffd\\ufffd\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        /* In a block of its own size, so that a sanitizer sees a step too far. */
        char *string = malloc(strlen(rows[i].string) + 1), json[128];
        struct text text;
        assert_non_null(string);
        memcpy(string, rows[i].string, strlen(rows[i].string) + 1);
        text_init(&text, json, sizeof(json));
        text_put_json(&text, string);
        free(string);
        assert_string_equal(json, rows[i].json);
    }
}

static void test_letters_and_digits_are_those_of_ascii(void **state)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", digits[] = "0123456789";
    (void)state;
    for (int octet = 1; octet < 256; octet++) {
        char c = (char)octet;
        const char *letter = strchr(letters, c);
        assert_int_equal(text_is_alpha(c), letter != NULL);
        assert_int_equal(text_is_digit(c), strchr(digits, c) != NULL);
        assert_int_equal(text_to_lower(c), letter != NULL && letter < letters + 26 ? letter[26] : c);
    }
}

static void test_equal_but_for_letter_case(void **state)
{
    static const struct {
        const char *a, *b;
        bool is_equal;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"MAIL.Example", "mail.eXAMPLE", true},
        {"ab", "abc", false},
        {"abc", "ab", false},
        {"a[", "a{", false},
        {"@", "`", false},
        {"\xc4", "\xe4", false},
        {"a-b", "A-B", true},
        {"a_b",
         "A\x7f"
         "b",
         false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (text_equal_nocase(rows[i].a, rows[i].b) != rows[i].is_equal)
            fail_msg("\"%s\" and \"%s\"", rows[i].a, rows[i].b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_buffer_of_any_size_gets_what_fits_and_the_whole_length_is_told),
        cmocka_unit_test(test_no_buffer_is_only_counted),
        cmocka_unit_test(test_a_formatted_piece_is_cut_at_255),
        cmocka_unit_test(test_the_escapes_of_a_name_are_left_as_they_are),
        cmocka_unit_test(test_every_octet_is_escaped_unless_it_is_printable),
        cmocka_unit_test(test_json_strings),
        cmocka_unit_test(test_letters_and_digits_are_those_of_ascii),
        cmocka_unit_test(test_equal_but_for_letter_case),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
