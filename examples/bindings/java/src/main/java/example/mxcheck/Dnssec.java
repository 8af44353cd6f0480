// SPDX-License-Identifier: BSD-2-Clause
// What a validating resolver says of the answers.
package example.mxcheck;

/** What a validating resolver says of the answers; UNKNOWN also for a state that a later library adds. */
public enum Dnssec implements Numbered {
    UNKNOWN(0), SECURE(1), INSECURE(2), BOGUS(3);

    private final int number;

    Dnssec(int number) {
        this.number = number;
    }

    @Override
    public int number() {
        return number;
    }

    /** "unknown", "secure", "insecure" or "bogus". */
    public String word() {
        return Text.decode(LibMxcheck.mxcheck_dnssec_name(number));
    }

    static Dnssec of(int number) {
        return Numbered.find(values(), number).orElse(UNKNOWN);
    }
}
