/* SPDX-License-Identifier: BSD-2-Clause */
/* sigpipe.h: keep a SIGPIPE that our writing causes from reaching the host, without touching its handlers. */
#ifndef MXCHECK_BASE_SIGPIPE_H
#define MXCHECK_BASE_SIGPIPE_H

#include <signal.h>
#include <stdbool.h>

struct sigpipe {
    sigset_t mask;   /* of this thread, as it was */
    bool is_pending; /* one was pending before: it is the host's */
};

/* From here to sigpipe_release a SIGPIPE of this thread is caught and dropped. */
void sigpipe_hold(struct sigpipe *sigpipe);
void sigpipe_release(const struct sigpipe *sigpipe);

#endif
