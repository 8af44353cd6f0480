// SPDX-License-Identifier: BSD-2-Clause
// What the loaded library says of itself.
package example.mxcheck;

import example.mxcheck.LibMxcheck.SizeT;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** What the loaded library says of itself. */
public final class Mxcheck {
    private Mxcheck() {
    }

    /** A row of the table of options. */
    public record Option(String name, String defaultValue, String help) {
    }

    /** A reason that the loaded library knows, whether Reason has it or not, and the verdict that it has by default. */
    public record KnownReason(int number, String name, Verdict verdict) {
    }

    public static String version() {
        return Text.decode(LibMxcheck.mxcheck_version());
    }

    /** 0x010000 is 1.0.0. */
    public static int versionNumber() {
        return LibMxcheck.mxcheck_version_number();
    }

    public static List<Option> options() {
        return indices(LibMxcheck.mxcheck_option_count()).map(index -> option(new SizeT(index))).toList();
    }

    public static List<KnownReason> reasons() {
        return indices(LibMxcheck.mxcheck_reason_count())
                .map(index -> reason(LibMxcheck.mxcheck_reason_at(new SizeT(index)))).toList();
    }

    static Stream<Long> indices(SizeT count) {
        return LongStream.range(0, count.longValue()).boxed();
    }

    private static Option option(SizeT index) {
        return new Option(Text.decode(LibMxcheck.mxcheck_option_name(index)), Text.decode(LibMxcheck.mxcheck_option_default(index)),
                Text.decode(LibMxcheck.mxcheck_option_help(index)));
    }

    private static KnownReason reason(int number) {
        return new KnownReason(number, Text.decode(LibMxcheck.mxcheck_reason_name(number)),
                Verdict.of(LibMxcheck.mxcheck_reason_verdict(number)));
    }
}
