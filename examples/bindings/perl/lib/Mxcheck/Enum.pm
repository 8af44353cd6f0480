# SPDX-License-Identifier: BSD-2-Clause
# Mxcheck::Enum: the enumerations, as constants that are a number and a word: VERDICT_ACCEPT == 1 and eq "accept".
package Mxcheck::Enum;
use v5.36;

use Exporter qw(import);
use Scalar::Util qw(dualvar);

my %NUMBERS = (
    verdict => {accept => 1, defer => 2, reject => 3},
    role => {sender => 1, rcpt => 2},
    dnssec => {secure => 1, insecure => 2, bogus => 3},
    log => {none => 0, error => 1, warning => 2, info => 3, debug => 4},
    reason => {
        'mx' => 1,
        'implicit-a' => 2,
        'implicit-aaaa' => 3,
        'null-sender' => 4,
        'postmaster' => 5,
        'address-literal' => 6,
        'exempt' => 7,
        'dns-failure-allowed' => 8,
        'no-such-domain' => 100,
        'no-records' => 101,
        'null-mx' => 102,
        'mx-unresolvable' => 103,
        'mx-forbidden' => 104,
        'bad-address' => 105,
        'special-use' => 106,
        'literal-refused' => 107,
        'mx-refused' => 108,
        'note-refused' => 109,
        'dns-timeout' => 200,
        'dns-failure' => 201,
        'dnssec-bogus' => 202,
        'overloaded' => 203,
    },
);

my $UNKNOWN = dualvar(0, 'unknown');
my %VALUES;    # {type}{number}
our @CONSTANTS;
our @EXPORT_OK = qw(enum);

sub define ($type, $value) {
    my $name = uc("${type}_$value") =~ tr/-/_/r;
    no strict 'refs';
    *$name = sub () { $value };
    push @CONSTANTS, $name;
}

for my $type (sort keys %NUMBERS) {
    for my $word (sort keys $NUMBERS{$type}->%*) {
        my $number = $NUMBERS{$type}{$word};
        define($type, $VALUES{$type}{$number} = dualvar($number, $word));
    }
    define($type, $UNKNOWN);
}
push @EXPORT_OK, @CONSTANTS;

# The value with this number; "unknown" for one that a later library adds.
sub enum ($type, $number) {
    return $VALUES{$type}{$number} // $UNKNOWN;
}

1;
