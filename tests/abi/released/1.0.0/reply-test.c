/* SPDX-License-Identifier: BSD-2-Clause */
/* reply-test.c: how a mail server tests what it says to its clients, without DNS: every answer comes out of a file.
 *
 *     reply-test ZONE
 *
 * `answer` stands for the function of the server that is under test. */
#include <mxcheck/mxcheck.h>

#include <stdio.h>
#include <string.h>

/* What the server says to RCPT TO:<address>, in reply[512]. Returns false when there is nothing to say. */
static int answer(mxcheck_ctx *ctx, const char *address, char reply[512])
{
    mxcheck_result *result;
    if (mxcheck_check_rcpt(ctx, address, &result) != MXCHECK_OK)
        return 0;
    mxcheck_result_reply(result, "4bXyZ", reply, 512);
    mxcheck_result_unref(result);
    return 1;
}

/* Each line of the zone makes one of these cases. */
static const struct {
    const char *address;
    const char *reply;
} cases[] = {
    {"bob@good.example", "250 2.1.5 4bXyZ recipient ok"},
    {"bob@no-mx.example", "250 2.1.5 4bXyZ recipient ok"},
    {"bob@no-mail.example", "556 5.1.10 4bXyZ destination domain accepts no mail"},
    {"bob@gone.example", "550 5.1.1 4bXyZ invalid destination domain"},
    {"bob@not-in-the-file.example", "550 5.1.1 4bXyZ invalid destination domain"},
    {"bob@broken.example", "451 4.4.3 4bXyZ cannot look up destination domain now, try again later"},
    {"bob@silent.example", "451 4.4.3 4bXyZ cannot look up destination domain now, try again later"},
    {"bob@forged.example", "451 4.4.3 4bXyZ cannot verify destination domain now, try again later"},
};

static mxcheck_ctx *make_ctx(const char *zone)
{
    mxcheck_ctx *ctx = NULL;
    mxcheck_config *config;
    if (mxcheck_config_new(&config) != MXCHECK_OK)
        return NULL;
    if (mxcheck_config_set(config, "test-zone", zone) != MXCHECK_OK ||
        mxcheck_config_set(config, "timeout", "100ms") != MXCHECK_OK || mxcheck_ctx_new(config, &ctx) != MXCHECK_OK)
        fprintf(stderr, "%s\n", mxcheck_config_error(config));
    mxcheck_config_free(config);
    return ctx;
}

int main(int argc, char **argv)
{
    unsigned wrong = 0;
    char reply[512];
    mxcheck_ctx *ctx = argc == 2 ? make_ctx(argv[1]) : NULL;
    if (ctx == NULL)
        return 64;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (!answer(ctx, cases[i].address, reply) || strcmp(reply, cases[i].reply) != 0) {
            printf("%s: %s\n", cases[i].address, reply);
            wrong++;
        }
    }
    printf("%u of %u replies are wrong\n", wrong, (unsigned)(sizeof(cases) / sizeof(cases[0])));
    mxcheck_ctx_free(ctx);
    return wrong > 0;
}
