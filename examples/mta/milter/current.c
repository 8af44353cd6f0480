/* SPDX-License-Identifier: BSD-2-Clause */
/* current.c: a context goes when it has been replaced and nobody checks by it any more. */
#include "current.h"

#include "../common/context.h"

#include <pthread.h>
#include <stdlib.h>

struct holder {
    mxcheck_ctx *ctx;
    unsigned users; /* one of them is `current` */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct holder *current;

static void let_go(struct holder *holder)
{
    pthread_mutex_lock(&mutex);
    bool is_last = --holder->users == 0;
    pthread_mutex_unlock(&mutex);
    if (!is_last)
        return;
    mxcheck_ctx_free(holder->ctx);
    free(holder);
}

static struct holder *replace(struct holder *holder)
{
    pthread_mutex_lock(&mutex);
    struct holder *before = current;
    current = holder;
    pthread_mutex_unlock(&mutex);
    return before;
}

bool current_load(const char *config)
{
    struct holder *holder = malloc(sizeof(*holder));
    if (holder == NULL)
        return false;
    struct holder *before = current_borrow();
    *holder = (struct holder){context_open(config, current_context(before), before != NULL), 1};
    if (before != NULL)
        let_go(before);
    if (holder->ctx == NULL) {
        free(holder);
        return false;
    }
    before = replace(holder);
    if (before != NULL)
        let_go(before);
    return true;
}

struct holder *current_borrow(void)
{
    pthread_mutex_lock(&mutex);
    struct holder *holder = current;
    if (holder != NULL)
        holder->users++;
    pthread_mutex_unlock(&mutex);
    return holder;
}

mxcheck_ctx *current_context(struct holder *holder)
{
    return holder == NULL ? NULL : holder->ctx;
}

void current_give_back(struct holder *holder)
{
    if (holder != NULL)
        let_go(holder);
}

void current_unload(void)
{
    struct holder *holder = replace(NULL);
    if (holder == NULL)
        return;
    mxcheck_ctx_stop(holder->ctx);
    let_go(holder);
}
