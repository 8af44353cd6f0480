/* SPDX-License-Identifier: BSD-2-Clause */
/* policy.h: facts + options + role = verdict and reason. Pure: no clock, no I/O, no memory. */
#ifndef MXCHECK_JUDGE_POLICY_H
#define MXCHECK_JUDGE_POLICY_H

#include "judge/judgement.h"

/* Judge by what DNS said just now; fills in reason, verdict, facts, hold_ms, ttl_s and notes of a judgement that
 * form_judge left open. May be called again, with other facts. */
void policy_judge_facts(const struct options *options, const struct facts *facts, struct judgement *judgement);

/* The context is full: overloaded. */
void policy_judge_overload(struct judgement *judgement);

/* Do these facts, perhaps of another context, answer everything that these options ask for? */
bool policy_is_answered(const struct options *options, const struct facts *facts);

/* What the engine needs to know of policy before it asks. */
bool policy_wants_address_question(const struct options *options, enum facts_question question);

#endif
