/* SPDX-License-Identifier: BSD-2-Clause */
/* transaction.c: what is known between MAIL and the end of DATA. */
#include "transaction.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

int transaction_set_sender(struct transaction *transaction, const char *address)
{
    transaction->reverse_path = strdup(address);
    return transaction->reverse_path == NULL ? -1 : 0;
}

int transaction_add_recipient(struct transaction *transaction, const char *address)
{
    if (transaction->recipients == 0) {
        transaction->forward_path = strdup(address);
        if (transaction->forward_path == NULL)
            return -1;
    }
    transaction->recipients++;
    return 0;
}

/* What a client said goes into a header: controls would begin lines of their own. */
static void write_clean(FILE *file, const char *text)
{
    for (; *text != '\0'; text++)
        putc((unsigned char)*text < ' ' || *text == 127 ? '?' : *text, file);
}

static void write_date(FILE *file)
{
    char date[64];
    struct tm utc;
    time_t now = time(NULL);
    gmtime_r(&now, &utc);
    size_t length = strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &utc);
    fprintf(file, ";\n\t%.*s\n", (int)length, date);
}

/* The recipient is named where there is one alone: the others may be blind copies. */
static void write_trace(const struct transaction *transaction, const struct transaction_origin *origin)
{
    FILE *file = transaction->message.file;
    fputs("Return-Path: <", file);
    write_clean(file, transaction->reverse_path);
    fputs(">\nReceived: from ", file);
    write_clean(file, origin->helo);
    fprintf(file, " ([%s])\n\tby %s with %s id %s", origin->peer, origin->host, origin->protocol, transaction->id);
    if (transaction->recipients == 1) {
        fputs("\n\tfor <", file);
        write_clean(file, transaction->forward_path);
        fputs(">", file);
    }
    write_date(file);
}

int transaction_begin_message(struct transaction *transaction, const char *folder,
                              const struct transaction_origin *origin)
{
    if (maildir_begin(&transaction->message, folder, transaction->id) != 0)
        return -1;
    write_trace(transaction, origin);
    memset(&transaction->content, 0, sizeof(transaction->content));
    return 0;
}

void transaction_clear(struct transaction *transaction)
{
    maildir_drop(&transaction->message);
    free(transaction->reverse_path);
    free(transaction->forward_path);
    memset(transaction, 0, sizeof(*transaction));
}
