/* SPDX-License-Identifier: BSD-2-Clause */
/* name_list.h: lists of host and domain names, with wildcards. Pure but for the memory of a parsed list. */
#ifndef MXCHECK_MAIL_NAME_LIST_H
#define MXCHECK_MAIL_NAME_LIST_H

#include "base/memory.h"

#include <mxcheck/mxcheck.h>

#include <stdbool.h>

/* Parse names separated by commas and blanks: example.com; .example.com, it and all below; mx*.example.com, where a
 * star stands for any characters within its label. Gives *names, lower-case A-labels with a space after each, NULL for
 * an empty list. Returns MXCHECK_OK, MXCHECK_ERR_NOMEM, or MXCHECK_ERR_OPTION with a static sentence in *why. */
mxcheck_status name_list_parse(const struct memory *memory, const char *list, char **names, const char **why);

/* Is `name` (lower-case A-labels or escaped presentation form, without final dot) in a list that name_list_parse made?
 * NULL is the empty list. */
bool name_list_holds(const char *names, const char *name);

/* Is `host` refused, by a list of those that are, or by one of those that alone are not (NULL: all)? */
static inline bool name_list_refuses(const char *refused, const char *required, const char *host)
{
    return name_list_holds(refused, host) || (required != NULL && !name_list_holds(required, host));
}

#endif
