/* SPDX-License-Identifier: BSD-2-Clause */
/* support.h: what the integration tests share: contexts over the servers of tests/support, which say by the environment
 * where they are. */
#ifndef MXCHECK_TESTS_SUPPORT_H
#define MXCHECK_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <mxcheck/mxcheck.h>

/* Sanitizers use more of the stack, and locks of their own that a child of fork may find locked for ever. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SUPPORT_HAS_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SUPPORT_HAS_SANITIZER 1
#endif
#ifndef SUPPORT_HAS_SANITIZER
#define SUPPORT_HAS_SANITIZER 0
#endif

/** An option and its value; a list of them ends with a NULL name. */
struct setting {
    const char *name;
    const char *value;
};

/** @returns "127.0.0.1:PORT" of the resolver under test; ends the program when there is none. */
const char *support_upstream(void);

/** @returns a configuration that asks the resolver under test, within 4 s; then `settings` (may be NULL). */
mxcheck_config *support_config(const struct setting *settings);

/** @returns a context of support_config(); NULL when none can be made. */
mxcheck_ctx *support_ctx(const struct setting *settings);

/** @returns the result of a check that must not fail; release with mxcheck_result_unref(). */
mxcheck_result *support_check(mxcheck_ctx *ctx, mxcheck_role role, const char *address);

/** Check, and fail the test unless the reason is `reason`. */
void support_expect(mxcheck_ctx *ctx, mxcheck_role role, const char *address, int reason);

/** @returns a monotonic time in milliseconds. */
int64_t support_now_ms(void);

#endif
