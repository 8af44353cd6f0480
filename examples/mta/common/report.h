/* SPDX-License-Identifier: BSD-2-Clause */
/* report.h: lines to syslog, or to standard error. Any thread. */
#ifndef MTA_REPORT_H
#define MTA_REPORT_H

#include <mxcheck/mxcheck.h>
#include <stdbool.h>

void report_open(const char *program, bool to_syslog);

/* Until this, errors go to standard error in any case, where whoever starts the program sees them. */
void report_started(void);

/* Priorities of syslog(3): LOG_ERR, LOG_WARNING, LOG_INFO. */
void report(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "ID: rcpt u@x.example reject no-such-domain: 550 5.1.1 ID …, client 192.0.2.1". What is not printable is escaped. */
void report_result(const mxcheck_result *result, const char *id, const char *client, bool is_dry_run);

/* "ID: rcpt u@x.example accept mx: the shadow says reject mx-refused: 550 5.7.1 ID …". */
void report_difference(const mxcheck_result *result, const mxcheck_result *shadow, const char *id);

/* The counts of a context, in one line. */
void report_counts(const mxcheck_ctx *ctx);

/* For mxcheck_config_set_log(). */
void report_library(int level, const char *line, mxcheck_id id, void *user_data);

#endif
