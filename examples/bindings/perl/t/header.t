# SPDX-License-Identifier: BSD-2-Clause
# header.t: the binding declares what the header does.
use v5.36;
use Test::More;

use Mxcheck qw(:all);
use Mxcheck::Enum qw(enum);

my $header = do {
    open my $file, '<', $ENV{MXCHECK_HEADER} // die "MXCHECK_HEADER is not set: see README.md\n";
    local $/;
    <$file>;
};

subtest 'every function of the header is there' => sub {
    my $code = $header =~ s{/\*.*?\*/|^#.*?$}{}gmsr;
    my @functions = $code =~ /MXCHECK_API[^;(]*?mxcheck_(\w+)\(/g;
    is_deeply [sort keys %Mxcheck::Library::SHAPES], [sort @functions];
    ok !(grep { !Mxcheck::Library->can($_) } @functions);
};

subtest 'every enumeration of the header is there' => sub {
    for my $type (qw(verdict reason role dnssec log)) {
        my %numbers = $header =~ /MXCHECK_\U$type\E_(\w+) = (\d+)/g;
        my %found = map { /^\U$type\E_(\w+)/ ? ($1 => 0 + Mxcheck->can($_)->()) : () } @Mxcheck::Enum::CONSTANTS;
        $numbers{UNKNOWN} = 0;
        is_deeply \%found, \%numbers, $type;
    }
};

subtest 'reasons are those of the loaded library' => sub {
    my %numbers = $header =~ /MXCHECK_REASON_(\w+) = (\d+)/g;
    my $reasons = Mxcheck::reasons();
    is_deeply {map { (uc =~ tr/-/_/r) => $reasons->{$_}{number} } keys %$reasons}, \%numbers;
    is $reasons->{'null-mx'}{verdict}, VERDICT_REJECT;
    is enum(reason => $reasons->{$_}{number}), $_ for keys %$reasons;
};

subtest 'what a later library adds is unknown' => sub {
    for my $type (qw(verdict reason role dnssec log)) {
        is enum($type => 9999), 'unknown';
        cmp_ok enum($type => 9999), '==', 0;
    }
    is enum(reason => 9999), REASON_UNKNOWN;
};

subtest 'values are numbers and words' => sub {
    cmp_ok VERDICT_ACCEPT, '==', 1;
    cmp_ok VERDICT_ACCEPT, 'eq', 'accept';
};

done_testing;
