/* SPDX-License-Identifier: BSD-2-Clause */
/* log.h: finished log lines for the program, if it wants them. */
#ifndef MXCHECK_BASE_LOG_H
#define MXCHECK_BASE_LOG_H

#include <mxcheck/mxcheck.h>

struct log {
    int max_level; /* 0: silence */
    mxcheck_log_cb write;
    void *user_data;
};

/* The line is about this asynchronous check; 0: about none, or several. Format it, escape all but printable ASCII, and
 * call the log function if it wants this level. Lines are cut at 511 characters. */
void log_line(const struct log *log, mxcheck_log_level level, mxcheck_id subject, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
