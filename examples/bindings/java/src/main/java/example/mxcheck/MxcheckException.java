// SPDX-License-Identifier: BSD-2-Clause
// Errors of the caller or of the machine.
package example.mxcheck;

/** An error of the caller or of the machine; never a verdict. */
public final class MxcheckException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int number;

    MxcheckException(int number, String text) {
        super(text.isEmpty() ? Text.decode(LibMxcheck.mxcheck_status_text(number)) : text);
        this.number = number;
    }

    /** The mxcheck_status, which is negative. */
    public int number() {
        return number;
    }

    /** The word for it, such as "invalid" or "stopped". */
    public String status() {
        return Text.decode(LibMxcheck.mxcheck_status_name(number));
    }

    static void check(int status) {
        if (status != LibMxcheck.OK) {
            throw new MxcheckException(status, "");
        }
    }
}
