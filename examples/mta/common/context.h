/* SPDX-License-Identifier: BSD-2-Clause */
/* context.h: a context out of a file of options, and another one when the file has changed. */
#ifndef MTA_CONTEXT_H
#define MTA_CONTEXT_H

#include <mxcheck/mxcheck.h>

/* Make a context with the options of a file (NULL: with their defaults) that logs by report.h. `before`: the one that
 * it takes the place of, whose cache it goes on with, or NULL. NULL: a line says why, and `before` is as it was. */
mxcheck_ctx *context_open(const char *path, mxcheck_ctx *before);

#endif
