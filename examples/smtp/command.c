/* SPDX-License-Identifier: BSD-2-Clause */
/* command.c: verbs, paths and parameters out of a line. */
#include "command.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *word;
    enum command_verb verb;
} verbs[] = {
    {"HELO", COMMAND_HELO}, {"EHLO", COMMAND_EHLO}, {"MAIL", COMMAND_MAIL}, {"RCPT", COMMAND_RCPT},
    {"DATA", COMMAND_DATA}, {"RSET", COMMAND_RSET}, {"NOOP", COMMAND_NOOP}, {"QUIT", COMMAND_QUIT},
    {"VRFY", COMMAND_VRFY}, {"AUTH", COMMAND_AUTH}, {"HELP", COMMAND_HELP}, {"EXPN", COMMAND_EXPN},
};

/* End the word that `text` begins with, and return what follows it and its blanks. */
static char *cut_word(char *text)
{
    char *rest = text + strcspn(text, " \t");
    if (*rest != '\0')
        *rest++ = '\0';
    return rest + strspn(rest, " \t");
}

static void cut_blanks_at_end(char *text)
{
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        text[--length] = '\0';
}

struct command command_parse(char *line)
{
    struct command command = {.verb = COMMAND_UNKNOWN};
    cut_blanks_at_end(line);
    command.arguments = cut_word(line);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcasecmp(line, verbs[i].word) == 0)
            command.verb = verbs[i].verb;
    }
    return command;
}

/* The bracket that ends a path: none inside a quoted string does. */
static char *find_end_of_path(char *path)
{
    bool is_quoted = false;
    for (; *path != '\0'; path++) {
        if (is_quoted && *path == '\\' && path[1] != '\0')
            path++;
        else if (*path == '"')
            is_quoted = !is_quoted;
        else if (*path == '>' && !is_quoted)
            return path;
    }
    return NULL;
}

bool command_parse_path(char *arguments, const char *keyword, struct command_path *path)
{
    size_t length = strlen(keyword);
    if (strncasecmp(arguments, keyword, length) != 0)
        return false;
    /* A blank before the bracket is wrong, and common. */
    char *begin = arguments + length + strspn(arguments + length, " ");
    if (*begin != '<')
        return false;
    char *end = find_end_of_path(begin + 1);
    if (end == NULL || (end[1] != '\0' && end[1] != ' '))
        return false;
    *end = '\0';
    path->address = begin + 1;
    path->parameters = end + 1 + strspn(end + 1, " ");
    return true;
}

bool command_next_parameter(char **parameters, char **keyword, char **value)
{
    if (**parameters == '\0')
        return false;
    *keyword = *parameters;
    *parameters = cut_word(*parameters);
    *value = strchr(*keyword, '=');
    if (*value != NULL)
        *(*value)++ = '\0';
    return true;
}
