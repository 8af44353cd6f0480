/* SPDX-License-Identifier: BSD-2-Clause */
/* hosts.h: judges MX hosts by the options: usable, forbidden, dead, or unknown. Pure. */
#ifndef MXCHECK_JUDGE_HOSTS_H
#define MXCHECK_JUDGE_HOSTS_H

#include "facts/facts.h"
#include "options/options.h"

/* Of several that would do, the one with the greatest number decides. */
enum host_state {
    HOST_DEAD = 1,  /* no address at all, or a name that public DNS never has */
    HOST_FORBIDDEN, /* every address lies in forbidden-networks */
    HOST_REFUSED,   /* by its name; its addresses do not matter */
    HOST_CUT,       /* every address that was kept lies in forbidden-networks, and there are more */
    HOST_UNKNOWN,   /* not asked for, or not waited for */
    HOST_FAILED,    /* DNS failed */
    HOST_USABLE     /* an address that is not forbidden */
};

static inline enum host_state hosts_better(enum host_state a, enum host_state b)
{
    return a > b ? a : b;
}

/* What an answer to FACTS_A or FACTS_AAAA comes to. */
enum host_state hosts_judge_answer(const struct options *options, const struct facts *facts,
                                   enum facts_question question, const struct facts_answer *answer);

/* What an MX host comes to, by both of its answers. */
enum host_state hosts_judge(const struct options *options, const struct facts *facts,
                            const struct facts_target *target);

/* How many of the targets the options look at. */
size_t hosts_count(const struct options *options, const struct facts *facts);

/* The best of those: HOST_UNKNOWN when none was looked at. */
enum host_state hosts_best(const struct options *options, const struct facts *facts);

/* How DNS failed for them, as facts_worse has it; FACTS_NOT_ASKED when it did not. */
enum facts_outcome hosts_failure(const struct options *options, const struct facts *facts);

/* Are there MX hosts past max-targets? */
bool hosts_are_cut(const struct options *options, const struct facts *facts);

/* The first of those that are looked at and in this state; NULL when there is none. */
const struct facts_target *hosts_find(const struct options *options, const struct facts *facts, enum host_state state);

/* The RFC by which public DNS never has this host, where special-use says so; NULL otherwise. */
const char *hosts_special_use(const struct options *options, const struct facts *facts,
                              const struct facts_target *target);

/* The option that refuses mail hosts of this name; NULL: none does. Static. */
const char *hosts_refusal(const struct options *options, const char *host);

/* How many of the MX hosts are refused by their names: the first of them, or NULL; *all: every one is. */
const struct facts_mx *hosts_find_refused(const struct options *options, const struct facts *facts, bool *all);

/* Has the answer an address in forbidden-networks? *index: the first. */
bool hosts_find_forbidden(const struct options *options, const struct facts *facts, enum facts_question question,
                          const struct facts_answer *answer, unsigned *index);

/* A word: "usable", "dead", ... */
const char *hosts_state_name(enum host_state state);

#endif
