/* SPDX-License-Identifier: BSD-2-Clause */
/* escape.h: text from outside, made safe for a terminal. */
#ifndef MXCHECK_TOOLS_ESCAPE_H
#define MXCHECK_TOOLS_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/* Put at most `limit` bytes of text. What the locale cannot show as a character of its own place, and the backslash,
 * becomes \xHH, byte by byte. Text that is longer ends in "...[N bytes]", N being its whole length. Returns how many
 * columns of a terminal it takes. */
size_t escape_put(FILE *stream, const char *text, size_t limit);

/* The same for a sentence with words in it that have been escaped: it keeps its backslashes. */
void escape_put_sentence(FILE *stream, const char *sentence);

/* Put text in printable ASCII whose \xHH stand for UTF-8: those that come to a character that the locale can show in a
 * place of its own are put as that character, the others as they are. */
void escape_put_unicode(FILE *stream, const char *text);

#endif
