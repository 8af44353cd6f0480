/* SPDX-License-Identifier: BSD-2-Clause */
/* escape.h: text from outside, made safe for a terminal. */
#ifndef MXCHECK_TOOLS_ESCAPE_H
#define MXCHECK_TOOLS_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/* Put at most `limit` bytes of text. What the locale cannot show as a character of its own place, and the backslash,
 * becomes \xHH, byte by byte. Text that is longer ends in "...[N bytes]", N being its whole length. */
void escape_put(FILE *stream, const char *text, size_t limit);

#endif
