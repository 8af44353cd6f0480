/* SPDX-License-Identifier: BSD-2-Clause */
/* context.h: a context out of a file of options, and another one when the file has changed. */
#ifndef MTA_CONTEXT_H
#define MTA_CONTEXT_H

#include <mxcheck/mxcheck.h>
#include <stdbool.h>

/* Make a context with the options of a file (NULL: with their defaults) that logs by report.h. `other`: one whose cache
 * it uses, NULL: it has its own. NULL: a line says why and, on a reload, that the configuration stays as it was. */
mxcheck_ctx *context_open(const char *path, mxcheck_ctx *other, bool is_reload);

#endif
