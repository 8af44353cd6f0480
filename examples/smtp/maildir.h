/* SPDX-License-Identifier: BSD-2-Clause */
/* maildir.h: puts messages into a maildir folder: written in tmp/, then moved to new/ as a whole. */
#ifndef SMTP_MAILDIR_H
#define SMTP_MAILDIR_H

#include <stdio.h>

/* A message that is being written. Zero it before first use. */
struct maildir_message {
    FILE *file; /* NULL: none */
    char temporary[512];
    char final[512];
};

/* Make the folder with tmp/, new/ and cur/ where they are missing. Returns 0, or -1 with errno. */
int maildir_make(const char *folder);

/* Begin a message whose file bears `name`. Write into message->file. Returns 0, or -1. */
int maildir_begin(struct maildir_message *message, const char *folder, const char *name);

/* It is whole: let it appear in new/. Returns 0, or -1, and then there is no message. */
int maildir_deliver(struct maildir_message *message);

/* Let go of it. Does nothing when none was begun. */
void maildir_drop(struct maildir_message *message);

#endif
