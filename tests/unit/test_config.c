/* SPDX-License-Identifier: BSD-2-Clause */
/* test_config.c: options one by one and out of files; nothing changes on an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <mxcheck/mxcheck.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The linker sends malloc and realloc of the library here, so that the n-th one can fail. */
void *__real_malloc(size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *block, size_t size);

static int left = -1; /* negative: none fails */

static bool is_out(void)
{
    if (left > 0)
        left--;
    else if (left == 0)
        return true;
    return false;
}

void *__wrap_malloc(size_t size)
{
    return is_out() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return is_out() ? NULL : __real_realloc(block, size);
}

static char path[] = "/tmp/test-config-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int descriptor = mkstemp(path);
    return descriptor < 0 ? -1 : close(descriptor);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_file(const char *bytes, size_t count)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

static mxcheck_config *new_config(void)
{
    mxcheck_config *config = NULL;
    assert_int_equal(mxcheck_config_new(&config), MXCHECK_OK);
    return config;
}

static void test_null_is_invalid(void **state)
{
    mxcheck_config *config = new_config();
    (void)state;
    assert_int_equal(mxcheck_config_new(NULL), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_set(NULL, "timeout", "8s"), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_set(config, NULL, "8s"), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_set(config, "timeout", NULL), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_load(NULL, path), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_load(config, NULL), MXCHECK_ERR_INVALID);
    assert_null(mxcheck_config_get(NULL, "timeout"));
    assert_null(mxcheck_config_get(config, NULL));
    assert_string_equal(mxcheck_config_error(NULL), "");
    assert_int_equal(mxcheck_config_set_log(NULL, 1, NULL, NULL), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_set_memory(NULL, NULL, NULL, NULL, NULL), MXCHECK_ERR_INVALID);
    mxcheck_config_free(NULL);
    mxcheck_config_free(config);
}

static void write_log(int level, const char *line, mxcheck_id id, void *user_data)
{
    (void)id;
    (void)level;
    (void)line;
    (void)user_data;
}

static void *give(size_t size, void *user_data)
{
    (void)user_data;
    return malloc(size);
}

static void take_back(void *pointer, void *user_data)
{
    (void)user_data;
    free(pointer);
}

static void test_log_and_memory_are_checked(void **state)
{
    mxcheck_config *config = new_config();
    (void)state;
    assert_int_equal(mxcheck_config_set_log(config, 4, write_log, NULL), MXCHECK_OK);
    assert_int_equal(mxcheck_config_set_log(config, 0, NULL, NULL), MXCHECK_OK);
    assert_int_equal(mxcheck_config_set_log(config, 5, write_log, NULL), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_set_log(config, -1, write_log, NULL), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_set_memory(config, NULL, NULL, NULL, NULL), MXCHECK_OK);
    assert_int_equal(mxcheck_config_set_memory(config, give, NULL, NULL, NULL), MXCHECK_ERR_INVALID);
    assert_int_equal(mxcheck_config_set_memory(config, NULL, NULL, take_back, NULL), MXCHECK_ERR_INVALID);
    mxcheck_config_free(config);
}

static void test_options_are_set_and_got(void **state)
{
    mxcheck_config *config = new_config();
    (void)state;
    assert_string_equal(mxcheck_config_error(config), "");
    assert_string_equal(mxcheck_config_get(config, "timeout"), "8s");
    assert_int_equal(mxcheck_config_set(config, "timeout", "2s"), MXCHECK_OK);
    assert_string_equal(mxcheck_config_get(config, "timeout"), "2s");
    assert_int_equal(mxcheck_config_set(config, "timeout", "soon"), MXCHECK_ERR_OPTION);
    assert_string_equal(mxcheck_config_get(config, "timeout"), "2s");
    assert_non_null(strstr(mxcheck_config_error(config), "timeout"));
    assert_int_equal(mxcheck_config_set(config, "no\nsuch", "1"), MXCHECK_ERR_OPTION);
    assert_string_equal(mxcheck_config_error(config), "there is no option \"no\\x0asuch\"");
    assert_null(mxcheck_config_get(config, "no\nsuch"));
    mxcheck_config_free(config);
}

static void test_upstreams_are_judged_when_set(void **state)
{
    mxcheck_config *config = new_config();
    (void)state;
    assert_int_equal(mxcheck_config_set(config, "upstreams", "127.0.0.1, [::1]:5353"), MXCHECK_OK);
    assert_int_equal(mxcheck_config_set(config, "upstreams", "bad host"), MXCHECK_ERR_OPTION);
    assert_memory_equal(mxcheck_config_error(config), "option upstreams refuses \"bad host\": ", 37);
    assert_string_equal(mxcheck_config_get(config, "upstreams"), "127.0.0.1, [::1]:5353");
    assert_int_equal(mxcheck_config_set(config, "upstreams", ""), MXCHECK_OK);
    mxcheck_config_free(config);
}

static void test_table_ends_with_null(void **state)
{
    (void)state;
    assert_true(mxcheck_option_count() > 40);
    assert_string_equal(mxcheck_option_name(0), "upstreams");
    assert_string_equal(mxcheck_option_default(0), "");
    assert_non_null(mxcheck_option_help(mxcheck_option_count() - 1));
    assert_null(mxcheck_option_name(mxcheck_option_count()));
    assert_null(mxcheck_option_default((size_t)-1));
    assert_null(mxcheck_option_help((size_t)-1));
}

static void test_file_sets_options(void **state)
{
    static const char text[] = "# comment = no\r\n\n  timeout = 1s \r\n\ttimeout=3s\nnull-mx =accept\n   # more\n"
                               "reply.null-mx.rcpt = 550 5.1.2 {id} a = b\nexempt-domains =\nretry-after = 2s";
    mxcheck_config *config = new_config();
    (void)state;
    write_file(text, sizeof(text) - 1);
    assert_int_equal(mxcheck_config_load(config, path), MXCHECK_OK);
    assert_string_equal(mxcheck_config_get(config, "timeout"), "3s");
    assert_string_equal(mxcheck_config_get(config, "null-mx"), "accept");
    assert_string_equal(mxcheck_config_get(config, "reply.null-mx.rcpt"), "550 5.1.2 {id} a = b");
    assert_string_equal(mxcheck_config_get(config, "exempt-domains"), "");
    assert_string_equal(mxcheck_config_get(config, "retry-after"), "2s");
    write_file("", 0);
    assert_int_equal(mxcheck_config_load(config, path), MXCHECK_OK);
    assert_string_equal(mxcheck_config_get(config, "timeout"), "3s");
    mxcheck_config_free(config);
}

static void test_byte_order_mark_at_the_head_of_a_file_is_skipped(void **state)
{
    static const char head[] = "\xef\xbb\xbftimeout = 3s\n", later[] = "timeout = 3s\n\xef\xbb\xbftimeout = 4s\n";
    mxcheck_config *config = new_config();
    (void)state;
    write_file(head, sizeof(head) - 1);
    assert_int_equal(mxcheck_config_load(config, path), MXCHECK_OK);
    assert_string_equal(mxcheck_config_get(config, "timeout"), "3s");
    write_file(later, sizeof(later) - 1);
    assert_int_equal(mxcheck_config_load(config, path), MXCHECK_ERR_OPTION);
    mxcheck_config_free(config);
}

static void test_bad_file_changes_nothing_and_names_the_line(void **state)
{
    static const struct {
        const char *text;
        size_t length; /* 0: up to the NUL */
        const char *says;
    } rows[] = {
        {"timeout = 1s\nnonsense\n", 0, ":2: there is no \"=\""},
        {"timeout = 1s\n\n\nno-such = 1\n", 0, ":4: there is no option \"no-such\""},
        {"timeout = 1s\nnull-mx = maybe", 0, ":2: option null-mx refuses \"maybe\""},
        {"timeout = 1s\nupstreams = bad host", 0, ":2: option upstreams refuses"},
        {"timeout = 1s\n= 1s", 0, ":2: there is no option \"\""},
        {"timeout = 1s\n\0", 14, ":2: there is a NUL byte"},
        {"timeout = 1s\rnull-mx = accept", 0, ":1: option timeout refuses"},
    };
    mxcheck_config *config = new_config();
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        write_file(rows[i].text, rows[i].length == 0 ? strlen(rows[i].text) : rows[i].length);
        assert_int_equal(mxcheck_config_load(config, path), MXCHECK_ERR_OPTION);
        assert_string_equal(mxcheck_config_get(config, "timeout"), "8s");
        if (strncmp(mxcheck_config_error(config), path, strlen(path)) != 0 ||
            strstr(mxcheck_config_error(config), rows[i].says) == NULL)
            fail_msg("%s, not %s", mxcheck_config_error(config), rows[i].says);
    }
    mxcheck_config_free(config);
}

static void test_long_lines_are_refused(void **state)
{
    static char line[(1 << 20) + 2];
    mxcheck_config *config = new_config();
    (void)state;
    memset(line, ' ', sizeof(line));
    memcpy(line, "timeout = 1s", 12);
    write_file(line, 1 << 20);
    assert_int_equal(mxcheck_config_load(config, path), MXCHECK_OK);
    write_file(line, (1 << 20) + 1);
    assert_int_equal(mxcheck_config_load(config, path), MXCHECK_ERR_OPTION);
    assert_non_null(strstr(mxcheck_config_error(config), ":1: the line is longer than 1 MiB"));
    mxcheck_config_free(config);
}

static void test_unreadable_file_is_an_error_of_the_file(void **state)
{
    static const char *const paths[] = {"/nonexistent/mxcheck.conf", "/tmp", ""};
    mxcheck_config *config = new_config();
    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_int_equal(mxcheck_config_load(config, paths[i]), MXCHECK_ERR_FILE);
        assert_memory_equal(mxcheck_config_error(config), paths[i], strlen(paths[i]));
    }
    mxcheck_config_free(config);
}

static mxcheck_status use_config(int allocations)
{
    mxcheck_config *config = NULL;
    left = allocations;
    mxcheck_status status = mxcheck_config_new(&config);
    if (status == MXCHECK_OK)
        status = mxcheck_config_set(config, "exempt-domains", "a.org, b.org");
    if (status == MXCHECK_OK)
        status = mxcheck_config_set(config, "timeout", "4s");
    if (status == MXCHECK_OK) {
        status = mxcheck_config_load(config, path);
        assert_string_equal(mxcheck_config_get(config, "timeout"), status == MXCHECK_OK ? "1s" : "4s");
    }
    left = -1;
    mxcheck_config_free(config);
    return status;
}

static void test_memory_that_runs_out_changes_nothing(void **state)
{
    static const char text[] = "timeout = 1s\nexempt-domains = c.org\n";
    int n = 0;
    (void)state;
    write_file(text, sizeof(text) - 1);
    for (;; n++) {
        mxcheck_status status = use_config(n);
        if (status == MXCHECK_OK)
            break;
        assert_int_equal(status, MXCHECK_ERR_NOMEM);
    }
    assert_true(n > 5 && n < 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_is_invalid),
        cmocka_unit_test(test_log_and_memory_are_checked),
        cmocka_unit_test(test_options_are_set_and_got),
        cmocka_unit_test(test_upstreams_are_judged_when_set),
        cmocka_unit_test(test_table_ends_with_null),
        cmocka_unit_test(test_file_sets_options),
        cmocka_unit_test(test_byte_order_mark_at_the_head_of_a_file_is_skipped),
        cmocka_unit_test(test_bad_file_changes_nothing_and_names_the_line),
        cmocka_unit_test(test_long_lines_are_refused),
        cmocka_unit_test(test_unreadable_file_is_an_error_of_the_file),
        cmocka_unit_test(test_memory_that_runs_out_changes_nothing),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
