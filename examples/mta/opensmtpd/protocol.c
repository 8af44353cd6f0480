/* SPDX-License-Identifier: BSD-2-Clause */
/* protocol.c: the lines of smtpd-filters(7). */
#include "protocol.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { VERSION_SESSION_FIRST = 5, VERSION_RESULT_FIRST = 7, VERSION_MAJOR = 1000 };

/* Take what stands before the next bar, or all that is left. */
static struct span take_field(struct span *rest)
{
    const char *bar = rest->length == 0 ? NULL : memchr(rest->at, '|', rest->length);
    struct span field = {rest->at, bar == NULL ? rest->length : (size_t)(bar - rest->at)};
    size_t taken = field.length + (bar != NULL);
    *rest = (struct span){rest->at + taken, rest->length - taken};
    return field;
}

/* Take what stands behind the last bar. */
static struct span take_last_field(struct span *rest)
{
    size_t start = rest->length;
    while (start > 0 && rest->at[start - 1] != '|')
        start--;
    struct span field = {rest->at + start, rest->length - start};
    rest->length = start > 0 ? start - 1 : 0;
    return field;
}

static bool read_number(struct span *digits, unsigned int *number)
{
    size_t i = 0;
    for (*number = 0; i < digits->length && isdigit((unsigned char)digits->at[i]) && *number < VERSION_MAJOR; i++)
        *number = *number * 10 + (unsigned int)(digits->at[i] - '0');
    *digits = (struct span){digits->at + i, digits->length - i};
    return i > 0 && *number < VERSION_MAJOR;
}

static bool read_version(struct span field, unsigned int *version)
{
    unsigned int major;
    unsigned int minor;
    if (!read_number(&field, &major) || field.length == 0 || *field.at != '.')
        return false;
    field = (struct span){field.at + 1, field.length - 1};
    if (!read_number(&field, &minor) || field.length > 0)
        return false;
    *version = major * VERSION_MAJOR + minor;
    return true;
}

static bool read_id(struct span field, char id[PROTOCOL_ID_DIGITS + 1])
{
    if (field.length == 0 || field.length > PROTOCOL_ID_DIGITS)
        return false;
    for (size_t i = 0; i < field.length; i++) {
        if (!isxdigit((unsigned char)field.at[i]))
            return false;
        id[i] = field.at[i];
    }
    id[field.length] = '\0';
    return true;
}

/* What reports and requests begin with. The time may be anything. */
static bool read_head(struct span *rest, struct protocol_message *message)
{
    if (!read_version(take_field(rest), &message->version))
        return false;
    take_field(rest);
    if (!span_is(take_field(rest), "smtp-in"))
        return false;
    message->event = take_field(rest);
    if (!read_id(take_field(rest), message->ticket.session))
        return false;
    message->session = strtoull(message->ticket.session, NULL, 16);
    return true;
}

bool protocol_read(struct span line, struct protocol_message *message)
{
    struct span rest = line;
    struct span kind = take_field(&rest);
    bool is_understood = false;
    *message = (struct protocol_message){.kind = PROTOCOL_CONFIG};
    if (span_is(kind, "config")) {
        message->kind = span_is(rest, "ready") ? PROTOCOL_READY : PROTOCOL_CONFIG;
        is_understood = rest.length > 0;
    } else if (span_is(kind, "report")) {
        message->kind = PROTOCOL_REPORT;
        is_understood = read_head(&rest, message);
    } else if (span_is(kind, "filter")) {
        message->kind = PROTOCOL_FILTER;
        is_understood = read_head(&rest, message) && read_id(take_field(&rest), message->ticket.token);
        message->ticket.is_token_first = message->version < VERSION_SESSION_FIRST;
    }
    message->parameters = rest;
    return is_understood;
}

/* A name may hold bars; the other field does not. */
bool protocol_is_login(const struct protocol_message *report)
{
    struct span rest = report->parameters;
    struct span result = report->version < VERSION_RESULT_FIRST ? take_last_field(&rest) : take_field(&rest);
    return span_is(result, "pass");
}

/* Without its port, brackets and "IPv6:". */
static struct span bare_address(struct span client)
{
    static const char tag[] = "IPv6:";
    size_t port = client.length;
    while (port > 0 && client.at[port - 1] != ':')
        port--;
    client.length = port > 0 ? port - 1 : 0;
    if (client.length >= 2 && client.at[0] == '[' && client.at[client.length - 1] == ']')
        client = (struct span){client.at + 1, client.length - 2};
    if (client.length >= strlen(tag) && memcmp(client.at, tag, strlen(tag)) == 0)
        client = (struct span){client.at + strlen(tag), client.length - strlen(tag)};
    return client;
}

/* rdns|fcrdns|source|destination, from behind: the client has a say in its name. */
void protocol_client(const struct protocol_message *report, char address[PROTOCOL_ADDRESS_MAX])
{
    struct span rest = report->parameters;
    take_last_field(&rest);
    struct span client = bare_address(take_last_field(&rest));
    if (client.length >= PROTOCOL_ADDRESS_MAX)
        client.length = 0;
    memcpy(address, client.at, client.length);
    address[client.length] = '\0';
}

size_t protocol_answer(const struct protocol_ticket *ticket, const char *reply, char line[PROTOCOL_ANSWER_MAX])
{
    const char *first = ticket->is_token_first ? ticket->token : ticket->session;
    const char *second = ticket->is_token_first ? ticket->session : ticket->token;
    const char *decision = reply == NULL ? "proceed" : "reject|";
    int length = snprintf(line, PROTOCOL_ANSWER_MAX, "filter-result|%s|%s|%s%s\n", first, second, decision,
                          reply == NULL ? "" : reply);
    return length < 0 ? 0 : (size_t)length;
}
