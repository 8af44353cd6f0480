/* SPDX-License-Identifier: BSD-2-Clause */
/* mxcheck.c: ourselves, by whole addresses. Threads share a cache; each has a context. With one
 * in flight the check blocks. With SHARES_CACHE children share a cache, too. */
#include "peer.h"

#include <mxcheck/mxcheck.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const unsigned peer_in_flight_max = 100000;

struct peer {
    mxcheck_ctx *ctx;
    int is_blocking;
    peer_done done;
    void *user;
};

static mxcheck_cache *cache;

#ifdef SHARES_CACHE
void peer_prepare_children(void)
{
    if (mxcheck_cache_new_shared(NULL, 64 << 20, &cache) != MXCHECK_OK)
        exit(1);
}
#endif

static void make_cache(void)
{
    if (cache == NULL && mxcheck_cache_new(64 << 20, &cache) != MXCHECK_OK)
        exit(1);
}

struct peer *peer_open(const struct peer_job *job)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    mxcheck_config *config;
    char upstream[64];
    struct peer *peer = calloc(1, sizeof(*peer));
    pthread_once(&once, make_cache);
    snprintf(upstream, sizeof(upstream), "%s:%u", job->address, job->port);
    if (peer == NULL || mxcheck_config_new(&config) != MXCHECK_OK ||
        mxcheck_config_set(config, "upstreams", upstream) != MXCHECK_OK ||
        mxcheck_config_set(config, "max-pending", "100000") != MXCHECK_OK ||
        mxcheck_config_set_cache(config, cache) != MXCHECK_OK || mxcheck_ctx_new(config, &peer->ctx) != MXCHECK_OK)
        exit(1);
    mxcheck_config_free(config);
    peer->is_blocking = job->in_flight == 1;
    peer->done = job->done;
    peer->user = job->user;
    return peer;
}

static void on_result(mxcheck_id id, const mxcheck_result *result, void *user)
{
    struct peer *peer = user;
    (void)id;
    peer->done(peer->user, mxcheck_result_verdict(result) == MXCHECK_VERDICT_ACCEPT);
}

void peer_ask(struct peer *peer, const char *name)
{
    char mailbox[80];
    mxcheck_result *result;
    snprintf(mailbox, sizeof(mailbox), "user@%s", name);
    if ((peer->is_blocking ? mxcheck_check_rcpt(peer->ctx, mailbox, &result)
                           : mxcheck_check(peer->ctx, MXCHECK_ROLE_RCPT, mailbox, strlen(mailbox), MXCHECK_CHECK_CACHED,
                                           0, &result)) == MXCHECK_OK) {
        on_result(0, result, peer);
        mxcheck_result_unref(result);
    } else if (mxcheck_check_rcpt_async(peer->ctx, mailbox, on_result, peer, NULL) != MXCHECK_OK) {
        exit(1);
    }
}

void peer_turn(struct peer *peer)
{
    struct pollfd due = {.fd = mxcheck_ctx_fd(peer->ctx), .events = POLLIN};
    poll(&due, 1, -1);
    mxcheck_ctx_dispatch(peer->ctx);
}

void peer_close(struct peer *peer)
{
    mxcheck_ctx_free(peer->ctx);
    free(peer);
}
