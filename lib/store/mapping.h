/* SPDX-License-Identifier: BSD-2-Clause */
/* mapping.h: memory that several processes share: children of one process, or whoever opens a file. No descriptor stays
 * open. */
#ifndef MXCHECK_STORE_MAPPING_H
#define MXCHECK_STORE_MAPPING_H

#include "base/siphash.h"

#include <stddef.h>
#include <stdint.h>

#define MAPPING_HEAD_SIZE 64 /* octets in front, which are not the caller's */

struct mapping {
    unsigned char *octets; /* aligned to a page; zero behind the head when it is new */
    size_t size;
    struct siphash_key key; /* the same for all who share it */
};

/* Make memory of `size` octets that the children of this process share. Returns 0, or an errno. */
int mapping_new(size_t size, struct mapping *mapping);

/* Map the file at `path`, or begin it anew when it is of another layout, size or start of the machine; whoever has the
 * file before it mapped keeps that. The file must be a plain one of the effective user, with mode 0600 or less; it is
 * made with mode 0600, and no link is followed to it. Several processes may do this at once. Returns 0, or an errno;
 * then *why says in a few words what was wrong. */
int mapping_open(const char *path, size_t size, uint64_t layout, struct mapping *mapping, const char **why);

void mapping_close(struct mapping *mapping);

#endif
