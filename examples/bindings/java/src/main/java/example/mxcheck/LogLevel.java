// SPDX-License-Identifier: BSD-2-Clause
// The levels of log lines.
package example.mxcheck;

/** The level of a log line; UNKNOWN for one that a later library adds. */
public enum LogLevel implements Numbered {
    UNKNOWN(-1), NONE(0), ERROR(1), WARNING(2), INFO(3), DEBUG(4);

    private final int number;

    LogLevel(int number) {
        this.number = number;
    }

    @Override
    public int number() {
        return number;
    }

    /** "none", "error", "warning", "info", "debug" or "unknown". */
    public String word() {
        return Text.decode(LibMxcheck.mxcheck_log_level_name(number));
    }

    static LogLevel of(int number) {
        return Numbered.find(values(), number).orElse(UNKNOWN);
    }
}
