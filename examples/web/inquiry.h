/* SPDX-License-Identifier: BSD-2-Clause */
/* inquiry.h: what somebody wants to know. */
#ifndef WEB_INQUIRY_H
#define WEB_INQUIRY_H

#include "checker.h"

#include <stddef.h>

struct inquiry {
    const char *text; /* the address or domain; of a list: its lines. NULL: nothing was asked */
    size_t length;
    mxcheck_role role;
    enum depth depth;
};

#endif
