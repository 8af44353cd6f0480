/* SPDX-License-Identifier: BSD-2-Clause */
/* parameters.h: what is asked, out of the query string or of a posted form. When memory ran out, request->text has
 * failed then. */
#ifndef WEB_PARAMETERS_H
#define WEB_PARAMETERS_H

#include "request.h"

/* Read role and depth into the inquiry. Gives NULL, or what is wrong with them. */
const char *parameters_read_choices(struct request *request);

/* Read the text in a parameter into the inquiry. False: there is none. */
bool parameters_read_text(struct request *request, const char *name);

#endif
