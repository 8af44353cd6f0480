/* SPDX-License-Identifier: BSD-2-Clause */
/* account.c: compares what a client sent with one account. */
#define _DEFAULT_SOURCE /* b64_pton */
#include "account.h"

#include <netinet/in.h>
#include <resolv.h>
#include <stdbool.h>
#include <string.h>

enum { FIELD_MAX = 255 }; /* octets of a user name or a password, RFC 4616 section 2 */

/* Without an early end, so that the time taken does not tell how much of a guess was right. */
static bool is_same(const char *text, size_t length, const unsigned char *octets, size_t size)
{
    unsigned difference = length != size;
    for (size_t i = 0; i < size; i++)
        difference |= octets[i] ^ (unsigned char)text[length == 0 ? 0 : i % length];
    return difference == 0;
}

static bool is_account(const char *credentials, const unsigned char *user, size_t user_size,
                       const unsigned char *password, size_t password_size)
{
    const char *colon = strchr(credentials, ':');
    bool is_user = is_same(credentials, (size_t)(colon - credentials), user, user_size);
    bool is_password = is_same(colon + 1, strlen(colon + 1), password, password_size);
    return is_user && is_password;
}

enum account_answer account_check_plain(const char *credentials, const char *base64)
{
    unsigned char message[3 * FIELD_MAX + 2];
    int size = b64_pton(base64, message, sizeof(message));
    if (size < 0)
        return ACCOUNT_MALFORMED;
    unsigned char *end = message + size;
    unsigned char *user = memchr(message, '\0', (size_t)size);
    unsigned char *password = user == NULL ? NULL : memchr(user + 1, '\0', (size_t)(end - user - 1));
    if (password == NULL)
        return ACCOUNT_MALFORMED;
    user++;
    password++;
    return is_account(credentials, user, (size_t)(password - 1 - user), password, (size_t)(end - password))
               ? ACCOUNT_RIGHT
               : ACCOUNT_WRONG;
}

enum account_answer account_check_login(const char *credentials, const char *user_base64, const char *password_base64)
{
    unsigned char user[FIELD_MAX];
    unsigned char password[FIELD_MAX];
    int user_size = b64_pton(user_base64, user, sizeof(user));
    int password_size = b64_pton(password_base64, password, sizeof(password));
    if (user_size < 0 || password_size < 0)
        return ACCOUNT_MALFORMED;
    return is_account(credentials, user, (size_t)user_size, password, (size_t)password_size) ? ACCOUNT_RIGHT
                                                                                             : ACCOUNT_WRONG;
}
