/* SPDX-License-Identifier: BSD-2-Clause */
/* usage.c: the help text. */
#include "usage.h"

#include <stdio.h>

static const char *const lines[] = {
    "Usage: mxcheck VERB [FLAG...] [ADDRESS...]",
    "Tell whether mail to the domain of an address can be delivered.",
    "",
    "Verbs:",
    "  rcpt ADDRESS...     check as recipients (RCPT TO)",
    "  sender ADDRESS...   check as senders (MAIL FROM); <> is the null sender",
    "  explain NAME...     tell what DNS said of a domain or an address, what it",
    "                      means and what to do",
    "  options             list every option with its default, as a file for --config",
    "  version             print the version",
    "",
    "Flags:",
    "  -o NAME=VALUE       set an option; may be repeated",
    "      --cache FILE    keep the cache in FILE, for other processes and the next run",
    "      --config FILE   read options from FILE",
    "  -f, --file FILE     read addresses from FILE, one a line; - is standard input",
    "      --id ID         name the transaction in the replies",
    "      --json          print one JSON object a line",
    "  -q, --quiet         print nothing; the exit status tells",
    "  -v                  log to standard error; -vv logs more",
    "  -h, --help          print this help",
    "      --version       print the version",
    "",
    "Without an address and without -f, addresses are read from standard input.",
    "",
    "Exit status: 0 all accepted, 1 any rejected, 2 none rejected but any deferred,",
    "64 wrong usage, 65 a line that cannot be checked, 66 a file that cannot be used,",
    "70 or 71 an error of the program or the system, 74 output that cannot be written.",
};

void usage_print(void)
{
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        puts(lines[i]);
}
