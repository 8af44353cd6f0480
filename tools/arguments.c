/* SPDX-License-Identifier: BSD-2-Clause */
/* arguments.c: the command line, understood. */
#include "arguments.h"

#include "message.h"
#include "url.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum flag { FLAG_OPERAND = 1, FLAG_CACHE = 256, FLAG_CONFIG, FLAG_ID, FLAG_JSON, FLAG_VERSION };

/* The leading '-' hands operands over where they stand, so that flags may follow them whatever POSIXLY_CORRECT says. */
static const char short_flags[] = "-o:f:qvh";

static const struct option long_flags[] = {
    {"cache", required_argument, NULL, FLAG_CACHE},
    {"config", required_argument, NULL, FLAG_CONFIG},
    {"file", required_argument, NULL, 'f'},
    {"help", no_argument, NULL, 'h'},
    {"id", required_argument, NULL, FLAG_ID},
    {"json", no_argument, NULL, FLAG_JSON},
    {"quiet", no_argument, NULL, 'q'},
    {"version", no_argument, NULL, FLAG_VERSION},
    {NULL, 0, NULL, 0},
};

static const struct {
    const char *word;
    enum verb verb;
} verbs[] = {
    {"rcpt", VERB_RCPT},       {"sender", VERB_SENDER},   {"explain", VERB_EXPLAIN},
    {"options", VERB_OPTIONS}, {"version", VERB_VERSION}, {"help", VERB_HELP},
};

static int take_verb(struct arguments *arguments, const char *word)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verbs[i].word, word) == 0) {
            arguments->verb = verbs[i].verb;
            return 0;
        }
    }
    if (strchr(word, '@') != NULL || strchr(word, '.') != NULL)
        return message_usage("a verb must come first: mxcheck explain %.80s", word);
    return message_usage("%.80s is not a verb; the verbs are rcpt, sender, explain, options and version", word);
}

/* An address can be no verb, but "mxcheck explain rcpt u@example.com" is a slip. */
static bool is_verb(const char *word)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verbs[i].word, word) == 0)
            return true;
    }
    return false;
}

/* Slips of a person, which would be judged as bad addresses. Programs get that judgement: they use the other verbs. */
static int check_operands(const struct arguments *arguments)
{
    const char *meant;
    size_t length;
    for (size_t i = 0; i < arguments->address_count && arguments->verb == VERB_EXPLAIN; i++) {
        const char *operand = arguments->addresses[i];
        if (is_verb(operand))
            return message_usage("explain takes no other verb, but addresses and domains: mxcheck explain ADDRESS");
        if (url_find(operand, &meant, &length))
            return message_usage("%.80s is a URL; a domain or an address is wanted: mxcheck explain %.*s", operand,
                                 (int)(length < 300 ? length : 300), meant);
    }
    return 0;
}

static int take_operand(struct arguments *arguments, const char *operand)
{
    if (arguments->verb == VERB_NONE)
        return take_verb(arguments, operand);
    arguments->addresses[arguments->address_count++] = operand;
    return 0;
}

/* What the library said of an option or a file of them, as an exit status. */
static int answer_config(const struct arguments *arguments, mxcheck_status status)
{
    if (status == MXCHECK_OK)
        return 0;
    if (status == MXCHECK_ERR_OPTION)
        return message_usage("%s", mxcheck_config_error(arguments->config));
    message_say("%s",
                status == MXCHECK_ERR_FILE ? mxcheck_config_error(arguments->config) : mxcheck_status_text(status));
    return status == MXCHECK_ERR_FILE ? EX_NOINPUT : EX_OSERR;
}

static int set_option(struct arguments *arguments, const char *setting)
{
    const char *equals = strchr(setting, '=');
    if (equals == NULL)
        return message_usage("-o takes NAME=VALUE, not %.80s", setting);
    char *name = strdup(setting);
    if (name == NULL)
        return answer_config(arguments, MXCHECK_ERR_NOMEM);
    name[equals - setting] = '\0';
    mxcheck_status status = mxcheck_config_set(arguments->config, name, equals + 1);
    free(name);
    return answer_config(arguments, status);
}

/* Help and version go before whatever else is asked for. */
static int take_flag(struct arguments *arguments, int flag)
{
    switch (flag) {
    case FLAG_OPERAND:
        return take_operand(arguments, optarg);
    case FLAG_CACHE:
        return answer_config(arguments, mxcheck_config_set(arguments->config, "cache-file", optarg));
    case FLAG_CONFIG:
        return answer_config(arguments, mxcheck_config_load(arguments->config, optarg));
    case FLAG_ID:
        arguments->id = optarg;
        return 0;
    case FLAG_JSON:
        arguments->is_json = true;
        return 0;
    case FLAG_VERSION:
        arguments->verb = VERB_VERSION;
        return 0;
    case 'h':
        arguments->verb = VERB_HELP;
        return 0;
    case 'f':
        arguments->files[arguments->file_count++] = optarg;
        return 0;
    case 'o':
        return set_option(arguments, optarg);
    case 'q':
        arguments->is_quiet = true;
        return 0;
    case 'v':
        arguments->log_level = arguments->log_level == MXCHECK_LOG_NONE ? MXCHECK_LOG_INFO : MXCHECK_LOG_DEBUG;
        return 0;
    default:
        fputs("Try 'mxcheck --help'.\n", stderr); /* getopt has said what is wrong */
        return EX_USAGE;
    }
}

/* Without an address, standard input is read: but not from a person who waits for an answer. */
static int settle_input(struct arguments *arguments)
{
    int exit_status = check_operands(arguments);
    if (exit_status != 0)
        return exit_status;
    if (arguments->address_count > 0 || arguments->file_count > 0)
        return 0;
    if (isatty(STDIN_FILENO))
        return message_usage("no address is given; -f - reads them from the terminal");
    arguments->files[arguments->file_count++] = "-";
    return 0;
}

static int settle(struct arguments *arguments)
{
    switch (arguments->verb) {
    case VERB_NONE:
        return message_usage("no verb is given; the verbs are rcpt, sender, explain, options and version");
    case VERB_RCPT:
    case VERB_SENDER:
    case VERB_EXPLAIN:
        return settle_input(arguments);
    case VERB_OPTIONS:
        if (arguments->address_count > 0 || arguments->file_count > 0)
            return message_usage("the verb options takes no addresses");
        return 0;
    case VERB_VERSION:
    case VERB_HELP:
        return 0;
    }
    return EX_SOFTWARE;
}

static void print_log(int level, const char *line, mxcheck_id id, void *user_data)
{
    (void)id;
    (void)level;
    (void)user_data;
    fprintf(stderr, "%s\n", line);
}

/* Of operands and files there are fewer than arguments; one place more is for standard input. */
static int prepare(int argc, struct arguments *arguments)
{
    memset(arguments, 0, sizeof(*arguments));
    arguments->addresses = calloc((size_t)argc + 1, sizeof(*arguments->addresses));
    arguments->files = calloc((size_t)argc + 1, sizeof(*arguments->files));
    if (arguments->addresses != NULL && arguments->files != NULL &&
        mxcheck_config_new(&arguments->config) == MXCHECK_OK)
        return 0;
    message_say("%s", mxcheck_status_text(MXCHECK_ERR_NOMEM));
    return EX_OSERR;
}

int arguments_parse(int argc, char **argv, struct arguments *arguments)
{
    int exit_status = prepare(argc, arguments);
    int flag;

    while (exit_status == 0 && (flag = getopt_long(argc, argv, short_flags, long_flags, NULL)) != -1) {
        exit_status = take_flag(arguments, flag);
        if (flag == 'h' || flag == FLAG_VERSION)
            return exit_status;
    }
    while (exit_status == 0 && optind < argc)
        exit_status = take_operand(arguments, argv[optind++]);
    if (exit_status == 0 && arguments->log_level != MXCHECK_LOG_NONE)
        mxcheck_config_set_log(arguments->config, arguments->log_level, print_log, NULL);
    return exit_status != 0 ? exit_status : settle(arguments);
}

void arguments_clear(struct arguments *arguments)
{
    mxcheck_config_free(arguments->config);
    free(arguments->addresses);
    free(arguments->files);
}
