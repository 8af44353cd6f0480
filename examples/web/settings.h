/* SPDX-License-Identifier: BSD-2-Clause */
/* settings.h: the library's options, as the command line gives them: files and single ones, the later before the
 * earlier. They can be read anew. */
#ifndef WEB_SETTINGS_H
#define WEB_SETTINGS_H

#include <mxcheck/mxcheck.h>
#include <stdbool.h>
#include <stddef.h>

struct settings {
    struct setting *list;
    size_t count;
};

/* Add a file, or NAME=VALUE. The text must live as long. False: no memory. */
bool settings_add(struct settings *settings, bool is_file, const char *text);
void settings_clear(struct settings *settings);

/* Make a configuration of them. Gives EX_OK, or 64, 66 or 71 of sysexits.h, with a line in why[size]. */
int settings_read(const struct settings *settings, mxcheck_config **config, char *why, size_t size);

#endif
