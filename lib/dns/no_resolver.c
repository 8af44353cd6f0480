/* SPDX-License-Identifier: BSD-2-Clause */
/* no_resolver.c: answers from the loop's turn, as others do. */
#include "dns/no_resolver.h"

#include "base/memory.h"
#include "base/text.h"

struct none {
    struct resolver base; /* first */
    const struct memory *memory;
    size_t under_way;
    char why[200];
};

struct question {
    struct none *none;
    struct resolver_query *handle;
    struct loop_timer timer;
    resolver_cb callback;
    void *user;
};

static void end(struct question *question)
{
    struct none *none = question->none;
    loop_timer_clear(none->base.loop, &question->timer);
    question->handle->inner = NULL;
    none->under_way--;
    memory_free(none->memory, question);
}

static void on_timer(void *user)
{
    struct question *question = user;
    resolver_cb callback = question->callback;
    void *asker = question->user;
    const struct dns_answer answer = {.outcome = DNS_FAILURE,
                                      .rcode = -1,
                                      .failure = question->none->why,
                                      .error_code = -1,
                                      .error_text = "",
                                      .is_local = true,
                                      .blame = DNS_BLAMES_CONFIGURATION,
                                      .upstream = "",
                                      .alias = "",
                                      .zone = ""};
    end(question);
    callback(asker, &answer);
}

static int ask(struct resolver *base, const char *name, enum dns_type type, unsigned flags, uint64_t deadline_us,
               resolver_cb callback, void *user, struct resolver_query *handle)
{
    struct none *none = (struct none *)(void *)base;
    struct question *question = memory_zalloc(none->memory, 1, sizeof(*question));
    (void)name;
    (void)type;
    (void)flags;
    (void)deadline_us;
    if (question == NULL)
        return -1;
    question->none = none;
    question->handle = handle;
    question->callback = callback;
    question->user = user;
    question->timer.fire = on_timer;
    question->timer.user = question;
    if (loop_timer_set(base->loop, &question->timer, 0) != 0) {
        memory_free(none->memory, question);
        return -1;
    }
    handle->inner = question;
    none->under_way++;
    return 0;
}

static void cancel(struct resolver_query *handle)
{
    end(handle->inner);
}

static bool is_idle(const struct resolver *base)
{
    return ((const struct none *)(const void *)base)->under_way == 0;
}

static void destroy(struct resolver *base)
{
    struct none *none = (struct none *)(void *)base;
    memory_free(none->memory, none);
}

static const struct resolver_ops ops = {ask, cancel, is_idle, NULL, destroy};

struct resolver *no_resolver_new(const struct memory *memory, struct loop *loop, const char *why)
{
    struct none *none = memory_zalloc(memory, 1, sizeof(*none));
    struct text text;
    if (none == NULL)
        return NULL;
    none->base.ops = &ops;
    none->base.loop = loop;
    none->memory = memory;
    text_init(&text, none->why, sizeof(none->why));
    text_puts(&text, why);
    return &none->base;
}
