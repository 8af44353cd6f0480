/* SPDX-License-Identifier: BSD-2-Clause */
/* settings.c: a wrong option is said and ends the program before it serves anybody. */
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

_Noreturn void settings_refuse(const char *program, const char *what, const char *argument)
{
    fprintf(stderr, "%s: %s%s\n", program, what, argument);
    exit(EX_USAGE);
}

static void take_exempt_authenticated(struct settings *settings, const char *argument, const char *program)
{
    bool is_both = argument != NULL && strcmp(argument, "both") == 0;
    if (argument != NULL && !is_both && strcmp(argument, "sender") != 0)
        settings_refuse(program, "--exempt-authenticated takes sender or both, not ", argument);
    settings->exempts_senders = true;
    settings->exempts_rcpts = is_both;
}

static void take_log(struct settings *settings, const char *argument, const char *program)
{
    settings->logs_to_stderr = strcmp(argument, "stderr") == 0;
    if (!settings->logs_to_stderr && strcmp(argument, "syslog") != 0)
        settings_refuse(program, "--log takes syslog or stderr, not ", argument);
}

static _Noreturn void show(const char *text)
{
    fputs(text, stdout);
    exit(EX_OK);
}

void settings_take(struct settings *settings, int option, char *argument, const char *program, const char *help)
{
    const char *wrong = NULL;
    switch (option) {
    case SETTING_CONFIG:
        settings->config = argument;
        return;
    case SETTING_EXEMPT_AUTHENTICATED:
        take_exempt_authenticated(settings, argument, program);
        return;
    case SETTING_EXEMPT_CLIENTS:
        if (!networks_add(&settings->exempt_clients, argument, &wrong))
            settings_refuse(program, "--exempt-clients: this is no network: ", wrong == NULL ? "(no memory)" : wrong);
        return;
    case SETTING_DRY_RUN:
        settings->is_dry_run = true;
        return;
    case SETTING_LOG:
        take_log(settings, argument, program);
        return;
    case 'h':
        show(help);
    case 'V':
        printf("%s, libmxcheck %s\n", program, mxcheck_version());
        exit(EX_OK);
    default:
        settings_refuse(program, "see --help", "");
    }
}

bool settings_exempt(const struct settings *settings, mxcheck_role role, const char *client, bool is_authenticated)
{
    if (networks_have(&settings->exempt_clients, client))
        return true;
    return is_authenticated && (role == MXCHECK_ROLE_SENDER ? settings->exempts_senders : settings->exempts_rcpts);
}
