/* SPDX-License-Identifier: BSD-2-Clause */
/* names.c: words and sentences for the numbers of the API. */
#include "options/reasons.h"

const char *mxcheck_status_name(mxcheck_status status)
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
    }
    return "unknown";
}

const char *mxcheck_status_text(mxcheck_status status)
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
        return "A file could not be read.";
    case MXCHECK_ERR_SYSTEM:
        return "The system refused a resource, such as a descriptor, or the stack is too small.";
    case MXCHECK_ERR_NOT_FOUND:
        return "No asynchronous check under way has this id.";
    case MXCHECK_ERR_NOT_CACHED:
        return "The answer is not remembered: DNS would have to be asked.";
    }
    return "unknown";
}

const char *mxcheck_verdict_name(mxcheck_verdict verdict)
{
    return reasons_verdict_word(verdict);
}

const char *mxcheck_reason_name(mxcheck_reason reason)
{
    return reasons_word(reason);
}

const char *mxcheck_role_name(mxcheck_role role)
{
    return reasons_role_word(role);
}
