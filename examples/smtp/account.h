/* SPDX-License-Identifier: BSD-2-Clause */
/* account.h: who may log in by AUTH PLAIN and AUTH LOGIN (RFC 4954, RFC 4616). Credentials are "USER:PASSWORD". */
#ifndef SMTP_ACCOUNT_H
#define SMTP_ACCOUNT_H

enum account_answer { ACCOUNT_WRONG, ACCOUNT_RIGHT, ACCOUNT_MALFORMED };

/* Judge what came for PLAIN: base64 of "authorisation identity NUL user NUL password". */
enum account_answer account_check_plain(const char *credentials, const char *base64);

/* Judge what came for LOGIN: base64 of the user name, and of the password. */
enum account_answer account_check_login(const char *credentials, const char *user_base64, const char *password_base64);

#endif
