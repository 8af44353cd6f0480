/* SPDX-License-Identifier: BSD-2-Clause */
/* cut_file.h: goes on when somebody cuts the file of the cache short. */
#ifndef MXCHECK_EXAMPLE_CUT_FILE_H
#define MXCHECK_EXAMPLE_CUT_FILE_H

/* The kernel sends SIGBUS to whoever touches a mapped file where it has been cut off. The library installs no signal
 * handler; this one puts memory in the place of the file at `path`, which this process has mapped. The library can live
 * with any content of it: the cache is empty, and no longer shared. Children that are forked later do the same. */
void cut_file_survive(const char *path);

#endif
