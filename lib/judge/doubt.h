/* SPDX-License-Identifier: BSD-2-Clause */
/* doubt.h: what is not believed of facts that were learned in an outage. Pure. */
#ifndef MXCHECK_JUDGE_DOUBT_H
#define MXCHECK_JUDGE_DOUBT_H

#include "judge/judgement.h"

/* Take a rejection back that rests on a denial of an outage: it becomes a deferral with outage-threshold, and otherwise
 * holds no longer than a failure. */
void doubt_rejection(const struct options *options, struct judgement *judgement);

/* Those of the judgement's notes that are beyond doubt. */
notes doubt_notes(const struct options *options, const struct judgement *judgement);

#endif
