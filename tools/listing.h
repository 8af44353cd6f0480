/* SPDX-License-Identifier: BSD-2-Clause */
/* listing.h: every option of the library, for a person or as JSON. */
#ifndef MXCHECK_TOOLS_LISTING_H
#define MXCHECK_TOOLS_LISTING_H

#include <stdbool.h>

/* Print every option with its default and help: as lines that --config takes, or as one JSON object a line. */
void listing_print(bool is_json);

#endif
