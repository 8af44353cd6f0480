/* SPDX-License-Identifier: BSD-2-Clause */
/* policy.h: facts + options + role = verdict and reason. Pure: no clock, no I/O, no memory. */
#ifndef MXCHECK_JUDGE_POLICY_H
#define MXCHECK_JUDGE_POLICY_H

#include "judge/judgement.h"

/* Judge what can be judged without DNS: form, role, literal, exempt, special use. Fills role, domain, fault, rule,
 * notes; sets reason and verdict and returns true when that decides; returns false (reason 0) when DNS must be asked.
 * `parsed` must outlive the judgement, which borrows its domain. */
bool policy_judge_address(const struct options *options, const struct address *parsed, mxcheck_role role,
                          struct judgement *judgement);

/* Judge by what DNS said just now; fills in reason, verdict, facts, hold_ms, ttl_s and notes of a judgement that
 * policy_judge_address left open. May be called again, with other facts. */
void policy_judge_facts(const struct options *options, const struct facts *facts, struct judgement *judgement);

/* The context is full: overloaded. */
void policy_judge_overload(struct judgement *judgement);

/* The verdict of a reason, from reasons.def; DEFER for a number that is none. */
mxcheck_verdict policy_verdict_of(mxcheck_reason reason);

/* Do facts, which others may have asked for, hold an answer to everything that these options ask? */
bool policy_is_answered(const struct options *options, const struct facts *facts);

/* What the engine needs to know of policy before it asks. */
bool policy_wants_address_question(const struct options *options, enum facts_question question);

#endif
