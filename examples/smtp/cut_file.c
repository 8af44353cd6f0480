/* SPDX-License-Identifier: BSD-2-Clause */
/* cut_file.c: a handler of SIGBUS for one mapping, which it finds in /proc/self/maps. */
#define _GNU_SOURCE /* MAP_ANONYMOUS, realpath */
#include "cut_file.h"

#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Set before the handler is installed. */
static uintptr_t begin, end;

/* Another fault than that of the file ends the process as ever: its instruction is tried again without a handler. */
static void on_bus_error(int signal_number, siginfo_t *info, void *context)
{
    uintptr_t address = (uintptr_t)info->si_addr;
    (void)context;
    void *memory = MAP_FAILED;
    if (address >= begin && address < end)
        memory =
            mmap((void *)begin, end - begin, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (memory == MAP_FAILED)
        signal(signal_number, SIG_DFL);
}

/* "7f0000000000-7f0000001000 rw-s 00000000 08:01 1234       /run/mta/mxcheck.cache" */
static int find_mapping(const char *path)
{
    char line[PATH_MAX + 200];
    int is_found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps != NULL && !is_found && fgets(line, sizeof(line), maps) != NULL) {
        char *rest;
        const char *name = strchr(line, '/');
        line[strcspn(line, "\n")] = '\0';
        begin = (uintptr_t)strtoull(line, &rest, 16);
        end = *rest == '-' ? (uintptr_t)strtoull(rest + 1, NULL, 16) : begin;
        is_found = name != NULL && strcmp(name, path) == 0 && begin < end;
    }
    if (maps != NULL)
        fclose(maps);
    return is_found;
}

void cut_file_survive(const char *path)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    char *whole = realpath(path, NULL);
    if (whole != NULL && find_mapping(whole))
        sigaction(SIGBUS, &action, NULL);
    free(whole);
}
