/* SPDX-License-Identifier: BSD-2-Clause */
/* lease.h: a lock between processes that outlives none of them for long: whoever holds it for a second loses it to the
 * next one who asks. A holder that was only stopped does not know that yet, so that what the lease guards must bear two
 * writers. Any content of its memory is a lease that can be taken. */
#ifndef MXCHECK_BASE_LEASE_H
#define MXCHECK_BASE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#define LEASE_US 1000000

/* Zero it before use. */
struct lease {
    uint64_t since_us; /* atomic: when it was taken, of clock_now_us; 0: free */
};

enum lease_outcome {
    LEASE_BUSY,
    LEASE_TAKEN,
    LEASE_INHERITED /* taken from one who held it too long, who may have left things half done */
};

/* Take the lease if it can be had at once. `now_us` is the time; it tells the holders apart, and gives the lease back.
 */
enum lease_outcome lease_try(struct lease *lease, uint64_t now_us);

/* Does the one who took it at that time hold it still? */
bool lease_is_held(const struct lease *lease, uint64_t since_us);

/* Does nothing when it was lost. */
void lease_give(struct lease *lease, uint64_t since_us);

#endif
