/* SPDX-License-Identifier: BSD-2-Clause */
/* mxcheck-milter.c: a milter for Sendmail and Postfix that checks the domains of senders and recipients.
 *
 *     cc -o mxcheck-milter *.c ../common/?*.c $(pkg-config --cflags --libs mxcheck) -lmilter -pthread
 *
 * libmilter runs a thread for each connection, so the checks are blocking ones. README.md says how servers are told. */
#include "../common/report.h"
#include "../common/settings.h"
#include "../common/transaction.h"
#include "current.h"
#include "supervisor.h"

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <syslog.h>
#include <unistd.h>

enum { HEADER_SIZE = 512, REPLY_SIZE = 512, PLACE_SIZE = 256 };

static char program[] = "mxcheck-milter";
static char header_name[] = "X-Mxcheck";
static const char help[] =
    "usage: mxcheck-milter --listen WHERE [OPTION ...]\n"
    "A milter that checks the domains of senders and recipients.\n\n"
    "  --listen WHERE                  inet:HOST:PORT or unix:PATH\n"
    "  --socket-mode MODE              of unix:PATH, in octal (default 660)\n"
    "  --header                        add a header X-Mxcheck with the notes on the sender\n" SETTINGS_HELP
    "SIGHUP reads the configuration anew; SIGUSR1 logs the counts.\n";

enum { LISTEN = SETTING_OWN, SOCKET_MODE, HEADER };

static struct settings settings;
static const char *place;
static unsigned socket_mode = 0660;
static bool adds_header;

/* --- the dialogue --- */

/* What is known of a connection and the transaction on it. */
struct dialogue {
    char client[INET6_ADDRSTRLEN];
    char id[TRANSACTION_SIZE];
    char notes[HEADER_SIZE];
    int foreign_headers; /* X-Mxcheck of somebody else */
};

/* That of the connection, which a peer may not have told of. NULL: memory ran out. */
static struct dialogue *dialogue_of(SMFICTX *milter)
{
    struct dialogue *dialogue = smfi_getpriv(milter);
    if (dialogue != NULL)
        return dialogue;
    dialogue = calloc(1, sizeof(*dialogue));
    if (dialogue != NULL && smfi_setpriv(milter, dialogue) == MI_SUCCESS)
        return dialogue;
    free(dialogue);
    return NULL;
}

static sfsistat on_connect(SMFICTX *milter, char *host, _SOCK_ADDR *address)
{
    struct dialogue *dialogue = dialogue_of(milter);
    (void)host;
    if (dialogue == NULL)
        return SMFIS_TEMPFAIL;
    if (address != NULL && address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((struct sockaddr_in *)address)->sin_addr, dialogue->client, sizeof(dialogue->client));
    else if (address != NULL && address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)address)->sin6_addr, dialogue->client, sizeof(dialogue->client));
    return SMFIS_CONTINUE;
}

static const char *macro(SMFICTX *milter, char *name)
{
    const char *value = smfi_getsymval(milter, name);
    return value == NULL ? "" : value;
}

/* The queue id; where the server has none yet, one of our own, which is in the log as well. */
static void name_transaction(SMFICTX *milter, struct dialogue *dialogue)
{
    static char queue_id[] = "i";
    const char *given = macro(milter, queue_id);
    if (given[0] != '\0')
        snprintf(dialogue->id, sizeof(dialogue->id), "%s", given);
    else if (dialogue->id[0] == '\0')
        transaction_name(dialogue->id);
}

/* The text of a reply behind its codes, with each % doubled, as smfi_setreply() wants it. */
static void write_text(const mxcheck_result *result, const char *id, char text[2 * REPLY_SIZE])
{
    char reply[REPLY_SIZE];
    size_t used = 0;
    mxcheck_result_reply(result, id, reply, sizeof(reply));
    const char *rest = reply + strlen("550 ") + strlen(mxcheck_result_enhanced_code(result));
    for (rest += *rest == ' '; *rest != '\0'; rest++) {
        if (*rest == '%')
            text[used++] = '%';
        text[used++] = *rest;
    }
    text[used] = '\0';
}

static sfsistat refuse(SMFICTX *milter, const mxcheck_result *result, const char *id)
{
    char code[4], enhanced[16], text[2 * REPLY_SIZE];
    snprintf(code, sizeof(code), "%03u", (unsigned)mxcheck_result_smtp_code(result) % 1000);
    snprintf(enhanced, sizeof(enhanced), "%s", mxcheck_result_enhanced_code(result));
    write_text(result, id, text);
    smfi_setreply(milter, code, enhanced, text);
    return mxcheck_result_verdict(result) == MXCHECK_VERDICT_REJECT ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

static sfsistat fail(SMFICTX *milter, const char *id, mxcheck_status status)
{
    static char code[] = "451", enhanced[] = "4.3.0", text[] = "cannot check the address now";
    report(LOG_ERR, "%s: no check: %s", id, mxcheck_status_text(status));
    smfi_setreply(milter, code, enhanced, text);
    return settings.is_dry_run ? SMFIS_CONTINUE : SMFIS_TEMPFAIL;
}

/* "sender=mx; notes=null-mx-mixed,…" */
static void keep_notes(struct dialogue *dialogue, const mxcheck_result *result)
{
    size_t size = sizeof(dialogue->notes);
    size_t used =
        (size_t)snprintf(dialogue->notes, size, "sender=%s", mxcheck_reason_name(mxcheck_result_reason(result)));
    for (size_t i = 0; i < mxcheck_result_note_count(result) && used < size; i++)
        used += (size_t)snprintf(dialogue->notes + used, size - used, "%s%s", i == 0 ? "; notes=" : ",",
                                 mxcheck_result_note(result, i));
}

static sfsistat check(SMFICTX *milter, struct dialogue *dialogue, mxcheck_role role, const char *address)
{
    static char login[] = "{auth_authen}";
    if (settings_exempt(&settings, role, dialogue->client, macro(milter, login)[0] != '\0'))
        return SMFIS_CONTINUE;
    name_transaction(milter, dialogue);
    mxcheck_result *result;
    struct holder *holder = current_borrow();
    mxcheck_status status = mxcheck_check(current_context(holder), role, address, strlen(address), 0, 0, &result);
    current_give_back(holder);
    if (status != MXCHECK_OK)
        return fail(milter, dialogue->id, status);
    report_result(result, dialogue->id, dialogue->client, settings.is_dry_run);
    if (role == MXCHECK_ROLE_SENDER)
        keep_notes(dialogue, result);
    bool is_refused = mxcheck_result_verdict(result) != MXCHECK_VERDICT_ACCEPT && !settings.is_dry_run;
    sfsistat told = is_refused ? refuse(milter, result, dialogue->id) : SMFIS_CONTINUE;
    mxcheck_result_unref(result);
    return told;
}

static sfsistat on_sender(SMFICTX *milter, char **arguments)
{
    struct dialogue *dialogue = dialogue_of(milter);
    if (dialogue == NULL)
        return SMFIS_TEMPFAIL;
    dialogue->id[0] = dialogue->notes[0] = '\0';
    dialogue->foreign_headers = 0;
    return check(milter, dialogue, MXCHECK_ROLE_SENDER, arguments[0]);
}

static sfsistat on_rcpt(SMFICTX *milter, char **arguments)
{
    struct dialogue *dialogue = dialogue_of(milter);
    return dialogue == NULL ? SMFIS_TEMPFAIL : check(milter, dialogue, MXCHECK_ROLE_RCPT, arguments[0]);
}

static sfsistat on_header(SMFICTX *milter, char *name, char *value)
{
    struct dialogue *dialogue = smfi_getpriv(milter);
    (void)value;
    dialogue->foreign_headers += strcasecmp(name, header_name) == 0;
    return SMFIS_CONTINUE;
}

/* Ours takes the place of those that came along. */
static sfsistat on_end(SMFICTX *milter)
{
    struct dialogue *dialogue = smfi_getpriv(milter);
    for (int i = dialogue->foreign_headers; i > 0; i--)
        smfi_chgheader(milter, header_name, i, NULL);
    if (dialogue->notes[0] != '\0')
        smfi_addheader(milter, header_name, dialogue->notes);
    return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *milter)
{
    free(smfi_getpriv(milter));
    smfi_setpriv(milter, NULL);
    return SMFIS_CONTINUE;
}

/* --- the program --- */

static void reload(void)
{
    if (current_load(settings.config))
        report(LOG_INFO, "the configuration has been read anew");
}

static void log_counts(void)
{
    struct holder *holder = current_borrow();
    if (holder != NULL)
        report_counts(current_context(holder));
    current_give_back(holder);
}

/* libmilter says inet:PORT@HOST, and [HOST] where it is an IPv6 address. */
static bool translate(const char *where, char *said, size_t size)
{
    if (strncmp(where, "unix:", 5) == 0)
        return (size_t)snprintf(said, size, "%s", where) < size;
    const char *colon = strrchr(where, ':');
    if (strncmp(where, "inet:", 5) != 0 || colon == where + 4)
        return false;
    int family = where[5] == '[' ? 6 : 4;
    int length = (int)(colon - where) - 5;
    return (size_t)snprintf(said, size, "inet%s:%s@%.*s", family == 6 ? "6" : "", colon + 1,
                            family == 6 ? length - 2 : length, where + 5 + (family == 6)) < size;
}

static int serve(void)
{
    struct smfiDesc milter = {
        .xxfi_name = program,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = adds_header ? SMFIF_ADDHDRS | SMFIF_CHGHDRS : 0,
        .xxfi_connect = on_connect,
        .xxfi_envfrom = on_sender,
        .xxfi_envrcpt = on_rcpt,
        .xxfi_header = adds_header ? on_header : NULL,
        .xxfi_eom = adds_header ? on_end : NULL,
        .xxfi_close = on_close,
    };
    char said[PLACE_SIZE];
    if (!translate(place, said, sizeof(said)))
        settings_refuse(program, "--listen takes inet:HOST:PORT or unix:PATH, not ", place);
    if (!current_load(settings.config))
        return EX_CONFIG;
    umask(~socket_mode & 0777);
    if (smfi_setconn(said) != MI_SUCCESS || smfi_register(milter) != MI_SUCCESS ||
        smfi_opensocket(true) != MI_SUCCESS) {
        report(LOG_ERR, "cannot listen at %s", place);
        return EX_UNAVAILABLE;
    }
    report(LOG_INFO, "listening at %s", place);
    report_started();
    int status = smfi_main() == MI_SUCCESS ? EX_OK : EX_SOFTWARE;
    current_unload();
    return status;
}

static void take(int option, char *argument)
{
    char *end;
    switch (option) {
    case LISTEN:
        place = argument;
        return;
    case SOCKET_MODE:
        socket_mode = (unsigned)strtoul(argument, &end, 8);
        if (argument[0] < '0' || argument[0] > '7' || *end != '\0' || socket_mode > 0777)
            settings_refuse(program, "--socket-mode takes 0 to 777, not ", argument);
        return;
    case HEADER:
        adds_header = true;
        return;
    default:
        settings_take(&settings, option, argument, program, help);
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"listen", required_argument, NULL, LISTEN},
                                            {"socket-mode", required_argument, NULL, SOCKET_MODE},
                                            {"header", no_argument, NULL, HEADER},
                                            SETTINGS_OPTIONS,
                                            {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        take(option, optarg);
    if (optind < argc)
        settings_refuse(program, "this is no option: ", argv[optind]);
    if (place == NULL)
        settings_refuse(program, "--listen is needed", "");
    report_open(program, !settings.logs_to_stderr);
    int status = supervise(serve, reload, log_counts);
    networks_clear(&settings.exempt_clients);
    return status;
}
