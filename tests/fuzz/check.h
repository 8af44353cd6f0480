/* SPDX-License-Identifier: BSD-2-Clause */
/* check.h: what fuzz targets demand, and the words of a judgement, of which all of them demand the same. */
#ifndef MXCHECK_TESTS_FUZZ_CHECK_H
#define MXCHECK_TESTS_FUZZ_CHECK_H

#include "judge/judgement.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The entry of a target; corpus.c calls it with the files of a corpus where libFuzzer does not. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Abort, with a line on standard error that says where, unless it is so. */
#define demand(claim) ((claim) ? (void)0 : check_fail(#claim, __FILE__, __LINE__))
void check_fail(const char *claim, const char *file, int line) __attribute__((noreturn));

/* Space to tilde; with line ends where `may_break`. */
bool check_is_printable(const char *text, bool may_break);

/* A whole UTF-8 text (RFC 3629). */
bool check_is_utf8(const char *text);

/* One JSON value (RFC 8259) in ASCII without line ends, and nothing behind it. */
bool check_is_json(const char *text);

/* Gives data[size] with a NUL behind it, in a block of just that size. */
char *check_string(const uint8_t *data, size_t size);

/* Reply, hint, story and JSON of a judgement: fit for their lines, and in agreement with the verdict. */
void check_wording(const struct options *options, const struct judgement *judgement, const char *id);

#endif
