/* SPDX-License-Identifier: BSD-2-Clause */
/* resolv_conf.c: a look at the file once in a while, and a reading when it has changed. */
#include "dns/resolv_conf.h"

#include <errno.h>
#include <string.h>

/* What the file was found to be. */
enum sight { SIGHT_SERVERS, SIGHT_EMPTY, SIGHT_MISSING, SIGHT_UNREADABLE };

/* A file that was put back with its old size and time of modification still has a new time of change. */
static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static enum sight read_file(const char *path, struct upstreams *found, int *error)
{
    if (upstreams_read_resolv_conf(path, found) == 0)
        return found->count > 0 ? SIGHT_SERVERS : SIGHT_EMPTY;
    *error = errno;
    return errno == ENOENT ? SIGHT_MISSING : SIGHT_UNREADABLE;
}

static int take(struct resolv_conf *resolv_conf, const struct stat *seen, bool has_servers,
                const struct upstreams *found, struct upstreams *upstreams)
{
    resolv_conf->is_known = true;
    resolv_conf->has_servers = has_servers;
    resolv_conf->seen = *seen;
    resolv_conf->is_empty = false;
    resolv_conf->error = 0;
    *upstreams = *found;
    return 1;
}

/* Are the resolvers of before kept, because the file may be in the middle of being written? */
static bool is_patient(struct resolv_conf *resolv_conf, uint64_t now_us)
{
    if (!resolv_conf->has_servers)
        return false;
    if (!resolv_conf->is_empty) {
        resolv_conf->is_empty = true;
        resolv_conf->empty_us = now_us;
    }
    return now_us - resolv_conf->empty_us < RESOLV_CONF_PATIENCE_US;
}

/* What is seen is seen before the reading: a change in between is found at the next look. */
int resolv_conf_look(struct resolv_conf *resolv_conf, const char *path, uint64_t now_us, struct upstreams *upstreams)
{
    struct upstreams found = {.count = 0};
    struct stat seen;
    if (resolv_conf->is_known && now_us - resolv_conf->looked_us < RESOLV_CONF_LOOK_US)
        return 0;
    resolv_conf->looked_us = now_us;
    if (stat(path, &seen) != 0)
        memset(&seen, 0, sizeof(seen));
    if (resolv_conf->is_known && !resolv_conf->is_empty && is_same_file(&seen, &resolv_conf->seen))
        return 0;
    enum sight sight = read_file(path, &found, &resolv_conf->error);
    if (sight == SIGHT_SERVERS)
        return take(resolv_conf, &seen, true, &found, upstreams);
    if (sight == SIGHT_UNREADABLE)
        return resolv_conf->is_known ? 0 : -1;
    if (is_patient(resolv_conf, now_us))
        return 0;
    upstreams_set_default(&found, sight == SIGHT_MISSING ? "no /etc/resolv.conf" : "no server in /etc/resolv.conf");
    return take(resolv_conf, &seen, false, &found, upstreams);
}
