/* SPDX-License-Identifier: BSD-2-Clause */
/* ctx.c: contexts, and the version. */
#include "api/ctx.h"

#include "api/config.h"
#include "base/memory.h"

const char *mxcheck_version(void)
{
    return MXCHECK_VERSION;
}

static struct settings *default_settings(void)
{
    struct options options;
    struct log silence = {0, NULL, NULL};
    options_init(&options);
    return settings_new(&memory_libc, &silence, &options);
}

mxcheck_status mxcheck_ctx_new(const mxcheck_config *config, mxcheck_ctx **made)
{
    if (made == NULL)
        return MXCHECK_ERR_INVALID;
    struct settings *settings =
        config == NULL ? default_settings() : settings_new(&config->memory, &config->log, &config->options);
    if (settings == NULL)
        return MXCHECK_ERR_NOMEM;
    mxcheck_ctx *ctx = memory_zalloc(&settings->memory, 1, sizeof(*ctx));
    if (ctx == NULL || pool_init(&ctx->pool, settings) != 0) {
        memory_free(&settings->memory, ctx);
        settings_unref(settings);
        return MXCHECK_ERR_NOMEM;
    }
    ctx->settings = settings;
    async_init(&ctx->async);
    *made = ctx;
    return MXCHECK_OK;
}

void mxcheck_ctx_free(mxcheck_ctx *ctx)
{
    if (ctx == NULL)
        return;
    struct settings *settings = ctx->settings;
    async_clear(ctx);
    pool_clear(&ctx->pool);
    memory_free(&settings->memory, ctx);
    settings_unref(settings);
}
