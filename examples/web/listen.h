/* SPDX-License-Identifier: BSD-2-Clause */
/* listen.h: the socket that clients connect to. */
#ifndef WEB_LISTEN_H
#define WEB_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* Listen at ADDRESS:PORT, such as 127.0.0.1:0 or [::1]:80, and write where, into name[size]. Gives a descriptor; -1:
 * *why says why not. Only with is_public it may be another address than one of loopback. */
int listen_at(const char *where, bool is_public, char *name, size_t size, const char **why);

/* Write an address without its port. */
void listen_address(const struct sockaddr *socket, char *address, size_t size);

#endif
