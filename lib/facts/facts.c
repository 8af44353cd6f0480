/* SPDX-License-Identifier: BSD-2-Clause */
/* facts.c: what DNS said of one domain: made once, then shared by counting. */
#include "facts/facts.h"

#include "base/memory.h"

const struct facts_answer facts_not_asked = {.failure = "", .rcode = -1, .outcome = FACTS_NOT_ASKED};

static bool has_failed(enum facts_outcome outcome)
{
    return outcome == FACTS_TIMEOUT || outcome == FACTS_FAILURE || outcome == FACTS_BOGUS;
}

bool facts_are_failure(const struct facts *facts)
{
    enum facts_outcome a = facts_answer(facts, FACTS_A)->outcome;
    enum facts_outcome aaaa = facts_answer(facts, FACTS_AAAA)->outcome;
    if (has_failed(facts_answer(facts, FACTS_MX)->outcome))
        return true;
    return a != FACTS_RECORDS && aaaa != FACTS_RECORDS && (has_failed(a) || has_failed(aaaa));
}

struct facts *facts_ref(const struct facts *facts)
{
    /* The count alone changes. */
    struct facts *shared = (struct facts *)(uintptr_t)facts;
    if (shared != NULL)
        __atomic_add_fetch(&shared->references, 1, __ATOMIC_RELAXED);
    return shared;
}

void facts_unref(struct facts *facts, const mxcheck_memory *memory)
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
