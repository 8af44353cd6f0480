/* SPDX-License-Identifier: BSD-2-Clause */
/* command.h: one line of an SMTP client, taken apart (RFC 5321 section 4.1). */
#ifndef SMTP_COMMAND_H
#define SMTP_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

enum command_verb {
    COMMAND_UNKNOWN,
    COMMAND_HELO,
    COMMAND_EHLO,
    COMMAND_MAIL,
    COMMAND_RCPT,
    COMMAND_DATA,
    COMMAND_RSET,
    COMMAND_NOOP,
    COMMAND_QUIT,
    COMMAND_VRFY,
    COMMAND_AUTH,
    COMMAND_HELP,
    COMMAND_EXPN
};

struct command {
    enum command_verb verb;
    char *arguments; /* what follows the verb, without blanks at its ends; "" when nothing does */
};

/* A reverse-path or a forward-path with its parameters. */
struct command_path {
    char *address;    /* what stands between the brackets */
    char *parameters; /* "SIZE=1000 BODY=8BITMIME", "" when none */
};

/* Take a line without its CRLF apart, in place: the parts point into it. */
struct command command_parse(char *line);

/* Take "FROM:<path> parameters" or "TO:<path> parameters" apart, in place. False when it is not of that shape. */
bool command_parse_path(char *arguments, const char *keyword, struct command_path *path);

/* Give the next KEYWORD or KEYWORD=VALUE of parameters, which must begin as command_path gave them and moves on.
 * *value is NULL for a keyword without value. False when there is none left. */
bool command_next_parameter(char **parameters, char **keyword, char **value);

#endif
