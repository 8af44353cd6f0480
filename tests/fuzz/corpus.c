/* SPDX-License-Identifier: BSD-2-Clause */
/* corpus.c: feeds the files of folders to a fuzz target, so that what was found once is an ordinary test everywhere. */
#include "check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX_OCTETS = 1 << 20 };

/* A block of just the size, so that a sanitizer sees a step past its end. */
static void feed(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *room = malloc(FILE_MAX_OCTETS);
    demand(file != NULL && room != NULL);
    size_t size = fread(room, 1, FILE_MAX_OCTETS, file);
    demand(size < FILE_MAX_OCTETS && ferror(file) == 0);
    fclose(file);
    uint8_t *data = malloc(size == 0 ? 1 : size);
    demand(data != NULL);
    memcpy(data, room, size);
    free(room);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

static unsigned feed_folder(const char *folder)
{
    char path[4096];
    unsigned count = 0;
    DIR *entries = opendir(folder);
    demand(entries != NULL);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        printf("%s\n", entry->d_name);
        fflush(stdout);
        feed(path);
        count++;
    }
    closedir(entries);
    return count;
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++)
        count += feed_folder(argv[i]);
    printf("%u inputs\n", count);
    return count > 0 ? 0 : 1;
}
