/* SPDX-License-Identifier: BSD-2-Clause */
/* log.h: finished lines to whoever wants them; silence is the default. */
#ifndef MXCHECK_BASE_LOG_H
#define MXCHECK_BASE_LOG_H

#include <mxcheck/mxcheck.h>

struct log {
    int max_level; /* 0: silence */
    mxcheck_log_cb write;
    void *user_data;
};

/* Format a line, escape what is not printable ASCII, and hand it over when `level` is wanted. Cut at 511 characters. */
void log_line(const struct log *log, mxcheck_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
