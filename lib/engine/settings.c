/* SPDX-License-Identifier: BSD-2-Clause */
/* settings.c: frozen options and what goes with them. */
#include "engine/settings.h"

#include "base/memory.h"

static void init_resolvers(struct settings *settings)
{
    char error[256];
    struct upstreams upstreams = {.count = 0};
    const struct options *options = &settings->options;
    /* The text was found good when it was set. */
    upstreams_parse(options_get(options, "upstreams"), &upstreams, error, sizeof(error));
    if (options->resolution == RESOLUTION_RECURSIVE)
        upstreams_set_recursion(&upstreams);
    if (settings->zone != NULL)
        upstreams_set_default(&upstreams, "not asked");
    /* What a zone says is remembered for nobody else. */
    uint64_t trust = (uint64_t)options->trusts_ad + (settings->zone == NULL ? 0 : settings->zone->mark);
    resolvers_init(&settings->resolvers, &settings->process, &upstreams, trust);
}

static mxcheck_status read_zone(struct settings *settings, char *error, size_t size)
{
    const char *path = options_get(&settings->options, "test-zone");
    if (path[0] == '\0')
        return MXCHECK_OK;
    int status = test_zone_read(&settings->memory, path, &settings->zone, error, size);
    return status == 0 ? MXCHECK_OK : status == -1 ? MXCHECK_ERR_FILE : MXCHECK_ERR_NOMEM;
}

mxcheck_status settings_new(const struct memory *memory, const struct log *log, const struct options *options,
                            struct settings **made, char *error, size_t size)
{
    struct settings *settings = memory_zalloc(memory, 1, sizeof(*settings));
    if (settings == NULL)
        return MXCHECK_ERR_NOMEM;
    settings->stripes_held = STRIPES;
    settings->sleep = &settings->sleep_room;
    for (size_t i = 0; i < STRIPES; i++) {
        settings->stripes[i].settings = settings;
        settings->stripes[i].references = 1;
    }
    settings->memory = *memory;
    process_init(&settings->process);
    settings->log = *log;
    mxcheck_status status = MXCHECK_ERR_NOMEM;
    if (options_copy(options, &settings->memory, &settings->options) == 0)
        status = read_zone(settings, error, size);
    if (status != MXCHECK_OK) {
        options_clear(&settings->options, &settings->memory);
        process_clear(&settings->process);
        memory_free(memory, settings);
        return status;
    }
    init_resolvers(settings);
    *made = settings;
    return MXCHECK_OK;
}

/* Each stripe has a share of the context's beside those of results; the last one to go takes its stripe with it, and
 * the last stripe the settings. */
void settings_unshare(struct settings_stripe *stripe)
{
    if (__atomic_sub_fetch(&stripe->references, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    struct settings *settings = stripe->settings;
    if (__atomic_sub_fetch(&settings->stripes_held, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    struct memory memory = settings->memory;
    options_clear(&settings->options, &memory);
    test_zone_free(settings->zone);
    process_clear(&settings->process);
    memory_free(&memory, settings);
}

struct settings_stripe *settings_share(struct settings *settings)
{
    struct settings_stripe *stripe = &settings->stripes[stripe_here()];
    __atomic_add_fetch(&stripe->references, 1, __ATOMIC_RELAXED);
    return stripe;
}

void settings_close(struct settings *settings)
{
    if (settings == NULL)
        return;
    /* The settings may go with the last stripe. */
    for (size_t i = STRIPES; i-- > 0;)
        settings_unshare(&settings->stripes[i]);
}

uint64_t settings_sum(const struct settings *settings, mxcheck_verdict verdict, enum origin origin)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < STRIPES; i++) {
        const struct settings_stripe *stripe = &settings->stripes[i];
        sum += __atomic_load_n(&stripe->checks[verdict - MXCHECK_VERDICT_ACCEPT][origin], __ATOMIC_RELAXED);
    }
    return sum;
}
