/* SPDX-License-Identifier: BSD-2-Clause */
/* names.c: words and sentences for the numbers of the API. */
#include "options/reasons.h"

const char *mxcheck_status_name(int status)
{
    switch (status) {
    case MXCHECK_OK:
        return "ok";
    case MXCHECK_ERR_INVALID:
        return "invalid";
    case MXCHECK_ERR_NOMEM:
        return "no-memory";
    case MXCHECK_ERR_OPTION:
        return "option";
    case MXCHECK_ERR_FILE:
        return "file";
    case MXCHECK_ERR_SYSTEM:
        return "system";
    case MXCHECK_ERR_NOT_FOUND:
        return "not-found";
    case MXCHECK_ERR_NOT_CACHED:
        return "not-cached";
    case MXCHECK_ERR_STOPPED:
        return "stopped";
    default:
        return "unknown";
    }
}

const char *mxcheck_status_text(int status)
{
    switch (status) {
    case MXCHECK_OK:
        return "The call succeeded.";
    case MXCHECK_ERR_INVALID:
        return "An argument is NULL or out of its range.";
    case MXCHECK_ERR_NOMEM:
        return "Memory ran out; nothing was changed.";
    case MXCHECK_ERR_OPTION:
        return "There is no such option, or it does not take this value.";
    case MXCHECK_ERR_FILE:
        return "A file could not be used.";
    case MXCHECK_ERR_SYSTEM:
        return "The system refused a resource, such as a descriptor, or the stack is too small.";
    case MXCHECK_ERR_NOT_FOUND:
        return "No asynchronous check under way has this id.";
    case MXCHECK_ERR_NOT_CACHED:
        return "The answer is not remembered: DNS would have to be asked.";
    case MXCHECK_ERR_STOPPED:
        return "The context was told to stop.";
    default:
        return "unknown";
    }
}

const char *mxcheck_verdict_name(mxcheck_verdict verdict)
{
    return reasons_verdict_word(verdict);
}

const char *mxcheck_reason_name(int reason)
{
    return reasons_word((mxcheck_reason)reason);
}

size_t mxcheck_reason_count(void)
{
    return reasons_count();
}

int mxcheck_reason_at(size_t index)
{
    const struct reason *reason = reasons_at(index);
    return reason == NULL ? 0 : (int)reason->number;
}

mxcheck_verdict mxcheck_reason_verdict(int number)
{
    const struct reason *reason = reasons_find((mxcheck_reason)number);
    return reason == NULL ? (mxcheck_verdict)0 : reason->verdict;
}

const char *mxcheck_role_name(mxcheck_role role)
{
    return reasons_role_word(role);
}

const char *mxcheck_dnssec_name(int state)
{
    return reasons_dnssec_word(state);
}

const char *mxcheck_log_level_name(int level)
{
    static const char *const words[] = {"none", "error", "warning", "info", "debug"};
    return level < 0 || (size_t)level >= sizeof(words) / sizeof(words[0]) ? "unknown" : words[level];
}

/* In the order of the fields of mxcheck_stats. */
const char *mxcheck_stats_name(size_t index)
{
    static const char *const names[] = {"checks",    "accepted", "deferred",   "rejected", "hits",    "misses",
                                        "stale",     "lookups",  "prefetches", "queries",  "retries", "timeouts",
                                        "evictions", "domains",  "bytes",      "outages"};
    _Static_assert(sizeof(names) / sizeof(names[0]) * sizeof(uint64_t) == sizeof(mxcheck_stats),
                   "a name for each field");
    return index < sizeof(names) / sizeof(names[0]) ? names[index] : NULL;
}
