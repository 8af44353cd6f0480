/* SPDX-License-Identifier: BSD-2-Clause */
/* sigpipe.h: keeps a SIGPIPE that the library causes from the program, without touching its signal handlers. */
#ifndef MXCHECK_BASE_SIGPIPE_H
#define MXCHECK_BASE_SIGPIPE_H

#include <signal.h>
#include <stdbool.h>

struct sigpipe {
    sigset_t mask;   /* of this thread, as it was */
    bool is_pending; /* one was pending before: it belongs to the program */
};

/* From here to sigpipe_release a SIGPIPE of this thread is caught and dropped. */
void sigpipe_hold(struct sigpipe *sigpipe);
void sigpipe_release(const struct sigpipe *sigpipe);

#endif
