/* SPDX-License-Identifier: BSD-2-Clause */
/* terminal.h: what standard output can show: columns, colours, Unicode. Files and pipes get none of these. */
#ifndef MXCHECK_TOOLS_TERMINAL_H
#define MXCHECK_TOOLS_TERMINAL_H

#include <stdbool.h>

struct terminal {
    bool has_columns; /* a person reads it */
    bool has_colours; /* and NO_COLOR is not set, and TERM is not "dumb" */
    bool has_unicode; /* and the locale is one of UTF-8 */
};

/* What standard output is. setlocale has been called. */
struct terminal terminal_look(void);

#endif
