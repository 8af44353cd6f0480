/* SPDX-License-Identifier: BSD-2-Clause */
/* story.h: the answer to an inquiry as HTML, for a person. */
#ifndef WEB_STORY_H
#define WEB_STORY_H

#include "buffer.h"
#include "inquiry.h"

/* What becomes of mail: "can be delivered", "cannot be delivered" or "unknown now". */
const char *story_verdict(mxcheck_verdict verdict);

/* "Mail can be delivered to example.com", and so on, without markup; what comes from outside is escaped. */
void story_put_headline(struct buffer *page, const mxcheck_result *result);

/* The section of the page with the whole answer. */
void story_put(struct buffer *page, const struct inquiry *inquiry, const mxcheck_result *result);

/* A link to what was asked, for an attribute; it begins with `what`, such as "/?q=". */
void story_put_link(struct buffer *page, const char *what, const struct inquiry *inquiry);

/* The library's JSON. */
void story_put_json(struct buffer *buffer, const mxcheck_result *result);

#endif
