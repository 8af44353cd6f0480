/* SPDX-License-Identifier: BSD-2-Clause */
/* contexts.c: a context that another has taken the place of goes when its last check has ended. */
#include "contexts.h"

#include "../common/context.h"
#include "../common/report.h"
#include "shadow.h"

#include <stdlib.h>
#include <syslog.h>

/* A context and its shadow, each with its watch. */
struct generation {
    mxcheck_ctx *ctx;
    struct event *watch;
    struct shadow *shadow; /* or NULL */
    struct event *shadow_watch;
    struct generation *next;
};

struct contexts {
    struct event_base *base;
    const char *config, *shadow_config;
    struct generation *generations; /* the first is the one in use */
};

static void free_generation(struct generation *generation)
{
    if (generation->watch != NULL)
        event_free(generation->watch);
    if (generation->shadow_watch != NULL)
        event_free(generation->shadow_watch);
    mxcheck_ctx_free(generation->ctx);
    shadow_free(generation->shadow);
    free(generation);
}

static bool has_checks(const struct generation *generation)
{
    return mxcheck_ctx_pending(generation->ctx) != 0 ||
           (generation->shadow != NULL && mxcheck_ctx_pending(shadow_ctx(generation->shadow)) != 0);
}

/* Free those behind the first that have nothing left to do. */
static void drop_retired(struct contexts *contexts)
{
    for (struct generation **place = &contexts->generations->next; *place != NULL;) {
        struct generation *generation = *place;
        if (has_checks(generation)) {
            place = &generation->next;
            continue;
        }
        *place = generation->next;
        free_generation(generation);
    }
}

static void on_ready(evutil_socket_t fd, short what, void *user_data)
{
    struct contexts *contexts = user_data;
    (void)what;
    for (struct generation *generation = contexts->generations; generation != NULL; generation = generation->next) {
        if (event_get_fd(generation->watch) == fd)
            mxcheck_ctx_dispatch(generation->ctx);
        else if (generation->shadow != NULL && event_get_fd(generation->shadow_watch) == fd)
            mxcheck_ctx_dispatch(shadow_ctx(generation->shadow));
        else
            continue;
        break;
    }
    drop_retired(contexts);
}

/* NULL: no memory, or no descriptor, which event_new() would take as well. */
static struct event *watch(struct contexts *contexts, mxcheck_ctx *ctx)
{
    bool is_reload = contexts->generations != NULL;
    int fd = mxcheck_ctx_fd(ctx);
    struct event *event = fd < 0 ? NULL : event_new(contexts->base, fd, EV_READ | EV_PERSIST, on_ready, contexts);
    if (event != NULL && event_add(event, NULL) == 0)
        return event;
    if (event != NULL)
        event_free(event);
    report(LOG_ERR, "no memory, or no descriptor, for a context%s",
           is_reload ? "; the configuration stays as it was" : "");
    return NULL;
}

static bool add_shadow(struct contexts *contexts, struct generation *generation)
{
    if (contexts->shadow_config == NULL)
        return true;
    mxcheck_ctx *ctx = context_open(contexts->shadow_config, generation->ctx, contexts->generations != NULL);
    generation->shadow = ctx == NULL ? NULL : shadow_new(ctx);
    generation->shadow_watch = generation->shadow == NULL ? NULL : watch(contexts, ctx);
    return generation->shadow_watch != NULL;
}

/* Make a generation the one in use. */
static bool begin_generation(struct contexts *contexts)
{
    mxcheck_ctx *before = contexts->generations == NULL ? NULL : contexts->generations->ctx;
    struct generation *generation = calloc(1, sizeof(*generation));
    if (generation == NULL)
        return false;
    generation->ctx = context_open(contexts->config, before, before != NULL);
    generation->watch = generation->ctx == NULL ? NULL : watch(contexts, generation->ctx);
    if (generation->watch == NULL || !add_shadow(contexts, generation)) {
        free_generation(generation);
        return false;
    }
    generation->next = contexts->generations;
    contexts->generations = generation;
    return true;
}

struct contexts *contexts_new(struct event_base *base, const char *config, const char *shadow_config)
{
    struct contexts *contexts = calloc(1, sizeof(*contexts));
    if (contexts == NULL)
        return NULL;
    *contexts = (struct contexts){.base = base, .config = config, .shadow_config = shadow_config};
    if (begin_generation(contexts))
        return contexts;
    free(contexts);
    return NULL;
}

void contexts_free(struct contexts *contexts)
{
    while (contexts->generations != NULL) {
        struct generation *generation = contexts->generations;
        contexts->generations = generation->next;
        free_generation(generation);
    }
    free(contexts);
}

void contexts_reload(struct contexts *contexts)
{
    if (!begin_generation(contexts))
        return;
    drop_retired(contexts);
    report(LOG_INFO, "the configuration has been read anew");
}

void contexts_report_counts(const struct contexts *contexts)
{
    report_counts(contexts->generations->ctx);
    shadow_report_counts(contexts->generations->shadow);
}

mxcheck_ctx *contexts_current(const struct contexts *contexts)
{
    return contexts->generations->ctx;
}

struct shadow *contexts_shadow(const struct contexts *contexts)
{
    return contexts->generations->shadow;
}
