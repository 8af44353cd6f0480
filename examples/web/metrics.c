/* SPDX-License-Identifier: BSD-2-Clause */
/* metrics.c: every field of mxcheck_stats by its name, so that those of later releases are there, too. */
#include "metrics.h"

#include <string.h>

static bool is_of_cache(const char *name)
{
    return strcmp(name, "domains") == 0 || strcmp(name, "bytes") == 0;
}

static void put_head(struct buffer *buffer, const char *prefix, const char *name, bool is_gauge)
{
    buffer_printf(buffer, "# TYPE %s%s%s %s\n", prefix, name, is_gauge ? "" : "_total", is_gauge ? "gauge" : "counter");
}

/* The contexts share one cache, whose content is counted once. */
static void put_field(struct buffer *buffer, size_t index, const uint64_t *fields[DEPTHS])
{
    const char *name = mxcheck_stats_name(index);
    if (is_of_cache(name)) {
        put_head(buffer, "mxcheck_cache_", name, true);
        buffer_printf(buffer, "mxcheck_cache_%s %llu\n", name, (unsigned long long)fields[0][index]);
        return;
    }
    put_head(buffer, "mxcheck_", name, false);
    for (int i = 0; i < DEPTHS; i++)
        buffer_printf(buffer, "mxcheck_%s_total{depth=\"%s\"} %llu\n", name, depth_names[i],
                      (unsigned long long)fields[i][index]);
}

static void put_responses(struct buffer *buffer, const struct metrics *metrics)
{
    put_head(buffer, "mxcheck_web_", "responses", false);
    for (size_t code = 0; code < sizeof(metrics->responses) / sizeof(*metrics->responses); code++) {
        if (metrics->responses[code] > 0)
            buffer_printf(buffer, "mxcheck_web_responses_total{code=\"%zu\"} %lu\n", code, metrics->responses[code]);
    }
}

static void put_number(struct buffer *buffer, const char *name, bool is_gauge, unsigned long number)
{
    put_head(buffer, "mxcheck_web_", name, is_gauge);
    buffer_printf(buffer, "mxcheck_web_%s%s %lu\n", name, is_gauge ? "" : "_total", number);
}

void metrics_put(struct buffer *buffer, const struct metrics *metrics, const struct checker *checker)
{
    enum { FIELDS = 64 };
    uint64_t stats[DEPTHS][FIELDS] = {{0}};
    const uint64_t *fields[DEPTHS];
    for (int i = 0; i < DEPTHS; i++) {
        mxcheck_ctx_stats(checker->contexts[i], (mxcheck_stats *)(void *)stats[i], sizeof(stats[i]));
        fields[i] = stats[i];
    }
    for (size_t i = 0; i < FIELDS && mxcheck_stats_name(i) != NULL; i++)
        put_field(buffer, i, fields);
    put_number(buffer, "checks_waiting_for_dns", true, checker->running);
    put_number(buffer, "connections", true, metrics->connections);
    put_number(buffer, "connections_refused", false, metrics->connections_refused);
    put_number(buffer, "too_slow", false, metrics->too_slow);
    put_responses(buffer, metrics);
}
