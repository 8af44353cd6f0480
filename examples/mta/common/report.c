/* SPDX-License-Identifier: BSD-2-Clause */
/* report.c: each line goes out by one call, so that those of several threads do not mix. */
#include "report.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

enum { LINE = 2048, ADDRESS = 512, REPLY = 512 };

static const char *name = "";
static bool is_syslog;
static atomic_bool has_started;

void report_open(const char *program, bool to_syslog)
{
    name = program;
    is_syslog = to_syslog;
    if (is_syslog)
        openlog(program, LOG_PID, LOG_MAIL);
}

void report_started(void)
{
    has_started = true;
}

static void write_line(const char *line)
{
    char whole[LINE + 64];
    int length = snprintf(whole, sizeof(whole), "%s: %s\n", name, line);
    size_t size = (size_t)length < sizeof(whole) ? (size_t)length : sizeof(whole) - 1;
    if (write(STDERR_FILENO, whole, size) < 0)
        return; /* nobody reads */
}

void report(int priority, const char *format, ...)
{
    char line[LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (is_syslog)
        syslog(priority, "%s", line);
    if (!is_syslog || (priority <= LOG_ERR && !has_started))
        write_line(line);
}

/* As much of text[length] as fits, in printable ASCII. */
static void escape(char *out, size_t size, const char *text, size_t length)
{
    size_t used = 0;
    for (size_t i = 0; i < length && used + 5 < size; i++) {
        unsigned char octet = (unsigned char)text[i];
        bool is_plain = octet < 0x80 && isprint(octet) && octet != '\\';
        used += (size_t)snprintf(out + used, size - used, is_plain ? "%c" : "\\x%02x", octet);
    }
    out[used] = '\0';
}

void report_result(const mxcheck_result *result, const char *id, const char *client, bool is_dry_run)
{
    char address[ADDRESS], reply[REPLY], from[64], transaction[128];
    escape(address, sizeof(address), mxcheck_result_address(result), mxcheck_result_address_length(result));
    escape(from, sizeof(from), client, strlen(client));
    escape(transaction, sizeof(transaction), id, strlen(id));
    mxcheck_result_reply(result, id, reply, sizeof(reply));
    report(LOG_INFO, "%s: %s %s %s %s: %s%s%s%s", transaction[0] == '\0' ? "-" : transaction,
           mxcheck_role_name(mxcheck_result_role(result)), address[0] == '\0' ? "<>" : address,
           mxcheck_verdict_name(mxcheck_result_verdict(result)), mxcheck_reason_name(mxcheck_result_reason(result)),
           reply, from[0] == '\0' ? "" : ", client ", from, is_dry_run ? ", dry run" : "");
}

void report_difference(const mxcheck_result *result, const mxcheck_result *shadow, const char *id)
{
    char address[ADDRESS], reply[REPLY], transaction[128];
    escape(address, sizeof(address), mxcheck_result_address(result), mxcheck_result_address_length(result));
    escape(transaction, sizeof(transaction), id, strlen(id));
    mxcheck_result_reply(shadow, id, reply, sizeof(reply));
    report(LOG_INFO, "%s: %s %s %s %s: the shadow says %s %s: %s", transaction,
           mxcheck_role_name(mxcheck_result_role(result)), address[0] == '\0' ? "<>" : address,
           mxcheck_verdict_name(mxcheck_result_verdict(result)), mxcheck_reason_name(mxcheck_result_reason(result)),
           mxcheck_verdict_name(mxcheck_result_verdict(shadow)), mxcheck_reason_name(mxcheck_result_reason(shadow)),
           reply);
}

void report_counts(const mxcheck_ctx *ctx)
{
    char line[LINE] = "";
    size_t used = 0;
    mxcheck_stats stats;
    if (mxcheck_ctx_stats(ctx, &stats, sizeof(stats)) != MXCHECK_OK)
        return;
    const uint64_t *numbers = (const uint64_t *)&stats;
    for (size_t i = 0; i < sizeof(stats) / sizeof(*numbers) && used < sizeof(line); i++)
        used += (size_t)snprintf(line + used, sizeof(line) - used, " %s=%" PRIu64, mxcheck_stats_name(i), numbers[i]);
    report(LOG_INFO, "counts:%s", line);
}

void report_library(int level, const char *line, mxcheck_id id, void *user_data)
{
    (void)id;
    (void)user_data;
    report(level == MXCHECK_LOG_ERROR ? LOG_ERR : level == MXCHECK_LOG_WARNING ? LOG_WARNING : LOG_INFO, "%s", line);
}
