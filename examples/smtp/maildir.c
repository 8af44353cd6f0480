/* SPDX-License-Identifier: BSD-2-Clause */
/* maildir.c: a message is on disk before it appears: only then has the server taken responsibility for it. */
#include "maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Write FOLDER/PART/NAME. Returns 0, or -1 when it is too long. */
static int write_path(char *path, size_t size, const char *folder, const char *part, const char *name)
{
    int length = snprintf(path, size, "%s/%s/%s", folder, part, name);
    if (length > 0 && (size_t)length < size)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

static int make_folder(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -1;
}

int maildir_make(const char *folder)
{
    static const char *const parts[] = {"tmp", "new", "cur"};
    char path[512];
    if (make_folder(folder) != 0)
        return -1;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (write_path(path, sizeof(path), folder, parts[i], "") != 0 || make_folder(path) != 0)
            return -1;
    }
    return 0;
}

int maildir_begin(struct maildir_message *message, const char *folder, const char *name)
{
    if (write_path(message->temporary, sizeof(message->temporary), folder, "tmp", name) != 0 ||
        write_path(message->final, sizeof(message->final), folder, "new", name) != 0)
        return -1;
    int fd = open(message->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    message->file = fdopen(fd, "w");
    if (message->file != NULL)
        return 0;
    close(fd);
    unlink(message->temporary);
    return -1;
}

/* A name lasts when the folder that holds it is on disk. */
static int sync_folder(const char *path)
{
    char folder[512];
    size_t length = (size_t)(strrchr(path, '/') - path);
    memcpy(folder, path, length);
    folder[length] = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = fd < 0 ? -1 : fsync(fd);
    if (fd >= 0)
        close(fd);
    return status;
}

int maildir_deliver(struct maildir_message *message)
{
    FILE *file = message->file;
    if (ferror(file) || fflush(file) != 0 || fsync(fileno(file)) != 0 ||
        rename(message->temporary, message->final) != 0) {
        maildir_drop(message);
        return -1;
    }
    message->file = NULL;
    fclose(file);
    if (sync_folder(message->final) == 0)
        return 0;
    unlink(message->final);
    return -1;
}

void maildir_drop(struct maildir_message *message)
{
    if (message->file == NULL)
        return;
    fclose(message->file);
    unlink(message->temporary);
    message->file = NULL;
}
