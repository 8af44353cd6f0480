/* SPDX-License-Identifier: BSD-2-Clause */
/* shadow.h: other options, tried on the addresses that have been checked; where they come to another verdict, a line
 * says so. Nobody waits for it, and nothing is answered by it. */
#ifndef POLICY_SHADOW_H
#define POLICY_SHADOW_H

#include <mxcheck/mxcheck.h>
#include <stdbool.h>

struct shadow;

/* Takes the context, also when it fails. NULL: memory ran out. */
struct shadow *shadow_new(mxcheck_ctx *ctx);
void shadow_free(struct shadow *shadow);

mxcheck_ctx *shadow_ctx(const struct shadow *shadow);

/* Check the address of a result once more. Takes NULL for no shadow. `id`: of the transaction, for the line. */
void shadow_compare(struct shadow *shadow, const mxcheck_result *result, const char *id);

void shadow_report_counts(const struct shadow *shadow);

#endif
