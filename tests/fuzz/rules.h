/* SPDX-License-Identifier: BSD-2-Clause */
/* rules.h: what holds of any facts, and of any judgement of them, whatever DNS said. */
#ifndef MXCHECK_TESTS_FUZZ_RULES_H
#define MXCHECK_TESTS_FUZZ_RULES_H

#include "judge/judgement.h"

/* Every place of the block leads into it, to texts that end there, and to what was asked. */
void rules_check_block(const struct facts *facts, const char *domain);

/* Verdict and reason agree with each other, with the options, and with what DNS said. */
void rules_check_verdict(const struct options *options, const struct judgement *judgement);

#endif
