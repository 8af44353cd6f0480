# SPDX-License-Identifier: BSD-2-Clause
# conformance.t: every case of the conformance kit comes to what the kit says.
use v5.36;
use Test::More;

use JSON::PP qw(decode_json);
use Mxcheck qw(:all);

my $kit = $ENV{MXCHECK_CONFORMANCE} // die "MXCHECK_CONFORMANCE is not set: it is tests/conformance of libmxcheck\n";

sub kit_context ($option) {
    my $config = Mxcheck::Config->new;
    $config->load("$kit/kit.conf");
    $config->set('test-zone', "$kit/kit.zone");
    $config->set(split /=/, $option, 2) if length $option;
    return Mxcheck::Context->new($config);
}

sub octets ($case) {
    return pack 'H*', $case->{address_hex} if defined $case->{address_hex};
    utf8::encode(my $octets = $case->{address});
    return $octets;
}

open my $lines, '<', "$kit/cases.jsonl" or die "$kit/cases.jsonl: $!\n";
my (%contexts, $count);
while (my $line = <$lines>) {
    my $case = decode_json($line);
    next unless defined $case->{id};
    my $ctx = $contexts{$case->{options}} //= kit_context($case->{options});
    my $result = $case->{role} eq 'sender' ? $ctx->check_sender(octets($case)) : $ctx->check_rcpt(octets($case));
    my %found = (verdict => '' . $result->verdict, reason => $result->reason_name, smtp_code => $result->smtp_code,
        enhanced_code => $result->enhanced_code, reply => $result->reply('ID'));
    my @wrong = grep { $found{$_} ne $case->{$_} } sort keys %found;
    fail "$line: $found{reply}" if @wrong;
    $count++;
}
cmp_ok $count, '>', 400;
done_testing;
