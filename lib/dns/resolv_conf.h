/* SPDX-License-Identifier: BSD-2-Clause */
/* resolv_conf.h: the resolvers of the system, and whether they are still the same. */
#ifndef MXCHECK_DNS_RESOLV_CONF_H
#define MXCHECK_DNS_RESOLV_CONF_H

#include "dns/upstreams.h"

#include <sys/stat.h>

/* How often the file is looked at, at most. */
#define RESOLV_CONF_LOOK_US 1000000

/* A file without a name server may be one that is being written: the resolvers of before stay so long. */
#define RESOLV_CONF_PATIENCE_US 3000000

/* What is known of the file. Zero it before first use. */
struct resolv_conf {
    bool is_known;    /* upstreams have been given */
    bool has_servers; /* and the file named them */
    struct stat seen; /* the file that they are of; all zero where there was none */
    bool is_empty;    /* it names nobody since then */
    uint64_t empty_us;
    uint64_t looked_us;
    int error; /* errno of a file that cannot be read */
};

/* Look whether the file is another one than at the last call, and read it then. now_us is of clock_now_us. Returns 1
 * with *upstreams written when others are to be asked than before, 0 when the same are; -1 when the file cannot be read
 * and no resolver is known. A file that is missing or names nobody means 127.0.0.1, as resolv.conf(5) says; the name of
 * that upstream says so. */
int resolv_conf_look(struct resolv_conf *resolv_conf, const char *path, uint64_t now_us, struct upstreams *upstreams);

#endif
