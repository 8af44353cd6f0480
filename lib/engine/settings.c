/* SPDX-License-Identifier: BSD-2-Clause */
/* settings.c: frozen options and what goes with them. */
#include "engine/settings.h"

#include "base/memory.h"

struct settings *settings_new(const mxcheck_memory *memory, const struct log *log, const struct options *options)
{
    char error[256];
    struct settings *settings = memory_zalloc(memory, 1, sizeof(*settings));
    if (settings == NULL)
        return NULL;
    settings->references = 1;
    settings->memory = *memory;
    settings->log = *log;
    /* The text was found good when it was set. */
    upstreams_parse(options_get(options, "upstreams"), &settings->upstreams, error, sizeof(error));
    if (options->resolution == RESOLUTION_RECURSIVE)
        upstreams_set_recursion(&settings->upstreams);
    if (options_copy(options, &settings->memory, &settings->options) != 0) {
        memory_free(memory, settings);
        return NULL;
    }
    return settings;
}

struct settings *settings_ref(struct settings *settings)
{
    __atomic_add_fetch(&settings->references, 1, __ATOMIC_RELAXED);
    return settings;
}

void settings_unref(struct settings *settings)
{
    if (settings == NULL || __atomic_sub_fetch(&settings->references, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    mxcheck_memory memory = settings->memory;
    options_clear(&settings->options, &memory);
    memory_free(&memory, settings);
}
