/* SPDX-License-Identifier: BSD-2-Clause */
/* resolv_conf.c: a look at the file once in a while, and a reading when it has changed. */
#include "dns/resolv_conf.h"

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* What is seen is seen before the reading: a change in between is found at the next look. */
int resolv_conf_look(struct resolv_conf *resolv_conf, const char *path, uint64_t now_us, struct upstreams *upstreams)
{
    struct stat seen;
    if (resolv_conf->is_read && now_us - resolv_conf->looked_us < RESOLV_CONF_LOOK_US)
        return 0;
    resolv_conf->looked_us = now_us;
    bool is_missing = stat(path, &seen) != 0;
    if (resolv_conf->is_read && is_missing == resolv_conf->is_missing &&
        (is_missing || is_same_file(&seen, &resolv_conf->seen)))
        return 0;
    if (upstreams_read_resolv_conf(path, upstreams) != 0)
        return -1;
    resolv_conf->is_read = true;
    resolv_conf->is_missing = is_missing;
    if (!is_missing)
        resolv_conf->seen = seen;
    return 1;
}
