/* SPDX-License-Identifier: BSD-2-Clause */
/* metrics.h: what the server and its contexts have done, in Prometheus' text format. */
#ifndef WEB_METRICS_H
#define WEB_METRICS_H

#include "buffer.h"
#include "checker.h"

struct metrics {
    unsigned long connections; /* open now */
    unsigned long connections_refused;
    unsigned long too_slow;       /* connections ended for that */
    unsigned long responses[600]; /* by status code */
};

void metrics_put(struct buffer *buffer, const struct metrics *metrics, const struct checker *checker);

#endif
