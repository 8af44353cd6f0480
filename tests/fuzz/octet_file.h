/* SPDX-License-Identifier: BSD-2-Clause */
/* octet_file.h: octets as a file, for what reads one by its path. */
#ifndef MXCHECK_TESTS_FUZZ_OCTET_FILE_H
#define MXCHECK_TESTS_FUZZ_OCTET_FILE_H

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The one file of a process, in memory; its path stays. */
static inline const char *octet_file(const uint8_t *data, size_t size)
{
    static char path[32];
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("octets", 0);
        demand(fd >= 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    demand(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    return path;
}

#endif
