/* SPDX-License-Identifier: BSD-2-Clause */
/* mxcheck.c: the command: arguments in, one verb done, an exit status out. */
#include "arguments.h"
#include "listing.h"
#include "message.h"
#include "run.h"
#include "usage.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* A socket must not get the number of a standard stream that was closed: each is filled with one on which the
 * stream's own work fails. */
static int fill_standard_streams(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};

    for (int number = 0; number < 3; number++) {
        if (fcntl(number, F_GETFD) == -1 && open("/dev/null", modes[number]) != number)
            return -1;
    }
    return 0;
}

static int dispatch(const struct arguments *arguments)
{
    switch (arguments->verb) {
    case VERB_RCPT:
    case VERB_SENDER:
    case VERB_EXPLAIN:
        return run_checks(arguments);
    case VERB_OPTIONS:
        listing_print(arguments->is_json);
        return 0;
    case VERB_VERSION:
        printf("mxcheck %s\n", mxcheck_version());
        return 0;
    case VERB_HELP:
        usage_print();
        return 0;
    case VERB_NONE:
        break;
    }
    return EX_SOFTWARE;
}

/* What was printed counts when it has arrived; a failure that was told already is not told again. errno is that of the
 * last write, unless none has failed before. */
static int finish(int exit_status)
{
    if (exit_status == EX_IOERR || (fflush(stdout) == 0 && !ferror(stdout)))
        return exit_status;
    message_say("cannot write to standard output: %s", strerror(errno != 0 ? errno : EIO));
    return EX_IOERR;
}

int main(int argc, char **argv)
{
    struct arguments arguments;

    if (fill_standard_streams() != 0)
        return EX_OSERR;
    setlocale(LC_CTYPE, "");
    int exit_status = arguments_parse(argc, argv, &arguments);
    errno = 0;
    if (exit_status == 0)
        exit_status = finish(dispatch(&arguments));
    arguments_clear(&arguments);
    return exit_status;
}
