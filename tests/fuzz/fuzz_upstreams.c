/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_upstreams.c: any text is parsed as a list of upstreams, and any octets as a resolv.conf, without harm; what is
 * refused writes nothing and says why; each upstream that is taken is whole, stands once, and its name leads back to
 * it.
 */
#define _GNU_SOURCE /* memfd_create */
#include "octet_file.h"

#include "dns/upstreams.h"

#include <string.h>
#include <sys/socket.h>

/* Nothing that the parser would take for something else, or that is told escaped. */
static bool is_plain(const char *scope)
{
    return check_is_printable(scope, false) && strpbrk(scope, " ,#%[]\\") == NULL;
}

static void check_name(const struct upstream *upstream)
{
    static const char *const schemes[] = {"udp://", "tcp://", "tls://"};
    struct upstreams again;
    char text[80];
    char error[256];
    if (!is_plain(upstream->scope) || strlen(upstream->name) + 1 == sizeof(upstream->name))
        return;
    snprintf(text, sizeof(text), "%s%s", schemes[upstream->transport], upstream->name);
    demand(upstreams_parse(text, &again, error, sizeof(error)) == 0 && again.count == 1);
    demand(memcmp(&again.item[0], upstream, sizeof(*upstream)) == 0);
}

static void check_upstream(const struct upstream *upstream)
{
    demand(upstream->transport == UPSTREAM_UDP || upstream->transport == UPSTREAM_TCP ||
           upstream->transport == UPSTREAM_TLS);
    demand(upstream->family == AF_INET || upstream->family == AF_INET6);
    demand(upstream->port != 0 && strlen(upstream->scope) < sizeof(upstream->scope));
    demand((upstream->transport == UPSTREAM_TLS) == (upstream->auth_name[0] != '\0'));
    demand(strlen(upstream->auth_name) < sizeof(upstream->auth_name) && check_is_printable(upstream->auth_name, false));
    demand(upstream->name[0] != '\0' && check_is_printable(upstream->name, false));
    demand(upstream->transport != UPSTREAM_TLS || upstream_is_trusted(upstream));
    check_name(upstream);
}

static void check_all(const struct upstreams *upstreams, size_t most)
{
    demand(upstreams->count <= most && upstreams_are_same(upstreams, upstreams));
    for (size_t i = 0; i < upstreams->count; i++) {
        check_upstream(&upstreams->item[i]);
        for (size_t j = 0; j < i; j++)
            demand(memcmp(&upstreams->item[i], &upstreams->item[j], sizeof(upstreams->item[i])) != 0);
    }
}

static void parse_text(const uint8_t *data, size_t size)
{
    struct upstreams upstreams;
    struct upstreams untouched;
    char error[256] = "";
    char *text = check_string(data, size);
    memset(&upstreams, '!', sizeof(upstreams));
    memset(&untouched, '!', sizeof(untouched));
    if (upstreams_parse(text, &upstreams, error, sizeof(error)) == 0) {
        check_all(&upstreams, UPSTREAMS_MAX);
    } else {
        demand(memcmp(&upstreams, &untouched, sizeof(upstreams)) == 0);
        demand(error[0] == '"' && check_is_printable(error, false));
    }
    free(text);
}

static void read_file(const uint8_t *data, size_t size)
{
    struct upstreams upstreams;
    demand(upstreams_read_resolv_conf(octet_file(data, size), &upstreams) == 0);
    check_all(&upstreams, 3);
    for (size_t i = 0; i < upstreams.count; i++) {
        const struct upstream *upstream = &upstreams.item[i];
        demand(upstream->transport == UPSTREAM_UDP || upstream->transport == UPSTREAM_TCP);
        demand(upstream->transport == upstreams.item[0].transport && upstream->port == 53);
    }
    demand(upstreams_identify(&upstreams) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    parse_text(data, size);
    read_file(data, size);
    return 0;
}
