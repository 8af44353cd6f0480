/* SPDX-License-Identifier: BSD-2-Clause */
/* shadow.c: each result is kept until the shadow has one of the same address. */
#include "shadow.h"

#include "../common/report.h"
#include "../common/transaction.h"

#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

struct comparison {
    struct shadow *shadow;
    mxcheck_result *result;
    char id[TRANSACTION_SIZE];
    struct comparison *next, **link;
};

struct shadow {
    mxcheck_ctx *ctx;
    struct comparison *comparisons; /* under way */
    unsigned long compared, different;
};

struct shadow *shadow_new(mxcheck_ctx *ctx)
{
    struct shadow *shadow = calloc(1, sizeof(*shadow));
    if (shadow == NULL)
        mxcheck_ctx_free(ctx);
    else
        shadow->ctx = ctx;
    return shadow;
}

static void free_comparison(struct comparison *comparison)
{
    mxcheck_result_unref(comparison->result);
    free(comparison);
}

static void end(struct comparison *comparison)
{
    *comparison->link = comparison->next;
    if (comparison->next != NULL)
        comparison->next->link = comparison->link;
    free_comparison(comparison);
}

void shadow_free(struct shadow *shadow)
{
    if (shadow == NULL)
        return;
    mxcheck_ctx_free(shadow->ctx);
    for (struct comparison *comparison = shadow->comparisons, *next; comparison != NULL; comparison = next) {
        next = comparison->next;
        free_comparison(comparison);
    }
    free(shadow);
}

mxcheck_ctx *shadow_ctx(const struct shadow *shadow)
{
    return shadow->ctx;
}

static void on_result(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    struct comparison *comparison = user_data;
    struct shadow *shadow = comparison->shadow;
    (void)id;
    shadow->compared++;
    if (mxcheck_result_verdict(result) != mxcheck_result_verdict(comparison->result) ||
        mxcheck_result_reason(result) != mxcheck_result_reason(comparison->result)) {
        shadow->different++;
        report_difference(comparison->result, result, comparison->id);
    }
    end(comparison);
}

static struct comparison *begin(struct shadow *shadow, const mxcheck_result *result, const char *id)
{
    struct comparison *comparison = calloc(1, sizeof(*comparison));
    if (comparison == NULL)
        return NULL;
    *comparison = (struct comparison){.shadow = shadow,
                                      .result = mxcheck_result_ref(result),
                                      .next = shadow->comparisons,
                                      .link = &shadow->comparisons};
    snprintf(comparison->id, sizeof(comparison->id), "%s", id);
    if (comparison->next != NULL)
        comparison->next->link = &comparison->next;
    shadow->comparisons = comparison;
    return comparison;
}

void shadow_compare(struct shadow *shadow, const mxcheck_result *result, const char *id)
{
    if (shadow == NULL)
        return;
    struct comparison *comparison = begin(shadow, result, id);
    mxcheck_status status = MXCHECK_ERR_NOMEM;
    if (comparison != NULL)
        status = mxcheck_check_async(shadow->ctx, mxcheck_result_role(result), mxcheck_result_address(result),
                                     mxcheck_result_address_length(result), 0, 0, on_result, comparison, NULL);
    if (status == MXCHECK_OK)
        return;
    report(LOG_WARNING, "%s: no check by the shadow: %s", id, mxcheck_status_text(status));
    if (comparison != NULL)
        end(comparison);
}

void shadow_report_counts(const struct shadow *shadow)
{
    if (shadow != NULL)
        report(LOG_INFO, "shadow: %lu verdicts compared, %lu differ", shadow->compared, shadow->different);
}
