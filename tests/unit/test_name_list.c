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
        char *names;
        const char *why = "";
        if (name_list_parse(&memory_libc, rows[i].list, &names, &why) != MXCHECK_OK)
            fail_msg("%s: %s", rows[i].list, why);
        if (name_list_holds(names, rows[i].name) != rows[i].is_held)
            fail_msg("'%s' %s '%s'", rows[i].list, rows[i].is_held ? "does not hold" : "holds", rows[i].name);
        memory_free(&memory_libc, names);
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
    const char *const bad[] = {"*..a", ".*..a", "..*", "*.", "*!", "*\xc3\xbc", "a*\\", "*a@b", label, name};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *names;
        const char *why = "";
        bool is_bad = strcmp(bad[i], "*.") != 0; /* a final dot */
        mxcheck_status status = name_list_parse(&memory_libc, bad[i], &names, &why);
        if ((status == MXCHECK_ERR_OPTION) != is_bad || (is_bad && why[0] == '\0'))
            fail_msg("'%s' is taken", bad[i]);
        memory_free(&memory_libc, names);
    }
    char *names;
    const char *why;
    assert_int_equal(name_list_parse(&memory_libc, label_at_limit, &names, &why), MXCHECK_OK);
    memory_free(&memory_libc, names);
}

static void test_hosts_are_refused_by_either_list(void **state)
{
    (void)state;
    assert_false(name_list_refuses(NULL, NULL, "a.example"));
    assert_true(name_list_refuses("a.example ", NULL, "a.example"));
    assert_false(name_list_refuses("a.example ", NULL, "b.example"));
    assert_false(name_list_refuses(NULL, "a.example ", "a.example"));
    assert_true(name_list_refuses(NULL, "a.example ", "b.example"));
    assert_true(name_list_refuses("a.example ", ".example ", "a.example"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_held_as_their_patterns_say),
        cmocka_unit_test(test_what_is_no_name_is_refused),
        cmocka_unit_test(test_hosts_are_refused_by_either_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
