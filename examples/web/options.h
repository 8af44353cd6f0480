/* SPDX-License-Identifier: BSD-2-Clause */
/* options.h: the command line. */
#ifndef WEB_OPTIONS_H
#define WEB_OPTIONS_H

#include "../mta/common/networks.h"
#include "settings.h"

#include <stdbool.h>

struct options {
    struct settings settings;
    char *listen;             /* ADDRESS:PORT */
    bool is_public;           /* may that be another address than loopback? */
    struct networks proxies;  /* whose X-Forwarded-For is believed */
    struct networks watchers; /* who may read /metrics */
    bool has_watchers;        /* are they named? */
    unsigned client_checks;   /* a minute */
    unsigned all_checks;      /* a minute */
    unsigned checks_at_once;
    unsigned connections;
    unsigned client_connections;
    unsigned list_lines;
    unsigned body_octets;
    unsigned header_octets;
    unsigned patience_s; /* for a request to come, and for a piece of its answer to be taken */
};

/* On a wrong command line it says so and exits with 64. */
void options_read(struct options *options, int argc, char **argv);
void options_clear(struct options *options);

#endif
