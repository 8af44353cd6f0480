/* SPDX-License-Identifier: BSD-2-Clause */
/* resolvers.c: watches resolv.conf for a context, and counts its versions. */
#include "engine/resolvers.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

#define RESOLV_CONF "/etc/resolv.conf"
#define NEVER UINT64_MAX

/* Takes the lock. If a thread of the parent held it during fork, the copy may be half done: then read the file again.
 * */
static void enter(struct resolvers *resolvers)
{
    if (lock_take(&resolvers->lock, process_self(resolvers->process)))
        memset(&resolvers->resolv_conf, 0, sizeof(resolvers->resolv_conf));
}

static void publish(struct resolvers *resolvers)
{
    uint64_t asker = upstreams_identify(&resolvers->upstreams) + resolvers->trust;
    __atomic_store_n(&resolvers->asker, asker == 0 ? 1 : asker, __ATOMIC_RELEASE);
    __atomic_add_fetch(&resolvers->version, 1, __ATOMIC_ACQ_REL);
}

void resolvers_init(struct resolvers *resolvers, struct process *process, const struct upstreams *fixed, uint64_t trust)
{
    memset(resolvers, 0, sizeof(*resolvers));
    resolvers->process = process;
    resolvers->trust = trust;
    resolvers->is_fixed = fixed->count > 0;
    if (!resolvers->is_fixed)
        return;
    resolvers->upstreams = *fixed;
    resolvers->next_look_us = NEVER;
    publish(resolvers);
}

static void note_unreadable(struct resolvers *resolvers, const struct log *log)
{
    struct text text;
    char why[128] = ""; /* strerror() may share one text among threads */
    bool is_first = resolvers->error[0] == '\0';
    (void)strerror_r(resolvers->resolv_conf.error, why, sizeof(why));
    text_init(&text, resolvers->error, sizeof(resolvers->error));
    text_printf(&text, "%s cannot be read: %s", RESOLV_CONF, why);
    if (!is_first)
        return;
    log_line(log, MXCHECK_LOG_ERROR, 0, "%s", resolvers->error);
    publish(resolvers);
}

/* With the lock. */
static void look(struct resolvers *resolvers, const struct log *log, uint64_t now_us)
{
    struct upstreams upstreams;
    int outcome = resolv_conf_look(&resolvers->resolv_conf, RESOLV_CONF, now_us, &upstreams);
    if (outcome < 0)
        note_unreadable(resolvers, log);
    if (outcome <= 0 || upstreams_are_same(&upstreams, &resolvers->upstreams))
        return;
    bool is_first = resolvers->version == 0;
    resolvers->upstreams = upstreams;
    resolvers->error[0] = '\0';
    publish(resolvers);
    if (!is_first)
        log_line(log, MXCHECK_LOG_INFO, 0, "%s has changed", RESOLV_CONF);
    if (strchr(upstreams.item[0].name, '(') != NULL)
        log_line(log, MXCHECK_LOG_WARNING, 0, "asking %s", upstreams.item[0].name);
}

void resolvers_look(struct resolvers *resolvers, const struct log *log, uint64_t now_us)
{
    uint64_t due_us = __atomic_load_n(&resolvers->next_look_us, __ATOMIC_RELAXED);
    if (now_us < due_us || due_us == NEVER)
        return;
    bool is_ours = __atomic_compare_exchange_n(&resolvers->next_look_us, &due_us, now_us + RESOLV_CONF_LOOK_US, false,
                                               __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    if (!is_ours && resolvers_version(resolvers) != 0)
        return;
    enter(resolvers);
    look(resolvers, log, now_us);
    lock_give(&resolvers->lock);
}

unsigned resolvers_get(struct resolvers *resolvers, struct upstreams *upstreams, uint64_t *asker, char error[128])
{
    enter(resolvers);
    *upstreams = resolvers->upstreams;
    *asker = resolvers_asker(resolvers);
    memcpy(error, resolvers->error, sizeof(resolvers->error));
    unsigned version = resolvers_version(resolvers);
    lock_give(&resolvers->lock);
    return version;
}
