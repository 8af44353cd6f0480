/* SPDX-License-Identifier: BSD-2-Clause */
/* facts.c: what DNS said of one domain: made once, then shared by counting. */
#include "facts/facts.h"

#include "base/memory.h"

#include <string.h>

const struct facts_answer facts_not_asked = {.rcode = -1, .error_code = -1, .outcome = FACTS_NOT_ASKED};

bool facts_is_failure(enum facts_outcome outcome)
{
    return outcome == FACTS_TIMEOUT || outcome == FACTS_FAILURE || outcome == FACTS_BOGUS;
}

enum facts_outcome facts_worse(enum facts_outcome a, enum facts_outcome b)
{
    if (!facts_is_failure(b))
        return a;
    if (a == FACTS_BOGUS || b == FACTS_BOGUS)
        return FACTS_BOGUS;
    return a == FACTS_TIMEOUT || b == FACTS_TIMEOUT ? FACTS_TIMEOUT : FACTS_FAILURE;
}

/* Secure is what all are, unknown what one is of which nothing is known. */
mxcheck_dnssec facts_weaker(mxcheck_dnssec a, mxcheck_dnssec b)
{
    if (a == MXCHECK_DNSSEC_SECURE)
        return b;
    return b == MXCHECK_DNSSEC_SECURE || a < b ? a : b;
}

/* Of several answers any one of which would do. */
static enum facts_outcome failure_among(const struct facts *facts, const uint8_t *indexes, size_t count)
{
    enum facts_outcome failure = FACTS_NOT_ASKED;
    for (size_t i = 0; i < count; i++) {
        enum facts_outcome outcome = (enum facts_outcome)facts_answer_at(facts, indexes[i])->outcome;
        if (outcome == FACTS_RECORDS && !facts->none_usable)
            return FACTS_NOT_ASKED;
        failure = facts_worse(failure, outcome);
    }
    return failure;
}

enum facts_outcome facts_failure(const struct facts *facts)
{
    enum facts_outcome mx = (enum facts_outcome)facts_answer(facts, FACTS_MX)->outcome;
    uint8_t indexes[2 * UINT8_MAX];
    if (facts_is_failure(mx))
        return mx;
    if (mx != FACTS_RECORDS)
        return failure_among(facts, &facts->answer_index[FACTS_A], 2);
    for (size_t i = 0; i < facts->target_count; i++)
        memcpy(&indexes[2 * i], facts_targets(facts)[i].answer_index, 2);
    return failure_among(facts, indexes, 2 * (size_t)facts->target_count);
}

static bool is_absence(const struct facts_answer *answer)
{
    return facts_is_absence((enum facts_outcome)answer->outcome);
}

static bool has_host_without_address(const struct facts *facts)
{
    for (size_t i = 0; i < facts->target_count; i++) {
        for (int question = FACTS_A; question <= FACTS_AAAA; question++) {
            if (is_absence(facts_target_answer(facts, &facts_targets(facts)[i], (enum facts_question)question)))
                return true;
        }
    }
    return false;
}

bool facts_hold_denial(const struct facts *facts)
{
    return is_absence(facts_answer(facts, FACTS_MX)) || has_host_without_address(facts);
}

bool facts_lack_something(const struct facts *facts)
{
    return is_absence(facts_answer(facts, FACTS_MX)) || (facts->none_usable && has_host_without_address(facts));
}

bool facts_deny_all(const struct facts *facts)
{
    bool has_records = false;
    for (int question = FACTS_MX; question < FACTS_QUESTIONS; question++)
        has_records |= facts_answer(facts, (enum facts_question)question)->outcome == FACTS_RECORDS;
    return facts_hold_denial(facts) && (facts->none_usable || !has_records);
}

bool facts_has_timeout(const struct facts *facts)
{
    for (unsigned i = 0; i < facts->answer_count; i++) {
        if (facts_answer_at(facts, i)->outcome == FACTS_TIMEOUT)
            return true;
    }
    return false;
}

struct facts *facts_ref(const struct facts *facts)
{
    /* The count alone changes. */
    struct facts *shared = (struct facts *)(uintptr_t)facts;
    if (shared != NULL)
        __atomic_add_fetch(&shared->references, 1, __ATOMIC_RELAXED);
    return shared;
}

void facts_unref(struct facts *facts, const struct memory *memory)
{
    /* Acquire and release: what other threads read of the facts happens before they are freed. */
    if (facts != NULL && __atomic_sub_fetch(&facts->references, 1, __ATOMIC_ACQ_REL) == 0)
        memory_free(memory, facts);
}

const char *facts_outcome_name(enum facts_outcome outcome)
{
    switch (outcome) {
    case FACTS_NOT_ASKED:
        return "not-asked";
    case FACTS_RECORDS:
        return "records";
    case FACTS_NODATA:
        return "nodata";
    case FACTS_NXDOMAIN:
        return "nxdomain";
    case FACTS_TIMEOUT:
        return "timeout";
    case FACTS_FAILURE:
        return "failure";
    case FACTS_BOGUS:
        return "bogus";
    }
    return "unknown";
}

const char *facts_question_name(enum facts_question question)
{
    switch (question) {
    case FACTS_MX:
        return "MX";
    case FACTS_A:
        return "A";
    case FACTS_AAAA:
        return "AAAA";
    case FACTS_QUESTIONS:
        break;
    }
    return "unknown";
}
