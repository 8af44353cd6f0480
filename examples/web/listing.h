/* SPDX-License-Identifier: BSD-2-Clause */
/* listing.h: the answers to a list, a piece at a time, as they come. */
#ifndef WEB_LISTING_H
#define WEB_LISTING_H

#include "buffer.h"
#include "inquiry.h"
#include "page.h"

enum listing_format { LISTING_JSON, LISTING_CSV, LISTING_HTML };

struct listing {
    enum listing_format format;
    struct inquiry inquiry;
    struct tally tally;
    bool has_begun, has_ended;
};

/* Put what there is to say now, some 16 KiB at most: nothing when checks must finish first, or when all was said
 * (has_ended). JSON comes as checks finish, CSV and HTML in the order of the lines. */
void listing_put(struct listing *listing, struct job *job, struct buffer *buffer);

#endif
