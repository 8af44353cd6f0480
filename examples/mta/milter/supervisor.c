/* SPDX-License-Identifier: BSD-2-Clause */
/* supervisor.c: the parent waits for signals and passes them on under names that libmilter leaves alone. */
#include "supervisor.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

enum { RELOAD = SIGUSR2, COUNTS = SIGUSR1 };

static void (*reload)(void);
static void (*counts)(void);

static sigset_t set_of(const int *signals)
{
    sigset_t set;
    sigemptyset(&set);
    for (; *signals != 0; signals++)
        sigaddset(&set, *signals);
    return set;
}

static const int ours[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGCHLD, 0};
static const int passed_on[] = {RELOAD, COUNTS, 0};

static void *take_signals(void *nothing)
{
    sigset_t set = set_of(passed_on);
    int signal;
    (void)nothing;
    while (sigwait(&set, &signal) == 0) {
        if (signal == RELOAD)
            reload();
        else
            counts();
    }
    return NULL;
}

/* In the child: libmilter blocks and takes what it wants; the rest is as it was, but for what take_signals waits for.
 * That thread blocks all signals: SIGTERM, which libmilter waits for elsewhere, would end the process in it. */
static int serve_in_child(int (*serve)(void), const sigset_t *before)
{
    sigset_t set = set_of(passed_on), all;
    pthread_t thread;
    sigfillset(&all);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || pthread_sigmask(SIG_BLOCK, &all, NULL) != 0 ||
        pthread_create(&thread, NULL, take_signals, NULL) != 0 || pthread_sigmask(SIG_SETMASK, before, NULL) != 0 ||
        pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
        return EX_OSERR;
    return serve();
}

/* SIGTERM may come before libmilter waits for it: that is no failure. */
static int exit_status(int status)
{
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGTERM ? EX_OK : EX_SOFTWARE;
    return WEXITSTATUS(status);
}

/* Pass signals on until the child has ended. */
static int pass_on(pid_t child)
{
    sigset_t set = set_of(ours);
    int signal, status;
    while (sigwait(&set, &signal) == 0) {
        if (signal == SIGCHLD && waitpid(child, &status, WNOHANG) == child)
            return exit_status(status);
        if (signal == SIGHUP)
            kill(child, RELOAD);
        else if (signal == SIGUSR1)
            kill(child, COUNTS);
        else if (signal == SIGTERM || signal == SIGINT)
            kill(child, SIGTERM);
    }
    return EX_SOFTWARE;
}

int supervise(int (*serve)(void), void (*on_reload)(void), void (*on_counts)(void))
{
    sigset_t set = set_of(ours), before;
    reload = on_reload;
    counts = on_counts;
    if (sigprocmask(SIG_BLOCK, &set, &before) != 0)
        return EX_OSERR;
    pid_t child = fork();
    if (child == 0)
        _exit(serve_in_child(serve, &before)); /* threads of libmilter still run: nothing may be taken down */
    return child < 0 ? EX_OSERR : pass_on(child);
}
