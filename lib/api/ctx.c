/* SPDX-License-Identifier: BSD-2-Clause */
/* ctx.c: contexts, and the version. */
#include "api/ctx.h"

#include "api/config.h"
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

const char *mxcheck_version(void)
{
    return MXCHECK_VERSION;
}

uint32_t mxcheck_version_number(void)
{
    return MXCHECK_VERSION_NUMBER;
}

static mxcheck_status default_settings(struct settings **settings)
{
    struct options options;
    struct log silence = {0, NULL, NULL};
    options_init(&options);
    return settings_new(&memory_libc, &silence, &options, settings, NULL, 0);
}

/* A configuration says what was wrong with the last use of it, though nothing else of it changes. */
static struct text begin_error(const mxcheck_config *config, const char *words)
{
    mxcheck_config *told = (mxcheck_config *)(uintptr_t)config;
    struct text text;
    text_init(&text, told->error, sizeof(told->error));
    text_puts(&text, words);
    return text;
}

static mxcheck_status make_settings(const mxcheck_config *config, struct settings **settings)
{
    char error[256] = "";
    if (config == NULL)
        return default_settings(settings);
    mxcheck_status status =
        settings_new(&config->memory, &config->log, &config->options, settings, error, sizeof(error));
    if (status == MXCHECK_ERR_FILE) {
        struct text text = begin_error(config, "option test-zone: ");
        text_puts(&text, error);
    }
    return status;
}

/* Options that contradict each other are no configuration. */
static bool is_consistent(const mxcheck_config *config)
{
    const char *upstreams = options_get(&config->options, "upstreams");
    if (config->options.resolution != RESOLUTION_RECURSIVE || upstreams[0] == '\0')
        return true;
    begin_error(config,
                "option upstreams contradicts resolution = recursive, which asks no upstream; one of them must go");
    return false;
}

static mxcheck_status open_cache_file(const mxcheck_config *config, const struct settings *settings, const char *path,
                                      mxcheck_cache **cache)
{
    const char *why;
    char room[32];
    int error = cache_new_shared(&settings->memory, path, settings->options.cache_size, cache, &why);
    if (error == 0)
        return MXCHECK_OK;
    if (error == ENOMEM)
        return MXCHECK_ERR_NOMEM;
    struct text text = begin_error(config, "option cache-file: ");
    text_put_escaped(&text, path);
    text_printf(&text, ": %s", why);
    if (error != EPERM && error != EINVAL && error != ELOOP && error != ENOENT)
        text_printf(&text, ": %s", config_name_error(error, room, sizeof(room)));
    return MXCHECK_ERR_FILE;
}

/* The cache that was given, one in a file, or one of its own. */
static mxcheck_status choose_cache(const mxcheck_config *config, const struct settings *settings, mxcheck_cache **cache)
{
    const char *path = options_get(&settings->options, "cache-file");
    *cache = config == NULL ? NULL : cache_ref(config->cache);
    if (*cache != NULL || settings->options.cache_size == 0)
        return MXCHECK_OK;
    if (path[0] != '\0')
        return open_cache_file(config, settings, path, cache);
    *cache = cache_new(&settings->memory, settings->options.cache_size);
    return *cache == NULL ? MXCHECK_ERR_NOMEM : MXCHECK_OK;
}

mxcheck_status mxcheck_ctx_new(const mxcheck_config *config, mxcheck_ctx **made)
{
    mxcheck_cache *cache = NULL;
    if (made == NULL)
        return MXCHECK_ERR_INVALID;
    *made = NULL;
    if (config != NULL && !is_consistent(config))
        return MXCHECK_ERR_OPTION;
    struct settings *settings;
    mxcheck_status status = make_settings(config, &settings);
    if (status != MXCHECK_OK)
        return status;
    mxcheck_ctx *ctx = memory_zalloc(&settings->memory, 1, sizeof(*ctx));
    status = ctx == NULL ? MXCHECK_ERR_NOMEM : choose_cache(config, settings, &cache);
    if (status == MXCHECK_OK && pool_init(&ctx->pool, settings, cache) != 0)
        status = MXCHECK_ERR_NOMEM;
    if (status != MXCHECK_OK) {
        cache_unref(cache);
        memory_free(&settings->memory, ctx);
        settings_close(settings);
        return status;
    }
    ctx->settings = settings;
    ctx->cache = cache;
    ctx->release = config == NULL ? NULL : config->release;
    background_init(&ctx->background, settings, cache);
    async_init(&ctx->async);
    ctx->ownership.owner = process_self(&settings->process);
    *made = ctx;
    return MXCHECK_OK;
}

/* Only the thread that called fork exists in the child. What other threads were doing stays as it is, perhaps half
 * done. */
void ctx_start_afresh(mxcheck_ctx *ctx, uint32_t self)
{
    async_abandon(&ctx->async);
    background_abandon(&ctx->background);
    pool_abandon(&ctx->pool);
    ownership_settle(&ctx->ownership, self);
}

void mxcheck_ctx_free(mxcheck_ctx *ctx)
{
    if (ctx == NULL)
        return;
    struct settings *settings = ctx->settings;
    ctx_enter(ctx);
    async_clear(ctx);
    background_clear(&ctx->background);
    pool_clear(&ctx->pool);
    cache_unref(ctx->cache);
    memory_free(&settings->memory, ctx);
    settings_close(settings);
}

mxcheck_status mxcheck_ctx_stop(mxcheck_ctx *ctx)
{
    if (ctx == NULL)
        return MXCHECK_ERR_INVALID;
    settings_stop(ctx->settings);
    return MXCHECK_OK;
}

mxcheck_cache *mxcheck_ctx_cache(mxcheck_ctx *ctx)
{
    return ctx == NULL ? NULL : ctx->cache;
}

static uint64_t sum_verdict(const struct settings *settings, mxcheck_verdict verdict)
{
    uint64_t sum = 0;
    for (int origin = 0; origin < ORIGINS; origin++)
        sum += settings_sum(settings, verdict, (enum origin)origin);
    return sum;
}

static uint64_t sum_origin(const struct settings *settings, enum origin origin)
{
    return settings_sum(settings, MXCHECK_VERDICT_ACCEPT, origin) +
           settings_sum(settings, MXCHECK_VERDICT_DEFER, origin) +
           settings_sum(settings, MXCHECK_VERDICT_REJECT, origin);
}

/* The caller's struct may be an older one, shorter than ours, or a newer one, longer. */
mxcheck_status mxcheck_ctx_stats(const mxcheck_ctx *ctx, mxcheck_stats *stats, size_t size)
{
    struct cache_counts counts = {0, 0, 0};
    if (ctx == NULL || stats == NULL || size < sizeof(stats->checks))
        return MXCHECK_ERR_INVALID;
    const struct settings *settings = ctx->settings;
    if (ctx->cache != NULL)
        cache_count(ctx->cache, &counts);
    mxcheck_stats known = {
        .accepted = sum_verdict(settings, MXCHECK_VERDICT_ACCEPT),
        .deferred = sum_verdict(settings, MXCHECK_VERDICT_DEFER),
        .rejected = sum_verdict(settings, MXCHECK_VERDICT_REJECT),
        .hits = sum_origin(settings, ORIGIN_MEMORY),
        .misses = sum_origin(settings, ORIGIN_DNS),
        .stale = sum_origin(settings, ORIGIN_STALE),
        .lookups = __atomic_load_n(&settings->lookups, __ATOMIC_RELAXED),
        .prefetches = __atomic_load_n(&settings->prefetches, __ATOMIC_RELAXED),
        .queries = __atomic_load_n(&settings->queries[RESOLVER_QUERIES], __ATOMIC_RELAXED),
        .retries = __atomic_load_n(&settings->queries[RESOLVER_RETRIES], __ATOMIC_RELAXED),
        .timeouts = __atomic_load_n(&settings->queries[RESOLVER_TIMEOUTS], __ATOMIC_RELAXED),
        .evictions = counts.evictions,
        .domains = counts.domains,
        .bytes = counts.bytes,
        .outages = __atomic_load_n(&settings->outages, __ATOMIC_RELAXED),
    };
    known.checks = known.accepted + known.deferred + known.rejected;
    memset(stats, 0, size);
    memcpy(stats, &known, size < sizeof(known) ? size : sizeof(known));
    return MXCHECK_OK;
}
