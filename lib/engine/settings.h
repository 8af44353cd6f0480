/* SPDX-License-Identifier: BSD-2-Clause */
/* settings.h: what a context was made with; frozen, shared with its results by counting. */
#ifndef MXCHECK_ENGINE_SETTINGS_H
#define MXCHECK_ENGINE_SETTINGS_H

#include "base/log.h"
#include "dns/upstreams.h"
#include "judge/options.h"

struct settings {
    unsigned references; /* atomic */
    mxcheck_memory memory;
    struct log log;
    struct options options;
    struct upstreams upstreams; /* none: those of resolv.conf */
};

/* Gives settings with a copy of everything; NULL when memory ran out. */
struct settings *settings_new(const mxcheck_memory *memory, const struct log *log, const struct options *options);

struct settings *settings_ref(struct settings *settings);
void settings_unref(struct settings *settings);

#endif
