/* SPDX-License-Identifier: BSD-2-Clause */
/* url.h: a URL where an address or a domain was wanted. */
#ifndef MXCHECK_TOOLS_URL_H
#define MXCHECK_TOOLS_URL_H

#include <stdbool.h>
#include <stddef.h>

/* Is the text a URL with an authority ("http://user@www.example.com:80/x"), or one of the scheme mailto (RFC 3986, RFC
 * 6068)? Then the domain or address that was probably meant stands at *meant, *length octets of the text. */
bool url_find(const char *text, const char **meant, size_t *length);

#endif
