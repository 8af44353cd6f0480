// SPDX-License-Identifier: BSD-2-Clause
// The command of the SMTP dialogue in which an address stands.
package example.mxcheck;

/** The command of the SMTP dialogue in which an address stands: MAIL FROM or RCPT TO. */
public enum Role implements Numbered {
    SENDER(1), RCPT(2);

    private final int number;

    Role(int number) {
        this.number = number;
    }

    @Override
    public int number() {
        return number;
    }

    /** "sender" or "rcpt". */
    public String word() {
        return Text.decode(LibMxcheck.mxcheck_role_name(number));
    }

    static Role of(int number) {
        return Numbered.find(values(), number).orElseThrow();
    }
}
