/* SPDX-License-Identifier: BSD-2-Clause */
/* inside.h: whether getdns can be used, in this process and on this thread.
 *
 * It counts the threads that are where getdns may hold a lock of the whole process. In a child of fork such a lock
 * stays locked for ever when another thread of the parent held it.
 *
 * There are: getdns' own around the first set-up of TLS; libunbound's of its log; those of OpenSSL, above all while it
 * fetches algorithms and loads its configuration; and, each time a number is drawn for a question, that of arc4random,
 * where the C library has none of its own (libbsd). They are held while a context is made or freed, while a datagram is
 * sent, and whenever something is done with a stream or by libunbound. Reading datagrams takes none. */
#ifndef MXCHECK_DNS_GETDNS_INSIDE_H
#define MXCHECK_DNS_GETDNS_INSIDE_H

#include <stdbool.h>

/* Call these around each such call. */
void inside_getdns_enter(void);
void inside_getdns_leave(void);

/* Call it before the first use of getdns in a process. False in a child whose parent forked while another thread was
 * inside: there a call of getdns might never return. */
bool inside_getdns_is_possible(void);

/* Is there enough stack to make a context? True when that is unknown. */
bool inside_getdns_has_stack(bool is_recursion);

#endif
