/* SPDX-License-Identifier: BSD-2-Clause */
/* terminal.c: asks the system, the environment and the locale. */
#define _XOPEN_SOURCE 700 /* nl_langinfo */
#include "terminal.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool wants_colours(void)
{
    const char *no_color = getenv("NO_COLOR"); /* https://no-color.org */
    const char *term = getenv("TERM");
    return (no_color == NULL || *no_color == '\0') && term != NULL && strcmp(term, "dumb") != 0;
}

struct terminal terminal_look(void)
{
    bool is_terminal = isatty(STDOUT_FILENO) != 0;
    return (struct terminal){.has_columns = is_terminal,
                             .has_colours = is_terminal && wants_colours(),
                             .has_unicode = is_terminal && strcmp(nl_langinfo(CODESET), "UTF-8") == 0};
}
