/* SPDX-License-Identifier: BSD-2-Clause */
/* context.c: a configuration that cannot be used is told in a line, and nothing has changed. */
#include "context.h"

#include "report.h"

#include <syslog.h>

static mxcheck_status configure(mxcheck_config *config, const char *path, mxcheck_ctx *other)
{
    mxcheck_status status = mxcheck_config_set_log(config, MXCHECK_LOG_WARNING, report_library, NULL);
    if (status == MXCHECK_OK && path != NULL)
        status = mxcheck_config_load(config, path);
    /* A file is opened anew, by its name: that may be another one now. */
    if (status == MXCHECK_OK && other != NULL && mxcheck_config_get(config, "cache-file")[0] == '\0')
        status = mxcheck_config_set_cache(config, mxcheck_ctx_cache(other));
    return status;
}

mxcheck_ctx *context_open(const char *path, mxcheck_ctx *other, bool is_reload)
{
    mxcheck_ctx *ctx = NULL;
    mxcheck_config *config = NULL;
    mxcheck_status status = mxcheck_config_new(&config);
    if (status == MXCHECK_OK)
        status = configure(config, path, other);
    if (status == MXCHECK_OK)
        status = mxcheck_ctx_new(config, &ctx);
    if (status != MXCHECK_OK) {
        const char *why = mxcheck_config_error(config);
        report(LOG_ERR, "%s%s", why[0] == '\0' ? mxcheck_status_text(status) : why,
               is_reload ? "; the configuration stays as it was" : "");
    }
    mxcheck_config_free(config);
    return ctx;
}
