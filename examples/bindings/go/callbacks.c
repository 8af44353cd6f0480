/* SPDX-License-Identifier: BSD-2-Clause */
/* callbacks.c: C functions that hand over to exported Go functions; user data are handles, which are numbers. */
#include "_cgo_export.h"

static void on_result(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    (void)id;
    goResult((uintptr_t)user_data, mxcheck_result_ref(result));
}

static void on_log(int level, const char *line, mxcheck_id id, void *user_data)
{
    goLog(level, (char *)line, id, (uintptr_t)user_data);
}

mxcheck_status go_check_async(mxcheck_ctx *ctx, mxcheck_role role, const char *text, size_t length, uint32_t flags,
                              uint32_t timeout_ms, uintptr_t handle, mxcheck_id *id)
{
    return mxcheck_check_async(ctx, role, text, length, flags, timeout_ms, on_result, (void *)handle, id);
}

mxcheck_status go_set_log(mxcheck_config *config, int level, uintptr_t handle)
{
    return mxcheck_config_set_log(config, level, handle == 0 ? 0 : on_log, (void *)handle);
}
