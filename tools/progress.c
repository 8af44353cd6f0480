/* SPDX-License-Identifier: BSD-2-Clause */
/* progress.c: how far a long list has come, for a person at a terminal. */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BAR_WIDTH 30
#define INTERVAL_MS 100

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool can_erase(void)
{
    const char *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && terminal != NULL && *terminal != '\0' && strcmp(terminal, "dumb") != 0;
}

void progress_start(struct progress *progress, bool is_wanted)
{
    memset(progress, 0, sizeof(*progress));
    progress->is_wanted = is_wanted && can_erase();
    progress->started_ms = now_ms();
}

static void draw_bar(uint64_t done, uint64_t total)
{
    unsigned percent = done >= total ? 100 : (unsigned)((double)done * 100 / (double)total);
    unsigned filled = percent * BAR_WIDTH / 100;

    fputc('[', stderr);
    for (unsigned i = 0; i < BAR_WIDTH; i++)
        fputc(i < filled ? '#' : '.', stderr);
    fprintf(stderr, "] %3u%%  ", percent);
}

static void draw(const struct progress *progress, uint64_t done, uint64_t total)
{
    uint64_t elapsed_ms = progress->drawn_ms - progress->started_ms;

    fputs("\r\033[K", stderr);
    if (total > 0)
        draw_bar(done, total);
    fprintf(stderr, "%" PRIu64 " checked", progress->count);
    if (elapsed_ms > 0)
        fprintf(stderr, ", %.0f/s", (double)progress->count * 1000 / (double)elapsed_ms);
    fflush(stderr);
}

void progress_step(struct progress *progress, uint64_t done, uint64_t total)
{
    uint64_t now;

    progress->count++;
    if (!progress->is_wanted || (now = now_ms()) - progress->drawn_ms < INTERVAL_MS)
        return;
    progress->drawn_ms = now;
    progress->is_drawn = true;
    draw(progress, done, total);
}

void progress_erase(struct progress *progress)
{
    if (progress->is_drawn)
        fputs("\r\033[K", stderr);
    progress->is_drawn = false;
}
