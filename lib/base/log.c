/* SPDX-License-Identifier: BSD-2-Clause */
/* log.c: one line at a time, safe to print. */
#include "base/log.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

void log_line(const struct log *log, mxcheck_log_level level, mxcheck_id subject, const char *format, ...)
{
    char raw[512];
    char line[512];
    struct text text;
    va_list arguments;

    if (log->write == NULL || (int)level > log->max_level)
        return;
    va_start(arguments, format);
    int length = vsnprintf(raw, sizeof(raw), format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    text_init(&text, line, sizeof(line));
    text_put_escaped(&text, raw);
    log->write((int)level, line, subject, log->user_data);
}
