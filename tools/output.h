/* SPDX-License-Identifier: BSD-2-Clause */
/* output.h: a result on standard output. */
#ifndef MXCHECK_TOOLS_OUTPUT_H
#define MXCHECK_TOOLS_OUTPUT_H

#include "arguments.h"
#include "terminal.h"

/* Print one result as the arguments ask and the terminal allows, and flush it; a blank line parts stories.
 * @returns MXCHECK_OK or MXCHECK_ERR_NOMEM; whether the output took it, ferror() says. */
mxcheck_status output_result(const struct arguments *arguments, const struct terminal *terminal,
                             const mxcheck_result *result, bool is_first);

#endif
