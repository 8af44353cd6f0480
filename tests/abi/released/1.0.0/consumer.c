/* SPDX-License-Identifier: BSD-2-Clause */
/* consumer.c: a program of somebody else's, built against the installed library or a Meson subproject. Asks no DNS. */
#include <mxcheck/mxcheck.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    mxcheck_ctx *ctx;
    mxcheck_result *result;
    char reply[512];

    if (mxcheck_ctx_new(NULL, &ctx) != MXCHECK_OK || mxcheck_check_rcpt(ctx, "bob@foo.invalid", &result) != MXCHECK_OK)
        return 2;
    mxcheck_result_reply(result, "ID", reply, sizeof(reply));
    printf("libmxcheck %s: %s\n", mxcheck_version(), reply);
    mxcheck_result_unref(result);
    mxcheck_ctx_free(ctx);
    return strcmp(reply, "550 5.1.1 ID invalid destination domain") == 0 ? 0 : 1;
}
