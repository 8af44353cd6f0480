/* SPDX-License-Identifier: BSD-2-Clause */
/* message.c: what the command itself has to say, on standard error. */
#include "message.h"

#include "escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

static void say(const char *format, va_list values) __attribute__((format(printf, 1, 0)));

static void say(const char *format, va_list values)
{
    char sentence[1024];

    vsnprintf(sentence, sizeof(sentence), format, values);
    fputs("mxcheck: ", stderr);
    escape_put_sentence(stderr, sentence);
    fputc('\n', stderr);
}

void message_say(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    say(format, values);
    va_end(values);
}

int message_usage(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    say(format, values);
    va_end(values);
    fputs("Try 'mxcheck --help'.\n", stderr);
    return EX_USAGE;
}
