/* SPDX-License-Identifier: BSD-2-Clause */
/* usage.h: the help text. */
#ifndef MXCHECK_TOOLS_USAGE_H
#define MXCHECK_TOOLS_USAGE_H

/* Put the help text on standard output. */
void usage_print(void);

#endif
