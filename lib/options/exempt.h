/* SPDX-License-Identifier: BSD-2-Clause */
/* exempt.h: the domains of exempt-domains. */
#ifndef MXCHECK_OPTIONS_EXEMPT_H
#define MXCHECK_OPTIONS_EXEMPT_H

#include "base/memory.h"

#include <mxcheck/mxcheck.h>

#include <stdbool.h>

/* Turn a list, separated by commas and blanks, into lower-case A-labels with a space after each; a name that begins
 * with a dot keeps it. Gives *exempt, NULL for an empty list. Returns MXCHECK_OK, MXCHECK_ERR_NOMEM, or
 * MXCHECK_ERR_OPTION with a static sentence in *why. */
mxcheck_status exempt_parse(const struct memory *memory, const char *list, char **exempt, const char **why);

/* Is `domain` (lower-case A-labels) in a list that exempt_parse made? A name with a dot holds it and all below. */
bool exempt_holds(const char *exempt, const char *domain);

#endif
