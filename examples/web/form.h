/* SPDX-License-Identifier: BSD-2-Clause */
/* form.h: reads application/x-www-form-urlencoded. */
#ifndef WEB_FORM_H
#define WEB_FORM_H

#include "buffer.h"

/* Put the value of a field behind what the buffer holds. False: there is no such field. */
bool form_find(const struct buffer *form, const char *name, struct buffer *value);

#endif
