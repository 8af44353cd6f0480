/* SPDX-License-Identifier: BSD-2-Clause */
/* checker.h: the checks of all requests, so many at the same time, taken from the requests in turn. */
#ifndef WEB_CHECKER_H
#define WEB_CHECKER_H

#include <mxcheck/mxcheck.h>
#include <stdbool.h>
#include <stddef.h>

enum depth { DEPTH_RECORDS, DEPTH_TARGETS, DEPTHS };

/* The values of the option `depth`. */
extern const char *const depth_names[DEPTHS];

/* Jobs that wait for their turn. */
enum ring { RING_SINGLE, RING_LISTS, RINGS };

struct checker {
    mxcheck_ctx *contexts[DEPTHS];
    enum depth usual_depth; /* that the configuration names */
    unsigned most;          /* checks at the same time; one job has a quarter of them at most */
    unsigned running;       /* those that wait for DNS */
    struct job *waiting[RINGS];
    struct job *jobs; /* all that were started */
};

/* One address of a job. */
struct check {
    struct job *job;
    const char *text;
    size_t length;
    size_t line;
    mxcheck_id id;          /* while it waits for DNS, else 0 */
    mxcheck_result *result; /* when it has finished; NULL: `status` says why there is none */
    mxcheck_status status;
    bool has_finished;
};

/* The checks of one request. */
struct job {
    struct checker *checker;
    struct job *next; /* in the ring of those that may start checks; NULL outside of it */
    struct job *previous;
    struct job *later, *earlier; /* in the list of all */
    enum depth depth;
    mxcheck_role role;
    struct check *checks;
    size_t count, started, finished, given;
    unsigned running;
    struct check *taken; /* by the last job_take() */
    size_t *order;       /* in which they have finished */
    void (*on_change)(void *user_data);
    void *user_data;
};

/* Make a context for each depth out of one configuration, with one cache; `what` says what went wrong. At most `most`
 * checks at the same time, and at most as many as the configuration allows. */
bool checker_begin(struct checker *checker, mxcheck_config *config, unsigned most, const char **what);
void checker_end(struct checker *checker);

/* Take another configuration, and go on with the cache. What is in progress begins anew. False: all is as it was. The
 * descriptors of the contexts are others then. */
bool checker_change(struct checker *checker, mxcheck_config *config, unsigned most, const char **what);

/* Take all lines of a text that are not blank. The text must live as long as the job. At most `most`: *count says how
 * many there are. NULL: there are none, or more, or memory ran out. */
struct job *job_of_lines(const char *text, size_t length, size_t most, size_t *count);

/* Take a text, without blanks at both ends. */
struct job *job_of_one(const char *text, size_t length);

/* Is there nothing but blanks in a text? */
bool job_is_blank(const char *text, size_t length);

/* Start. on_change is called from checker_dispatch() whenever a check of it has finished; not for those that need no
 * DNS and have finished at once. */
void job_start(struct job *job, struct checker *checker, void (*on_change)(void *user_data), void *user_data);

/* The next finished check that was not given before, as they finish or in the order of the lines; NULL: not now. Its
 * result lives until the next call. */
const struct check *job_take(struct job *job, bool is_in_order);

/* What is in progress is dropped. */
void job_free(struct job *job);

/* Call back what has finished, and start what has room. */
void checker_dispatch(struct checker *checker);

/* Would that start something? So it is when a job was freed. */
bool checker_has_room(const struct checker *checker);

#endif
