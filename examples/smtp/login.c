/* SPDX-License-Identifier: BSD-2-Clause */
/* login.c: which line of the exchange comes next, and what is said to it. */
#include "login.h"

#include "account.h"

#include <string.h>
#include <strings.h>

static const char malformed[] = "501 5.5.2 cannot decode that";

static const char *ask(struct login *login, enum login_step step)
{
    login->step = step;
    switch (step) {
    case LOGIN_IDLE:
    case LOGIN_PLAIN:
        break;
    case LOGIN_USER:
        return "334 VXNlcm5hbWU6"; /* Username: */
    case LOGIN_PASSWORD:
        return "334 UGFzc3dvcmQ6"; /* Password: */
    }
    return "334 ";
}

static const char *end(struct login *login, enum account_answer answer)
{
    login->step = LOGIN_IDLE;
    switch (answer) {
    case ACCOUNT_RIGHT:
        login->is_done = true;
        return "235 2.7.0 authentication successful";
    case ACCOUNT_WRONG:
        break;
    case ACCOUNT_MALFORMED:
        return malformed;
    }
    login->failures++;
    return "535 5.7.8 authentication credentials invalid";
}

static const char *take_user(struct login *login, const char *base64)
{
    size_t length = strlen(base64);
    if (length >= sizeof(login->user)) {
        login->step = LOGIN_IDLE;
        return malformed;
    }
    memcpy(login->user, base64, length + 1);
    return ask(login, LOGIN_PASSWORD);
}

static const char *take_response(struct login *login, const char *credentials, const char *base64)
{
    switch (login->step) {
    case LOGIN_IDLE:
        break;
    case LOGIN_PLAIN:
        return end(login, account_check_plain(credentials, base64));
    case LOGIN_USER:
        return take_user(login, base64);
    case LOGIN_PASSWORD:
        return end(login, account_check_login(credentials, login->user, base64));
    }
    return malformed;
}

const char *login_begin(struct login *login, const char *credentials, char *arguments)
{
    char *initial = arguments + strcspn(arguments, " ");
    if (*initial != '\0')
        *initial++ = '\0';
    enum login_step step = strcasecmp(arguments, "PLAIN") == 0   ? LOGIN_PLAIN
                           : strcasecmp(arguments, "LOGIN") == 0 ? LOGIN_USER
                                                                 : LOGIN_IDLE;
    if (step == LOGIN_IDLE)
        return "504 5.5.4 mechanism not offered";
    const char *reply = ask(login, step);
    if (*initial == '\0')
        return reply;
    return take_response(login, credentials, strcmp(initial, "=") == 0 ? "" : initial);
}

const char *login_continue(struct login *login, const char *credentials, const char *line)
{
    if (strcmp(line, "*") != 0)
        return take_response(login, credentials, line);
    login->step = LOGIN_IDLE;
    return "501 5.7.0 authentication cancelled";
}
