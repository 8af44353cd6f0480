/* SPDX-License-Identifier: BSD-2-Clause */
/* listen.h: the sockets that Postfix connects to. */
#ifndef POLICY_LISTEN_H
#define POLICY_LISTEN_H

#include <stddef.h>
#include <sys/types.h>

/* Listen at "inet:HOST:PORT" or "unix:PATH"; a path gets this mode. Of port 0 the system chooses one. Gives a
 * descriptor, and says in a line where it listens; -1: a line says why not. */
int listen_at(const char *where, mode_t mode);

/* The descriptors that systemd has handed over (sd_listen_fds(3)): 3 and those behind. Gives their number. */
size_t listen_inherited(void);

enum { LISTEN_FIRST_INHERITED = 3 };

#endif
