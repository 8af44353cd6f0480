// SPDX-License-Identifier: BSD-2-Clause
// What to do with an address.
package example.mxcheck;

/** What to do with an address. No later library of this soname adds one. */
public enum Verdict implements Numbered {
    ACCEPT(1), DEFER(2), REJECT(3);

    private final int number;

    Verdict(int number) {
        this.number = number;
    }

    @Override
    public int number() {
        return number;
    }

    /** "accept", "defer" or "reject". */
    public String word() {
        return Text.decode(LibMxcheck.mxcheck_verdict_name(number));
    }

    static Verdict of(int number) {
        return Numbered.find(values(), number).orElseThrow();
    }
}
