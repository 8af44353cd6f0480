/* SPDX-License-Identifier: BSD-2-Clause */
/* supervisor.h: signals. libmilter keeps SIGHUP for itself, and ends at it; so a process of its own takes them. */
#ifndef MILTER_SUPERVISOR_H
#define MILTER_SUPERVISOR_H

/* Call `serve` in a child, and give its exit status when it has ended. There `on_reload` and `on_counts` are called, on
 * a thread of their own, when this process gets SIGHUP or SIGUSR1. SIGTERM and SIGINT end the child. */
int supervise(int (*serve)(void), void (*on_reload)(void), void (*on_counts)(void));

#endif
