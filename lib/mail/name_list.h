/* SPDX-License-Identifier: BSD-2-Clause */
/* name_list.h: lists of host and domain names, with wildcards. Pure but for the memory of a parsed list. */
#ifndef MXCHECK_MAIL_NAME_LIST_H
#define MXCHECK_MAIL_NAME_LIST_H

#include "base/memory.h"

#include <mxcheck/mxcheck.h>

#include <stdbool.h>

/* Immutable, one block. NULL is the empty list. */
struct name_list;

/* Parse names separated by commas and blanks: example.com; .example.com, it and all below; mx*.example.com, where a
 * star stands for any characters within its label. Gives *list, NULL for an empty one. Returns MXCHECK_OK,
 * MXCHECK_ERR_NOMEM, or MXCHECK_ERR_OPTION with a static sentence in *why. */
mxcheck_status name_list_parse(const struct memory *memory, const char *text, struct name_list **list,
                               const char **why);

/* Gives a copy; NULL when memory ran out, and for NULL. */
struct name_list *name_list_copy(const struct name_list *list, const struct memory *memory);

/* Takes NULL. */
void name_list_free(struct name_list *list, const struct memory *memory);

/* Is `name` (lower-case A-labels or escaped presentation form, without final dot) in the list? Takes as many steps as
 * the name has labels, times the names with stars and the logarithm of the others. Allocates nothing. */
bool name_list_holds(const struct name_list *list, const char *name);

/* Is `host` refused, by a list of those that are, or by one of those that alone are not (NULL: all)? */
static inline bool name_list_refuses(const struct name_list *refused, const struct name_list *required,
                                     const char *host)
{
    return name_list_holds(refused, host) || (required != NULL && !name_list_holds(required, host));
}

#endif
