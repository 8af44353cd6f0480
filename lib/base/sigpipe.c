/* SPDX-License-Identifier: BSD-2-Clause */
/* sigpipe.c: SIGPIPE goes to the thread that wrote, so this thread can block it and take it back. */
#include "base/sigpipe.h"

#include <errno.h>
#include <time.h>

static bool is_pending(void)
{
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    return sigismember(&pending, SIGPIPE) == 1;
}

void sigpipe_hold(struct sigpipe *sigpipe)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    sigpipe->is_pending = is_pending();
    pthread_sigmask(SIG_BLOCK, &set, &sigpipe->mask);
}

void sigpipe_release(const struct sigpipe *sigpipe)
{
    const struct timespec now = {0, 0};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    if (!sigpipe->is_pending && is_pending()) {
        while (sigtimedwait(&set, NULL, &now) < 0 && errno == EINTR)
            continue;
    }
    pthread_sigmask(SIG_SETMASK, &sigpipe->mask, NULL);
}
