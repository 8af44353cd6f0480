/* SPDX-License-Identifier: BSD-2-Clause */
/* progress.h: how far a long list has come, for a person at a terminal. */
#ifndef MXCHECK_TOOLS_PROGRESS_H
#define MXCHECK_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool is_wanted;
    bool is_drawn;
    uint64_t count;
    uint64_t started_ms;
    uint64_t drawn_ms;
};

/* Begin a list. The bar is drawn on standard error, and only where `is_wanted` and that is a terminal that can erase.
 */
void progress_start(struct progress *progress, bool is_wanted);

/* One more is done, and of `total` bytes of the list `done` (total 0: unknown). Draws ten times a second at most. */
void progress_step(struct progress *progress, uint64_t done, uint64_t total);

/* Take the bar off the screen: at the end, and before anything else is written there. */
void progress_erase(struct progress *progress);

#endif
