/* SPDX-License-Identifier: BSD-2-Clause */
/* hosts.c: MX hosts, judged by their names and addresses. */
#include "judge/hosts.h"

#include "mail/domain.h"
#include "mail/name_list.h"
#include "mail/network.h"

#include <string.h>
#include <sys/socket.h>

static bool is_forbidden(const struct options *options, const struct facts *facts, enum facts_question question,
                         const struct facts_answer *answer, unsigned index)
{
    return networks_hold(options->forbidden, question == FACTS_A ? AF_INET : AF_INET6,
                         facts_address(facts, question, answer, index));
}

static enum host_state judge_addresses(const struct options *options, const struct facts *facts,
                                       enum facts_question question, const struct facts_answer *answer)
{
    unsigned kept = facts_address_count(answer);
    for (unsigned i = 0; i < kept; i++) {
        if (!is_forbidden(options, facts, question, answer, i))
            return HOST_USABLE;
    }
    return answer->count > kept ? HOST_CUT : HOST_FORBIDDEN;
}

enum host_state hosts_judge_answer(const struct options *options, const struct facts *facts,
                                   enum facts_question question, const struct facts_answer *answer)
{
    switch ((enum facts_outcome)answer->outcome) {
    case FACTS_NOT_ASKED:
        return HOST_UNKNOWN;
    case FACTS_RECORDS:
        return judge_addresses(options, facts, question, answer);
    case FACTS_NODATA:
    case FACTS_NXDOMAIN:
        return HOST_DEAD;
    case FACTS_TIMEOUT:
    case FACTS_FAILURE:
    case FACTS_BOGUS:
        return HOST_FAILED;
    }
    return HOST_UNKNOWN;
}

const char *hosts_special_use(const struct options *options, const struct facts *facts,
                              const struct facts_target *target)
{
    const char *host = facts_text(facts, target->host);
    return options->query_special_use ? NULL : domain_special_use(host, strlen(host));
}

const char *hosts_refusal(const struct options *options, const char *host)
{
    if (name_list_holds(options->refused_hosts, host))
        return "refused-hosts";
    return name_list_refuses(NULL, options->required_hosts, host) ? "required-hosts" : NULL;
}

const struct facts_mx *hosts_find_refused(const struct options *options, const struct facts *facts, bool *all)
{
    const struct facts_mx *first = NULL;
    size_t refused = 0;
    *all = false;
    if (options->refused_hosts == NULL && options->required_hosts == NULL)
        return NULL;
    for (size_t i = 0; i < facts->mx_count; i++) {
        const struct facts_mx *mx = &facts_mx(facts)[i];
        const char *host = facts_text(facts, mx->host);
        if (host[0] == '\0' || hosts_refusal(options, host) == NULL)
            continue;
        first = first == NULL ? mx : first;
        refused++;
    }
    *all = refused > 0 && refused == facts->exchanges && (facts->oddities & FACTS_MX_CUT) == 0;
    return first;
}

enum host_state hosts_judge(const struct options *options, const struct facts *facts, const struct facts_target *target)
{
    enum host_state state = HOST_DEAD;
    if (hosts_special_use(options, facts, target) != NULL)
        return HOST_DEAD;
    if (hosts_refusal(options, facts_text(facts, target->host)) != NULL)
        return HOST_REFUSED;
    for (int question = FACTS_A; question <= FACTS_AAAA; question++) {
        const struct facts_answer *answer = facts_target_answer(facts, target, (enum facts_question)question);
        state = hosts_better(state, hosts_judge_answer(options, facts, (enum facts_question)question, answer));
    }
    return state;
}

size_t hosts_count(const struct options *options, const struct facts *facts)
{
    return facts->target_count < options->max_targets ? facts->target_count : options->max_targets;
}

enum host_state hosts_best(const struct options *options, const struct facts *facts)
{
    enum host_state state = facts->target_count == 0 ? HOST_UNKNOWN : HOST_DEAD;
    for (size_t i = 0; i < hosts_count(options, facts); i++)
        state = hosts_better(state, hosts_judge(options, facts, &facts_targets(facts)[i]));
    return state;
}

enum facts_outcome hosts_failure(const struct options *options, const struct facts *facts)
{
    enum facts_outcome failure = FACTS_NOT_ASKED;
    for (size_t i = 0; i < hosts_count(options, facts); i++) {
        const struct facts_target *target = &facts_targets(facts)[i];
        if (hosts_special_use(options, facts, target) != NULL ||
            hosts_refusal(options, facts_text(facts, target->host)) != NULL)
            continue;
        for (int j = FACTS_A; j <= FACTS_AAAA; j++)
            failure = facts_worse(
                failure, (enum facts_outcome)facts_target_answer(facts, target, (enum facts_question)j)->outcome);
    }
    return failure;
}

bool hosts_are_cut(const struct options *options, const struct facts *facts)
{
    return (facts->oddities & FACTS_MX_CUT) != 0 || facts->target_count > options->max_targets ||
           (facts->target_count == options->max_targets && facts->has_more_hosts);
}

const struct facts_target *hosts_find(const struct options *options, const struct facts *facts, enum host_state state)
{
    for (size_t i = 0; i < hosts_count(options, facts); i++) {
        if (hosts_judge(options, facts, &facts_targets(facts)[i]) == state)
            return &facts_targets(facts)[i];
    }
    return NULL;
}

bool hosts_find_forbidden(const struct options *options, const struct facts *facts, enum facts_question question,
                          const struct facts_answer *answer, unsigned *index)
{
    unsigned kept = answer->outcome == FACTS_RECORDS ? facts_address_count(answer) : 0;
    for (unsigned i = 0; i < kept; i++) {
        if (is_forbidden(options, facts, question, answer, i)) {
            *index = i;
            return true;
        }
    }
    return false;
}

const char *hosts_state_name(enum host_state state)
{
    switch (state) {
    case HOST_DEAD:
        return "dead";
    case HOST_FORBIDDEN:
        return "forbidden";
    case HOST_REFUSED:
        return "refused";
    case HOST_CUT:
        return "cut";
    case HOST_UNKNOWN:
        return "unknown";
    case HOST_FAILED:
        return "failed";
    case HOST_USABLE:
        return "usable";
    }
    return "unknown";
}
