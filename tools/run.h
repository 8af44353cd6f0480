/* SPDX-License-Identifier: BSD-2-Clause */
/* run.h: every address of the command line and of the files, checked. */
#ifndef MXCHECK_TOOLS_RUN_H
#define MXCHECK_TOOLS_RUN_H

#include "arguments.h"

/* Check them and print what comes of each. @returns the exit status. */
int run_checks(const struct arguments *arguments);

#endif
