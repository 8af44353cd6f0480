/* SPDX-License-Identifier: BSD-2-Clause */
/* page.h: what is around an answer: head, form and foot of the two pages. */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include "buffer.h"
#include "inquiry.h"

/* Begin the page for one address, with its form filled in, up to where the answer stands. */
void page_begin_check(struct buffer *page, const struct inquiry *inquiry, const mxcheck_result *result);

/* Begin the page for a list, with its form filled in, unless that is long; with `has_rows` up to where the rows of its
 * table stand. */
void page_begin_list(struct buffer *page, const struct inquiry *inquiry, bool has_rows);

/* A row of that table. */
void page_put_row(struct buffer *page, const struct inquiry *inquiry, const struct check *check);

/* What stands behind the rows. */
struct tally {
    size_t accepted, rejected, deferred, failed;
};
void tally_add(struct tally *tally, const struct check *check);
void page_put_tally(struct buffer *page, const struct tally *tally);

/* What went wrong with a request, in a sentence of our own. */
void page_put_problem(struct buffer *page, const char *problem);

void page_end(struct buffer *page);

#endif
