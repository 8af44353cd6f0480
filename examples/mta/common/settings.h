/* SPDX-License-Identifier: BSD-2-Clause */
/* settings.h: what the command lines of the mail servers' helpers have in common. */
#ifndef MTA_SETTINGS_H
#define MTA_SETTINGS_H

#include "networks.h"

#include <getopt.h>
#include <mxcheck/mxcheck.h>
#include <stdbool.h>

struct settings {
    const char *config; /* a file of the library's options; NULL: their defaults */
    struct networks exempt_clients;
    bool exempts_senders; /* of clients that have authenticated */
    bool exempts_rcpts;   /* also what they send to */
    bool is_dry_run;
    bool logs_to_stderr;
};

/* For getopt_long(); the values lie above those of characters. */
enum {
    SETTING_CONFIG = 256,
    SETTING_EXEMPT_AUTHENTICATED,
    SETTING_EXEMPT_CLIENTS,
    SETTING_DRY_RUN,
    SETTING_LOG,
    SETTING_OWN
};

#define SETTINGS_OPTIONS                                                                                               \
    {"config", required_argument, NULL, SETTING_CONFIG},                                                               \
        {"exempt-authenticated", optional_argument, NULL, SETTING_EXEMPT_AUTHENTICATED},                               \
        {"exempt-clients", required_argument, NULL, SETTING_EXEMPT_CLIENTS},                                           \
        {"dry-run", no_argument, NULL, SETTING_DRY_RUN}, {"log", required_argument, NULL, SETTING_LOG},                \
        {"help", no_argument, NULL, 'h'},                                                                              \
    {                                                                                                                  \
        "version", no_argument, NULL, 'V'                                                                              \
    }

#define SETTINGS_HELP                                                                                                  \
    "  --config FILE                   options of the library, as in mxcheck.conf(5)\n"                                \
    "  --exempt-authenticated[=WHAT]   of clients that have authenticated, check no sender (sender, the default),\n"   \
    "                                  or nothing at all (both)\n"                                                     \
    "  --exempt-clients NETWORKS       check nothing of clients in these, such as 192.0.2.0/24,2001:db8::/32\n"        \
    "  --dry-run                       log the verdicts, and let everything pass\n"                                    \
    "  --log WHERE                     syslog (the default) or stderr\n"                                               \
    "  --help, --version\n"

/* Take one option of SETTINGS_OPTIONS. On a wrong one it says so and exits with 64. */
void settings_take(struct settings *settings, int option, char *argument, const char *program, const char *help);

/* Say it, with the program's name in front, and exit with 64 (EX_USAGE). */
_Noreturn void settings_refuse(const char *program, const char *what, const char *argument);

/* Is nothing to be checked of this role, for a client with this address, which may have authenticated? */
bool settings_exempt(const struct settings *settings, mxcheck_role role, const char *client, bool is_authenticated);

#endif
