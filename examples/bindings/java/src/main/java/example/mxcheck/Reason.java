// SPDX-License-Identifier: BSD-2-Clause
// Why an address has its verdict.
package example.mxcheck;

/** Why. UNKNOWN is one that a later library adds: Result.reasonNumber() and Result.reasonName() say which. */
public enum Reason implements Numbered {
    UNKNOWN(0),
    MX(1),
    IMPLICIT_A(2),
    IMPLICIT_AAAA(3),
    NULL_SENDER(4),
    POSTMASTER(5),
    ADDRESS_LITERAL(6),
    EXEMPT(7),
    DNS_FAILURE_ALLOWED(8),
    NO_SUCH_DOMAIN(100),
    NO_RECORDS(101),
    NULL_MX(102),
    MX_UNRESOLVABLE(103),
    MX_FORBIDDEN(104),
    BAD_ADDRESS(105),
    SPECIAL_USE(106),
    LITERAL_REFUSED(107),
    MX_REFUSED(108),
    NOTE_REFUSED(109),
    DNS_TIMEOUT(200),
    DNS_FAILURE(201),
    DNSSEC_BOGUS(202),
    OVERLOADED(203);

    private final int number;

    Reason(int number) {
        this.number = number;
    }

    @Override
    public int number() {
        return number;
    }

    static Reason of(int number) {
        return Numbered.find(values(), number).orElse(UNKNOWN);
    }
}
