/* SPDX-License-Identifier: BSD-2-Clause */
/* ctx.h: the inside of a context. */
#ifndef MXCHECK_API_CTX_H
#define MXCHECK_API_CTX_H

#include "engine/pool.h"

struct mxcheck_ctx {
    struct settings *settings;
    struct pool pool;
};

#endif
