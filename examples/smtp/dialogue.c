/* SPDX-License-Identifier: BSD-2-Clause */
/* dialogue.c: what is said to each command. */
#include "dialogue.h"

#include "command.h"

#include <stdio.h>
#include <string.h>

void dialogue_reply(struct session *session, const char *line)
{
    int length = snprintf(session->output + session->output_size, OUTPUT_SIZE - session->output_size, "%s\r\n", line);
    session->output_size += (size_t)length;
}

void dialogue_end(struct session *session, const char *line)
{
    dialogue_reply(session, line);
    session->is_ended = true;
}

/* A command that is no command, or stands where it may not. */
void dialogue_complain(struct session *session, const char *line)
{
    if (++session->errors < ERRORS_MAX)
        dialogue_reply(session, line);
    else
        dialogue_end(session, "421 4.7.0 too many errors");
}

bool dialogue_has_room(const struct session *session)
{
    return OUTPUT_SIZE - session->output_size >= REPLY_MAX;
}

static void take_helo(struct session *session, const char *arguments, bool is_extended)
{
    char lines[REPLY_MAX];
    if (*arguments == '\0') {
        dialogue_complain(session, "501 5.5.4 tell your name, too");
        return;
    }
    transaction_clear(&session->transaction);
    snprintf(session->helo, sizeof(session->helo), "%s", arguments);
    session->is_extended = is_extended;
    if (is_extended)
        snprintf(lines, sizeof(lines),
                 "250-%s greets you\r\n250-PIPELINING\r\n250-SIZE %zu\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n%s"
                 "250 ENHANCEDSTATUSCODES",
                 session->settings->host, session->settings->most_octets,
                 session->settings->credentials == NULL ? "" : "250-AUTH PLAIN LOGIN\r\n");
    else
        snprintf(lines, sizeof(lines), "250 %s greets you", session->settings->host);
    dialogue_reply(session, lines);
}

/* Say what the exchange says, unless the client has been guessing. */
static void go_on_with_auth(struct session *session, const char *line)
{
    if (session->login.failures < LOGINS_MAX)
        dialogue_reply(session, line);
    else
        dialogue_end(session, "421 4.7.0 too many attempts");
}

static void take_auth(struct session *session, char *arguments)
{
    if (session->settings->credentials == NULL || !session->is_extended)
        dialogue_complain(session, "503 5.5.1 AUTH was not offered");
    else if (session->login.is_done || session->transaction.reverse_path != NULL)
        dialogue_complain(session, "503 5.5.1 not now");
    else if (*arguments == '\0')
        dialogue_complain(session, "501 5.5.4 syntax: AUTH mechanism");
    else
        go_on_with_auth(session, login_begin(&session->login, session->settings->credentials, arguments));
}

static const char *protocol(const struct session *session)
{
    if (!session->is_extended)
        return "SMTP";
    if (session->transaction.is_utf8)
        return session->login.is_done ? "UTF8SMTPA" : "UTF8SMTP"; /* RFC 6531 section 4.3 */
    return session->login.is_done ? "ESMTPA" : "ESMTP";           /* RFC 3848 */
}

static void take_data(struct session *session)
{
    struct transaction_origin origin = {session->settings->host, session->helo, session->peer, protocol(session)};
    if (session->transaction.reverse_path == NULL) {
        dialogue_reply(session, "503 5.5.1 MAIL and RCPT first");
    } else if (session->transaction.recipients == 0) {
        dialogue_reply(session, "554 5.5.1 no valid recipients");
    } else if (transaction_begin_message(&session->transaction, session->settings->folder, &origin) != 0) {
        dialogue_reply(session, "451 4.3.0 cannot store a message now, try again later");
    } else {
        session->is_in_content = true;
        dialogue_reply(session, "354 end with a line that is a dot alone");
    }
}

static void end_content(struct session *session)
{
    char line[128];
    struct transaction *transaction = &session->transaction;
    bool is_too_large = transaction->content.size > session->settings->most_octets;
    session->is_in_content = false;
    if (is_too_large)
        snprintf(line, sizeof(line), "552 5.3.4 %s message too large", transaction->id);
    else if (maildir_deliver(&transaction->message) == 0)
        snprintf(line, sizeof(line), "250 2.0.0 %s message accepted", transaction->id);
    else
        snprintf(line, sizeof(line), "451 4.3.0 %s cannot store the message now, try again later", transaction->id);
    transaction_clear(transaction);
    dialogue_reply(session, line);
}

/* Take what there is of the message. False when more is needed. */
bool dialogue_take_content(struct session *session)
{
    struct content *content = &session->transaction.content;
    unsigned long lines = content->lines;
    buffer_drop(&session->input, content_take(content, session->input.octets, session->input.size,
                                              session->transaction.message.file, session->settings->most_octets));
    session->lines += content->lines - lines;
    if (content->state == CONTENT_BROKEN) {
        session->is_in_content = false;
        transaction_clear(&session->transaction);
        dialogue_end(session, "521 5.5.2 a CR or LF alone ends no line");
    } else if (content->state == CONTENT_ENDED) {
        end_content(session);
    }
    return !session->is_in_content;
}

/* A command that takes no arguments. */
static bool is_alone(struct session *session, const struct command *command)
{
    if (*command->arguments == '\0')
        return true;
    dialogue_complain(session, "501 5.5.4 no argument belongs here");
    return false;
}

static struct session_question *take_command(struct session *session, char *line)
{
    struct command command = command_parse(line);
    switch (command.verb) {
    case COMMAND_HELO:
    case COMMAND_EHLO:
        take_helo(session, command.arguments, command.verb == COMMAND_EHLO);
        break;
    case COMMAND_MAIL:
        return envelope_take_mail(session, command.arguments);
    case COMMAND_RCPT:
        return envelope_take_rcpt(session, command.arguments);
    case COMMAND_DATA:
        if (is_alone(session, &command))
            take_data(session);
        break;
    case COMMAND_RSET:
        if (is_alone(session, &command)) {
            transaction_clear(&session->transaction);
            dialogue_reply(session, "250 2.0.0 forgotten");
        }
        break;
    case COMMAND_NOOP:
        dialogue_reply(session, "250 2.0.0 well");
        break;
    case COMMAND_QUIT:
        if (is_alone(session, &command))
            dialogue_end(session, "221 2.0.0 bye");
        break;
    case COMMAND_VRFY:
        if (*command.arguments == '\0')
            dialogue_complain(session, "501 5.5.4 syntax: VRFY address");
        else
            dialogue_reply(session,
                           "252 2.1.5 cannot verify that, but will take mail for it and try"); /* RFC 5321 §3.5.3 */
        break;
    case COMMAND_AUTH:
        take_auth(session, command.arguments);
        break;
    case COMMAND_HELP:
        dialogue_reply(session, "214 2.0.0 see RFC 5321");
        break;
    case COMMAND_EXPN:
        dialogue_complain(session, "502 5.5.1 command not implemented");
        break;
    case COMMAND_UNKNOWN:
        dialogue_complain(session, "500 5.5.2 command not known");
        break;
    }
    return NULL;
}

struct session_question *dialogue_take_line(struct session *session, enum buffer_line kind, char *line)
{
    if (kind == BUFFER_LINE_TOO_LONG)
        dialogue_complain(session, "500 5.5.2 line too long");
    else if (kind == BUFFER_LINE_BROKEN)
        dialogue_end(session, "521 5.5.2 a line ends with CRLF, and has no other CR, LF or NUL");
    else if (session->login.step != LOGIN_IDLE)
        go_on_with_auth(session, login_continue(&session->login, session->settings->credentials, line));
    else
        return take_command(session, line);
    return NULL;
}
