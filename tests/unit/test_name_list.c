/* SPDX-License-Identifier: BSD-2-Clause */
/* test_name_list.c: lists of names with wildcards. */
#include "mail/name_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_names_are_held_as_their_patterns_say(void **state)
{
    static const struct {
        const char *list;
        const char *name;
        bool is_held;
    } rows[] = {
        {"mx.example", "mx.example", true},
        {"mx.example", "a.mx.example", false},
        {"mx.example", "amx.example", false},
        {".mx.example", "mx.example", true},
        {".mx.example", "a.b.mx.example", true},
        {".mx.example", "amx.example", false},
        {"MX.B\xc3\xbc\x63her.Example.", "mx.xn--bcher-kva.example", true},
        {"mx*.example", "mx.example", true},
        {"mx*.example", "mx12.example", true},
        {"mx*.example", "mx1.a.example", false},
        {"mx*.example", "m.example", false},
        {"MX*.Example.", "mx1.example", true},
        {"*.example", "a.example", true},
        {"*.example", "a.b.example", false},
        {"*.example", "example", false},
        {".*.example", "a.b.example", true},
        {".*.example", "example", false},
        {"a*c*e.example", "abcde.example", true},
        {"a*c*e.example", "abcdef.example", false},
        {"a*b.c*d.example", "axb.cxd.example", true},
        {"a*b.c*d.example", "axb.cx.d.example", false},
        {"*a*a*a*a*a*a*b.example", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example", false},
        {"**.example", "a.example", true},
        {"a*", "a", true},
        {"b.example .b.example", "b.example", true},
        {"b.example .b.example", "a.b.example", true},
        {"*", "localhost", true},
        {"*", "a.b", false},
        {".*", "a.b", true},
        {".good.example", "a\\.good.example", false},
        {".good.example", "a\\\\.good.example", true},
        {".example", "a\\.good.example", true},
        {"a.org,  b.org\tc.org", "c.org", true},
        {" , ", "c.org", false},
        {"", "c.org", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct name_list *names;
        const char *why = "";
        if (name_list_parse(&memory_libc, rows[i].list, &names, &why) != MXCHECK_OK)
            fail_msg("%s: %s", rows[i].list, why);
        if (name_list_holds(names, rows[i].name) != rows[i].is_held)
            fail_msg("'%s' %s '%s'", rows[i].list, rows[i].is_held ? "does not hold" : "holds", rows[i].name);
        name_list_free(names, &memory_libc);
    }
}

static void test_what_is_no_name_is_refused(void **state)
{
    char label[80];
    char name[400] = "";
    char label_at_limit[80];
    (void)state;
    snprintf(label, sizeof(label), "*%063d", 1);
    snprintf(label_at_limit, sizeof(label_at_limit), "*%062d", 1);
    for (int i = 0; i < 128; i++)
        strcat(name, "*.");
    const char *const bad[] = {"*..a", ".*..a", "..*",       "*.",          "*!",  "*\xc3\xbc",
                               "a*\\", "*a@b",  "192.0.2.1", "[192.0.2.1]", label, name};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct name_list *names;
        const char *why = "";
        bool is_bad = strcmp(bad[i], "*.") != 0; /* a final dot */
        mxcheck_status status = name_list_parse(&memory_libc, bad[i], &names, &why);
        if ((status == MXCHECK_ERR_OPTION) != is_bad || (is_bad && why[0] == '\0'))
            fail_msg("'%s' is taken", bad[i]);
        name_list_free(names, &memory_libc);
    }
    struct name_list *names;
    const char *why;
    assert_int_equal(name_list_parse(&memory_libc, label_at_limit, &names, &why), MXCHECK_OK);
    name_list_free(names, &memory_libc);
}

static struct name_list *list_of(const char *text)
{
    struct name_list *list;
    const char *why;
    assert_int_equal(name_list_parse(&memory_libc, text, &list, &why), MXCHECK_OK);
    return list;
}

static void test_hosts_are_refused_by_either_list(void **state)
{
    struct name_list *one = list_of("a.example"), *all = list_of(".example");
    (void)state;
    assert_false(name_list_refuses(NULL, NULL, "a.example"));
    assert_true(name_list_refuses(one, NULL, "a.example"));
    assert_false(name_list_refuses(one, NULL, "b.example"));
    assert_false(name_list_refuses(NULL, one, "a.example"));
    assert_true(name_list_refuses(NULL, one, "b.example"));
    assert_true(name_list_refuses(one, all, "a.example"));
    name_list_free(one, &memory_libc);
    name_list_free(all, &memory_libc);
}

/* Each is found in whatever order they stand, and nothing between them is. */
static void test_a_long_list_is_held_whole(void **state)
{
    char text[40000] = "";
    char name[40];
    size_t length = 0;
    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%sh%u.example ", i % 2 == 0 ? "." : "",
                                   i * 7919 % 1000);
    struct name_list *list = list_of(text), *copy = name_list_copy(list, &memory_libc);
    name_list_free(list, &memory_libc);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "h%u.example", i * 7919 % 1000);
        assert_true(name_list_holds(copy, name));
        snprintf(name, sizeof(name), "x.h%u.example", i * 7919 % 1000);
        assert_int_equal(name_list_holds(copy, name), i % 2 == 0);
        snprintf(name, sizeof(name), "h%ux.example", i);
        assert_false(name_list_holds(copy, name));
    }
    name_list_free(copy, &memory_libc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_held_as_their_patterns_say),
        cmocka_unit_test(test_what_is_no_name_is_refused),
        cmocka_unit_test(test_hosts_are_refused_by_either_list),
        cmocka_unit_test(test_a_long_list_is_held_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
