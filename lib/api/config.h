/* SPDX-License-Identifier: BSD-2-Clause */
/* config.h: the inside of mxcheck_config, for those who make contexts from it. */
#ifndef MXCHECK_API_CONFIG_H
#define MXCHECK_API_CONFIG_H

#include "base/log.h"
#include "base/memory.h"
#include "facts/cache.h"
#include "options/options.h"

struct mxcheck_config {
    struct options options; /* its texts are the C library's memory */
    struct log log;
    mxcheck_cache *cache;             /* a share; NULL: each context gets its own */
    struct memory memory;             /* for contexts, not for the configuration */
    void (*release)(void *user_data); /* of asynchronous checks; NULL: nothing */
    char error[512];
};

/* What an errno means, in English; room[size] is used for what has no words. */
const char *config_name_error(int code, char *room, size_t size);

#endif
