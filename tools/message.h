/* SPDX-License-Identifier: BSD-2-Clause */
/* message.h: what the command itself has to say, on standard error. */
#ifndef MXCHECK_TOOLS_MESSAGE_H
#define MXCHECK_TOOLS_MESSAGE_H

/* Say one sentence, after "mxcheck: " and escaped for a terminal; of a long one the first 1023 bytes. */
void message_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Say one, and where to read on. @returns EX_USAGE. */
int message_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
