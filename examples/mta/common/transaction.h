/* SPDX-License-Identifier: BSD-2-Clause */
/* transaction.h: ids for transactions that the mail server has given none yet. */
#ifndef MTA_TRANSACTION_H
#define MTA_TRANSACTION_H

enum { TRANSACTION_SIZE = 64 };

/* Write an id that no other transaction of this host has, such as "65a1b2c3.4d2.7". Any thread. */
void transaction_name(char id[TRANSACTION_SIZE]);

#endif
