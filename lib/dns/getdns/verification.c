/* SPDX-License-Identifier: BSD-2-Clause */
/* verification.c: learns from getdns' log why a server has not proved its name over TLS. */
#include "dns/getdns/verification.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* By the numbers of OpenSSL's X509_V_ERR_..., which are part of its ABI. */
static const struct {
    long number;
    const char *fault;
} faults[] = {
    {9, "no TLS session: its certificate is not valid yet"},
    {10, "no TLS session: its certificate has expired"},
    {18, "no TLS session: its certificate is self-signed"},
    {19, "no TLS session: its certificate is of an unknown authority"},
    {20, "no TLS session: its certificate is of an unknown authority"},
    {21, "no TLS session: its certificate is of an unknown authority"},
    {23, "no TLS session: its certificate has been revoked"},
    {62, "no TLS session: its certificate is for another name"},
};

static const char *find(long number)
{
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        if (faults[i].number == number)
            return faults[i].fault;
    }
    return "no TLS session: its certificate is refused";
}

/* The line ends in `(10) "certificate has expired"`, or has no number. */
static void on_line(void *user, uint64_t systems, getdns_loglevel_type level, const char *format, va_list values)
{
    const char **fault = user;
    char line[400];
    (void)systems;
    (void)level;
    if (strstr(format, "Verify failed") == NULL)
        return;
    vsnprintf(line, sizeof(line), format, values);
    const char *number = strrchr(line, '(');
    *fault = find(number == NULL ? 0 : strtol(number + 1, NULL, 10));
}

void verification_watch(getdns_context *context, const char **fault)
{
    getdns_context_set_logfunc(context, fault, GETDNS_LOG_UPSTREAM_STATS, GETDNS_LOG_INFO, on_line);
}
