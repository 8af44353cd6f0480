/* SPDX-License-Identifier: BSD-2-Clause */
/* form.h: judges an address as far as that needs no DNS. Pure. */
#ifndef MXCHECK_JUDGE_FORM_H
#define MXCHECK_JUDGE_FORM_H

#include "judge/judgement.h"

/* Judge what can be judged without DNS: form, role, literal, exempt, special use. Fills role, domain, fault, rule,
 * notes; sets reason and verdict and returns true when that decides; returns false (reason 0) when DNS must be asked.
 * `parsed` must outlive the judgement, which borrows its domain. */
bool form_judge(const struct options *options, const struct address *parsed, mxcheck_role role,
                struct judgement *judgement);

#endif
