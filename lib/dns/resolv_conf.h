/* SPDX-License-Identifier: BSD-2-Clause */
/* resolv_conf.h: the resolvers of the system, and whether they are still the same. */
#ifndef MXCHECK_DNS_RESOLV_CONF_H
#define MXCHECK_DNS_RESOLV_CONF_H

#include "dns/upstreams.h"

#include <sys/stat.h>

/* How often the file is looked at, at most. */
#define RESOLV_CONF_LOOK_US 1000000

/* What is known of the file. Zero it before first use. */
struct resolv_conf {
    bool is_read;
    bool is_missing;
    struct stat seen; /* as it was when it was read */
    uint64_t looked_us;
};

/* Look whether the file is another one than at the last call, and read it then. now_us is of clock_now_us. Returns 1
 * with *upstreams written when it was read, 0 when it is as it was, -1 when it cannot be read. */
int resolv_conf_look(struct resolv_conf *resolv_conf, const char *path, uint64_t now_us, struct upstreams *upstreams);

#endif
