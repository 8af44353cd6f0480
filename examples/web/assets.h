/* SPDX-License-Identifier: BSD-2-Clause */
/* assets.h: the files of page/, which are compiled in. */
#ifndef WEB_ASSETS_H
#define WEB_ASSETS_H

#include <stddef.h>

struct asset {
    const char *path; /* "/style.css" */
    const char *type;
    const char *tag; /* a quoted ETag, of the content */
    const unsigned char *octets;
    size_t size;
};

/* The last has no path. */
extern const struct asset assets[];

#endif
