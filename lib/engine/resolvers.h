/* SPDX-License-Identifier: BSD-2-Clause */
/* resolvers.h: the upstreams of a context, from its options or from resolv.conf, for all its engines. Any thread. */
#ifndef MXCHECK_ENGINE_RESOLVERS_H
#define MXCHECK_ENGINE_RESOLVERS_H

#include "base/lock.h"
#include "base/log.h"
#include "base/process.h"
#include "dns/resolv_conf.h"

struct resolvers {
    struct process *process; /* lent */
    bool is_fixed;           /* by the options: no file is looked at */
    uint64_t trust;          /* how answers are believed, as a part of `asker` */
    uint64_t next_look_us;   /* atomic */
    uint64_t asker;          /* atomic: what is remembered under this number was said by those that are asked now */
    unsigned version;        /* atomic: another one with each change; 0: not known yet */
    struct lock lock;        /* of what follows */
    struct resolv_conf resolv_conf;
    struct upstreams upstreams; /* none: `error` says why */
    char error[128];
};

/* `fixed` are those of the options, none where resolv.conf names them. `process` is lent. */
void resolvers_init(struct resolvers *resolvers, struct process *process, const struct upstreams *fixed,
                    uint64_t trust);

/* Look whether resolv.conf has changed: at most once a second and by one thread; the others do not wait. Other calls
 * cost two reads of memory and no system call. now_us is of clock_now_us or clock_coarse_us. */
void resolvers_look(struct resolvers *resolvers, const struct log *log, uint64_t now_us);

/* Copy the upstreams. Gives their version and `asker`; when there are none, error[128] says why. */
unsigned resolvers_get(struct resolvers *resolvers, struct upstreams *upstreams, uint64_t *asker, char error[128]);

static inline unsigned resolvers_version(const struct resolvers *resolvers)
{
    return __atomic_load_n(&resolvers->version, __ATOMIC_ACQUIRE);
}

static inline uint64_t resolvers_asker(const struct resolvers *resolvers)
{
    return __atomic_load_n(&resolvers->asker, __ATOMIC_ACQUIRE);
}

#endif
