/* SPDX-License-Identifier: BSD-2-Clause */
/* check.c: the blocking check, which is the whole road: address, facts, verdict, result. */
#include "api/ctx.h"
#include "api/result.h"

#include "base/clock.h"
#include "judge/policy.h"

/* What the address leaves open, DNS decides. */
static mxcheck_status judge_by_dns(mxcheck_ctx *ctx, mxcheck_result *result)
{
    struct engine *engine;
    struct facts *facts;
    mxcheck_status status = pool_take(&ctx->pool, &engine);
    if (status != MXCHECK_OK)
        return status;
    if (engine == NULL) {
        policy_judge_overload(&result->judgement);
        return MXCHECK_OK;
    }
    status = engine_lookup(engine, result->parsed.domain, &facts);
    pool_give(&ctx->pool, engine);
    if (status == MXCHECK_OK)
        policy_judge_facts(&ctx->settings->options, facts, &result->judgement);
    return status;
}

static mxcheck_status judge(mxcheck_ctx *ctx, mxcheck_role role, mxcheck_result *result)
{
    if (address_parse(result->address, &result->parsed) != 0)
        return MXCHECK_ERR_NOMEM;
    if (policy_judge_address(&ctx->settings->options, &result->parsed, role, &result->judgement))
        return MXCHECK_OK;
    return judge_by_dns(ctx, result);
}

static mxcheck_status check(mxcheck_ctx *ctx, mxcheck_role role, const char *address, mxcheck_result **checked)
{
    if (ctx == NULL || address == NULL || checked == NULL)
        return MXCHECK_ERR_INVALID;
    uint64_t started_us = clock_now_us();
    mxcheck_result *result = result_new(ctx->settings, address);
    if (result == NULL)
        return MXCHECK_ERR_NOMEM;
    mxcheck_status status = judge(ctx, role, result);
    if (status != MXCHECK_OK) {
        mxcheck_result_unref(result);
        return status;
    }
    result_finish(result, started_us);
    *checked = result;
    return MXCHECK_OK;
}

mxcheck_status mxcheck_check_sender(mxcheck_ctx *ctx, const char *address, mxcheck_result **result)
{
    return check(ctx, MXCHECK_ROLE_SENDER, address, result);
}

mxcheck_status mxcheck_check_rcpt(mxcheck_ctx *ctx, const char *address, mxcheck_result **result)
{
    return check(ctx, MXCHECK_ROLE_RCPT, address, result);
}
