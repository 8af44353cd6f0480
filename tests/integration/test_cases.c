/* SPDX-License-Identifier: BSD-2-Clause */
/* test_cases.c: every case of tests/cases in both roles, a subtest each, checked side by side on one context:
 * by blocking checks on many threads, or by asynchronous ones on one.
 * usage: test-cases records|targets blocking|async FILE ... */
#include "support.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 32, COLUMNS = 8, MOST = 4000 };

struct row {
    char name[128];
    char address[512];
    char expected[64];
    mxcheck_role role;
    mxcheck_status status;
    mxcheck_result *result;
};

static struct row rows[MOST];
static size_t row_count;
static size_t next_row;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static mxcheck_ctx *ctx;
static const char *depth;

/* All networks that are forbidden but those of documentation, from which the cases take their good addresses. */
static const char forbidden[] = "0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, "
                                "192.168.0.0/16, 224.0.0.0/4, 240.0.0.0/4, ::/128, ::1/128, fc00::/7, fe80::/10, "
                                "ff00::/8";

static void die(const char *what)
{
    fprintf(stderr, "test-cases: %s\n", what);
    exit(1);
}

/* Turns \xNN and \\ into the octets that they stand for. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; to++) {
        unsigned octet;
        if (sscanf(from, "\\x%2x", &octet) == 1) {
            *to = (char)octet;
            from += 4;
        } else {
            from += from[0] == '\\' && from[1] == '\\';
            *to = *from++;
        }
    }
    *to = '\0';
}

static void copy(char *to, size_t size, const char *from)
{
    if (snprintf(to, size, "%s", from) >= (int)size)
        die("a column is too long");
}

static void add_row(char *const columns[], mxcheck_role role)
{
    size_t column = strcmp(depth, "targets") == 0 ? 5 : 3;
    if (role == MXCHECK_ROLE_RCPT)
        column++;
    if (row_count == MOST)
        die("too many cases");
    struct row *row = &rows[row_count++];
    snprintf(row->name, sizeof(row->name), "%s/%s %s %s", columns[0], columns[1], mxcheck_role_name(role), depth);
    copy(row->address, sizeof(row->address), columns[2]);
    copy(row->expected, sizeof(row->expected), columns[column]);
    unescape(row->address);
    row->role = role;
}

static void read_line(char *line)
{
    char *columns[COLUMNS] = {NULL};
    size_t count = 0;
    line[strcspn(line, "\n")] = '\0';
    for (char *at = line; at != NULL && count < COLUMNS; count++) {
        char *tab = strchr(at, '\t');
        columns[count] = at;
        if (tab != NULL)
            *tab++ = '\0';
        at = tab;
    }
    if (count < COLUMNS - 1)
        die("a case has too few columns");
    add_row(columns, MXCHECK_ROLE_SENDER);
    add_row(columns, MXCHECK_ROLE_RCPT);
}

static void read_cases(const char *path)
{
    char line[2048];
    FILE *file = fopen(path, "r");
    if (file == NULL)
        die(path);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (line[0] != '#' && line[0] != '\n')
            read_line(line);
    }
    fclose(file);
}

static struct row *take_row(void)
{
    pthread_mutex_lock(&lock);
    struct row *row = next_row < row_count ? &rows[next_row++] : NULL;
    pthread_mutex_unlock(&lock);
    return row;
}

static void *check_rows(void *unused)
{
    (void)unused;
    for (struct row *row; (row = take_row()) != NULL;) {
        row->status = row->role == MXCHECK_ROLE_SENDER ? mxcheck_check_sender(ctx, row->address, &row->result)
                                                       : mxcheck_check_rcpt(ctx, row->address, &row->result);
    }
    return NULL;
}

static int check_all_blocking(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, check_rows, NULL) != 0)
            die("no thread");
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}

static void keep(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    struct row *row = user_data;
    (void)id;
    if (row->result != NULL)
        die("a second callback for one check");
    row->result = mxcheck_result_ref(result);
}

static int check_all_async(void **state)
{
    (void)state;
    for (struct row *row; (row = take_row()) != NULL;) {
        row->status = row->role == MXCHECK_ROLE_SENDER ? mxcheck_check_sender_async(ctx, row->address, keep, row, NULL)
                                                       : mxcheck_check_rcpt_async(ctx, row->address, keep, row, NULL);
    }
    struct pollfd due = {.fd = mxcheck_ctx_fd(ctx), .events = POLLIN};
    while (mxcheck_ctx_pending(ctx) > 0) {
        if (poll(&due, 1, 10000) != 1)
            die("the descriptor was not readable in time");
        mxcheck_ctx_dispatch(ctx);
    }
    return 0;
}

static int release_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < row_count; i++)
        mxcheck_result_unref(rows[i].result);
    mxcheck_ctx_free(ctx);
    return 0;
}

static bool is_expected(const struct row *row, const char *reason)
{
    char words[sizeof(row->expected)];
    copy(words, sizeof(words), row->expected);
    char *rest = words;
    for (char *word; (word = strtok_r(rest, "|", &rest)) != NULL;) {
        if (strcmp(word, reason) == 0)
            return true;
    }
    return false;
}

/* The reason's number tells its verdict: below 100, below 200, from 200. */
static mxcheck_verdict verdict_of(int reason)
{
    int number = (int)reason;
    return number < 100 ? MXCHECK_VERDICT_ACCEPT : number < 200 ? MXCHECK_VERDICT_REJECT : MXCHECK_VERDICT_DEFER;
}

static void test_case_comes_to_its_reason(void **state)
{
    static const int classes[] = {
        [MXCHECK_VERDICT_ACCEPT] = 2, [MXCHECK_VERDICT_DEFER] = 4, [MXCHECK_VERDICT_REJECT] = 5};
    const struct row *row = *state;
    assert_int_equal(row->status, MXCHECK_OK);
    int reason = mxcheck_result_reason(row->result);
    if (!is_expected(row, mxcheck_reason_name(reason)))
        fail_msg("<%s> as %s: %s, not %s", row->address, mxcheck_role_name(row->role), mxcheck_reason_name(reason),
                 row->expected);
    mxcheck_verdict verdict = mxcheck_result_verdict(row->result);
    assert_int_equal(verdict, verdict_of(reason));
    assert_int_equal(mxcheck_result_smtp_code(row->result) / 100, classes[verdict]);
    assert_int_equal(mxcheck_result_role(row->result), row->role);
    assert_string_equal(mxcheck_result_address(row->result), row->address);
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[MOST];
    if (argc < 4)
        die("usage: test-cases records|targets blocking|async FILE ...");
    depth = argv[1];
    for (int i = 3; i < argc; i++)
        read_cases(argv[i]);

    const struct setting records[] = {{"depth", "records"}, {"max-pending", "4000"}, {NULL, NULL}};
    const struct setting targets[] = {
        {"depth", "targets"}, {"max-pending", "4000"}, {"forbidden-networks", forbidden}, {NULL, NULL}};
    ctx = support_ctx(strcmp(depth, "targets") == 0 ? targets : records);
    if (ctx == NULL)
        die("no context");
    for (size_t i = 0; i < row_count; i++) {
        tests[i].name = rows[i].name;
        tests[i].test_func = test_case_comes_to_its_reason;
        tests[i].initial_state = &rows[i];
    }
    return _cmocka_run_group_tests("cases", tests, row_count,
                                   strcmp(argv[2], "async") == 0 ? check_all_async : check_all_blocking, release_all);
}
