// SPDX-License-Identifier: BSD-2-Clause
// What to check, and how.
package example.mxcheck;

import java.time.Duration;

/** What to check: Query.rcpt("bob@example.com").within(Duration.ofSeconds(2)). Octets may be anything. */
public final class Query {
    private static final long LONGEST_MS = 0xFFFFFFFFL;

    final Role role;
    final byte[] text;
    final int length;
    final int flags;
    final int timeoutMs;

    private Query(Role role, byte[] text, int length, int flags, int timeoutMs) {
        this.role = role;
        this.text = text;
        this.length = length;
        this.flags = flags;
        this.timeoutMs = timeoutMs;
    }

    private static Query of(Role role, byte[] octets, int flags) {
        return new Query(role, Text.terminate(octets), octets.length, flags, 0);
    }

    /** The address of MAIL FROM; "" is the null reverse-path. */
    public static Query sender(String address) {
        return sender(Text.encode(address));
    }

    public static Query sender(byte[] address) {
        return of(Role.SENDER, address, 0);
    }

    /** The address of RCPT TO. */
    public static Query rcpt(String address) {
        return rcpt(Text.encode(address));
    }

    public static Query rcpt(byte[] address) {
        return of(Role.RCPT, address, 0);
    }

    /** A domain without a local part. */
    public static Query domain(Role role, String domain) {
        return domain(role, Text.encode(domain));
    }

    public static Query domain(Role role, byte[] domain) {
        return of(role, domain, LibMxcheck.CHECK_DOMAIN);
    }

    /** How long DNS may take, at least a millisecond, instead of the option `timeout`; then the verdict is DEFER. */
    public Query within(Duration timeout) {
        return new Query(role, text, length, flags, (int) milliseconds(timeout));
    }

    Query cached() {
        return new Query(role, text, length, flags | LibMxcheck.CHECK_CACHED, timeoutMs);
    }

    private static long milliseconds(Duration timeout) {
        boolean isLong = timeout.compareTo(Duration.ofMillis(LONGEST_MS)) > 0;
        return isLong ? LONGEST_MS : timeout.isNegative() ? 1 : Math.max(1, timeout.toMillis());
    }
}
