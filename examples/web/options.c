/* SPDX-License-Identifier: BSD-2-Clause */
/* options.c: the limits are one table, for reading and for help. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const char program[] = "mxcheck-web";
static char loopback_networks[] = "127.0.0.0/8,::1";

/* A limit, a number. */
struct limit {
    const char *name;
    size_t place;
    unsigned value, least, most;
    const char *help;
};

static const struct limit limits[] = {
    {"checks-per-client", offsetof(struct options, client_checks), 2000, 1, 1000000000,
     "checks of one client address (IPv6: one /64) a minute"},
    {"checks-in-all", offsetof(struct options, all_checks), 30000, 1, 1000000000, "checks of all clients a minute"},
    {"checks-at-once", offsetof(struct options, checks_at_once), 200, 1, 1000000,
     "checks that wait for DNS at the same time; others wait for their turn"},
    {"connections", offsetof(struct options, connections), 1000, 1, 1000000, "open connections"},
    {"connections-per-client", offsetof(struct options, client_connections), 50, 1, 1000000,
     "open connections of one client address, proxies excepted"},
    {"list", offsetof(struct options, list_lines), 1000, 1, 100000, "addresses in a list"},
    {"body", offsetof(struct options, body_octets), 262144, 16, 16777216, "octets of a request's body"},
    {"header", offsetof(struct options, header_octets), 16384, 2048, 1048576, "octets of a request's line and header"},
    {"patience", offsetof(struct options, patience_s), 20, 1, 3600,
     "seconds for a request to come, and for a piece of its answer to be taken"},
};

enum {
    LIMITS = sizeof(limits) / sizeof(*limits),
    OPTION_LIMIT = 256, /* more than any character */
    OPTION_LISTEN = OPTION_LIMIT + LIMITS,
    OPTION_PUBLIC,
    OPTION_PROXIES,
    OPTION_METRICS_FROM,
    OPTION_CONFIG,
    OPTION_SET = 'o',
    OPTION_HELP = 'h'
};

static const struct option plain_options[] = {
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {"public", no_argument, NULL, OPTION_PUBLIC},
    {"proxies", required_argument, NULL, OPTION_PROXIES},
    {"metrics-from", required_argument, NULL, OPTION_METRICS_FROM},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"help", no_argument, NULL, OPTION_HELP},
};

enum { PLAIN_OPTIONS = sizeof(plain_options) / sizeof(*plain_options) };

static unsigned *place_of(struct options *options, const struct limit *limit)
{
    return (unsigned *)(void *)((char *)options + limit->place);
}

static _Noreturn void refuse(int status, const char *what, const char *argument)
{
    fprintf(stderr, "%s: %s%s%s\n", program, what, argument[0] == '\0' ? "" : ": ", argument);
    exit(status);
}

static _Noreturn void help(void)
{
    printf(
        "Usage: %s [OPTION...]\n"
        "A web page on which people look up whether mail to a domain can be delivered, and its JSON for programs.\n\n"
        "  --listen ADDRESS:PORT           where to listen (127.0.0.1:8025); of port 0 the system chooses one\n"
        "  --public                        ADDRESS may be another one than loopback\n"
        "  --proxies NETWORKS              believe X-Forwarded-For of these, such as 127.0.0.1,2001:db8::/32\n"
        "  --metrics-from NETWORKS         who may read /metrics (%s), or none\n"
        "  --config FILE                   options of the library, as in mxcheck.conf(5); SIGHUP reads it anew\n"
        "  -o NAME=VALUE                   one of them; may be repeated\n\n"
        "Limits:\n",
        program, loopback_networks);
    for (size_t i = 0; i < LIMITS; i++)
        printf("  --%-23s N     %s (%u)\n", limits[i].name, limits[i].help, limits[i].value);
    exit(EX_OK);
}

static unsigned read_number(const struct limit *limit, const char *text)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number < limit->least || number > limit->most) {
        fprintf(stderr, "%s: --%s takes a number from %u to %u\n", program, limit->name, limit->least, limit->most);
        exit(EX_USAGE);
    }
    return (unsigned)number;
}

static void read_networks(struct networks *networks, char *text)
{
    const char *wrong;
    if (!networks_add(networks, text, &wrong))
        refuse(EX_USAGE, "no network", wrong == NULL ? "" : wrong);
}

static void add_setting(struct options *options, bool is_file, const char *text)
{
    if (!settings_add(&options->settings, is_file, text))
        refuse(EX_OSERR, "no memory", "");
}

static void take(struct options *options, int option, char *argument)
{
    if (option >= OPTION_LIMIT && option < OPTION_LISTEN) {
        const struct limit *limit = &limits[option - OPTION_LIMIT];
        *place_of(options, limit) = read_number(limit, argument);
        return;
    }
    switch (option) {
    case OPTION_LISTEN:
        options->listen = argument;
        break;
    case OPTION_PUBLIC:
        options->is_public = true;
        break;
    case OPTION_PROXIES:
        read_networks(&options->proxies, argument);
        break;
    case OPTION_METRICS_FROM:
        options->has_watchers = true;
        if (strcmp(argument, "none") != 0)
            read_networks(&options->watchers, argument);
        break;
    case OPTION_CONFIG:
        add_setting(options, true, argument);
        break;
    case OPTION_SET:
        add_setting(options, false, argument);
        break;
    case OPTION_HELP:
        help();
    default:
        exit(EX_USAGE);
    }
}

static unsigned lower(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

void options_read(struct options *options, int argc, char **argv)
{
    static char listen[] = "127.0.0.1:8025";
    struct option table[PLAIN_OPTIONS + LIMITS + 1] = {{0}};
    int option;
    *options = (struct options){.listen = listen};
    memcpy(table, plain_options, sizeof(plain_options));
    for (int i = 0; i < LIMITS; i++) {
        *place_of(options, &limits[i]) = limits[i].value;
        table[PLAIN_OPTIONS + i] = (struct option){limits[i].name, required_argument, NULL, OPTION_LIMIT + i};
    }
    while ((option = getopt_long(argc, argv, "ho:", table, NULL)) != -1)
        take(options, option, optarg);
    if (optind < argc)
        refuse(EX_USAGE, "unknown argument", argv[optind]);
    /* Nobody could look more up. */
    options->list_lines = lower(options->list_lines, lower(options->client_checks, options->all_checks));
    if (!options->has_watchers)
        read_networks(&options->watchers, loopback_networks);
}

void options_clear(struct options *options)
{
    settings_clear(&options->settings);
    networks_clear(&options->proxies);
    networks_clear(&options->watchers);
}
