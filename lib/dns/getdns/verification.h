/* SPDX-License-Identifier: BSD-2-Clause */
/* verification.h: learns from getdns' log why a server has not proved its name over TLS. */
#ifndef MXCHECK_DNS_GETDNS_VERIFICATION_H
#define MXCHECK_DNS_GETDNS_VERIFICATION_H

#include <getdns/getdns_extra.h>

/* From now on write to *fault what is wrong with a certificate that this context refuses: a few words, static. `fault`
 * must outlive the context. */
void verification_watch(getdns_context *context, const char **fault);

#endif
