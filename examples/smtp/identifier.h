/* SPDX-License-Identifier: BSD-2-Clause */
/* identifier.h: names of transactions, such as piWs1j0010jifNx01iWsdh. */
#ifndef SMTP_IDENTIFIER_H
#define SMTP_IDENTIFIER_H

#define IDENTIFIER_LENGTH 22

/* Write a fresh name of letters and digits, and a NUL. */
void identifier_draw(char identifier[IDENTIFIER_LENGTH + 1]);

#endif
