// SPDX-License-Identifier: BSD-2-Clause
// One finished check.
package example.mxcheck;

import com.sun.jna.Pointer;
import example.mxcheck.LibMxcheck.SizeT;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.Function;

/** One finished check: immutable, for any thread, and valid without its context. */
public final class Result {
    private final Pointer pointer;

    /** Takes over a reference. */
    Result(Pointer pointer) {
        this.pointer = pointer;
        Freed.with(this, pointer, LibMxcheck::mxcheck_result_unref);
    }

    /** An MX record, with the addresses of its host that are known (depth = targets). */
    public record Mx(String host, int preference, List<String> addresses) {
    }

    private interface Writer {
        SizeT write(Pointer result, byte[] id, byte[] buffer, SizeT size);
    }

    private <T> T read(Function<Pointer, T> getter) {
        try {
            return getter.apply(pointer);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    private String text(Function<Pointer, Pointer> getter) {
        return read(result -> Text.decode(getter.apply(result)));
    }

    public Verdict verdict() {
        return Verdict.of(read(LibMxcheck::mxcheck_result_verdict));
    }

    public Reason reason() {
        return Reason.of(reasonNumber());
    }

    public int reasonNumber() {
        return read(LibMxcheck::mxcheck_result_reason);
    }

    /** A word, such as "no-such-domain". */
    public String reasonName() {
        return Text.decode(LibMxcheck.mxcheck_reason_name(reasonNumber()));
    }

    public Role role() {
        return Role.of(read(LibMxcheck::mxcheck_result_role));
    }

    /** As given, octet by octet. */
    public byte[] address() {
        return read(result -> LibMxcheck.mxcheck_result_address(result)
                .getByteArray(0, LibMxcheck.mxcheck_result_address_length(result).intValue()));
    }

    /** In lower-case A-labels; "" for none. */
    public String domain() {
        return text(LibMxcheck::mxcheck_result_domain);
    }

    public int smtpCode() {
        return read(LibMxcheck::mxcheck_result_smtp_code);
    }

    /** Such as "5.1.1". */
    public String enhancedCode() {
        return text(LibMxcheck::mxcheck_result_enhanced_code);
    }

    /** What the person who gets the reply can do. */
    public String hint() {
        return text(LibMxcheck::mxcheck_result_hint);
    }

    /** By preference. */
    public List<Mx> mx() {
        return read(result -> Mxcheck.indices(LibMxcheck.mxcheck_result_mx_count(result))
                .map(index -> mx(result, new SizeT(index))).toList());
    }

    private static Mx mx(Pointer result, SizeT index) {
        List<String> addresses = Mxcheck.indices(LibMxcheck.mxcheck_result_mx_address_count(result, index))
                .map(which -> Text.decode(LibMxcheck.mxcheck_result_mx_address(result, index, new SizeT(which)))).toList();
        return new Mx(Text.decode(LibMxcheck.mxcheck_result_mx_host(result, index)),
                LibMxcheck.mxcheck_result_mx_preference(result, index), addresses);
    }

    /** Words for what is unusual. */
    public List<String> notes() {
        return read(result -> Mxcheck.indices(LibMxcheck.mxcheck_result_note_count(result))
                .map(index -> Text.decode(LibMxcheck.mxcheck_result_note(result, new SizeT(index)))).toList());
    }

    /** How long this answer still holds. */
    public Duration ttl() {
        return Duration.ofSeconds(Integer.toUnsignedLong(read(LibMxcheck::mxcheck_result_ttl)));
    }

    public boolean isCached() {
        return read(LibMxcheck::mxcheck_result_is_cached) != 0;
    }

    public boolean isStale() {
        return read(LibMxcheck::mxcheck_result_is_stale) != 0;
    }

    public Dnssec dnssec() {
        return Dnssec.of(read(LibMxcheck::mxcheck_result_dnssec));
    }

    /** How long the check took. */
    public Duration elapsed() {
        return Duration.of(Integer.toUnsignedLong(read(LibMxcheck::mxcheck_result_elapsed_us)), ChronoUnit.MICROS);
    }

    /** A text may be longer the second time, as numbers of seconds pass. */
    private String write(Writer writer, String id) {
        byte[] octets = Text.argument(id);
        int size = 512;
        while (true) {
            byte[] buffer = new byte[size];
            int room = size;
            int length = read(result -> writer.write(result, octets, buffer, new SizeT(room))).intValue();
            if (length < size) {
                return new String(buffer, 0, length, StandardCharsets.US_ASCII);
            }
            size = length + 1;
        }
    }

    /** One SMTP reply line without CRLF; `id` names the transaction in it, null for none. */
    public String reply(String id) {
        return write(LibMxcheck::mxcheck_result_reply, id);
    }

    /** Lines for a person. */
    public String explain(String id) {
        return write(LibMxcheck::mxcheck_result_explain, id);
    }

    /** All that the library knows. */
    public String json(String id) {
        return write(LibMxcheck::mxcheck_result_json, id);
    }

    @Override
    public String toString() {
        return reply(null);
    }
}
