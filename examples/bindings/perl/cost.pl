#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# cost.pl UPSTREAM COUNT: prints "hit_ns=… cold_us=…", the CPU of a blocking check of a domain that is known, or not.
use v5.36;

use Mxcheck qw(VERDICT_ACCEPT);

use constant HITS_EACH => 20;

my ($upstream, $count) = @ARGV;
my $ctx = Mxcheck::Context->new(upstreams => $upstream);

sub expect_accepted ($address) {
    die "$address is not accepted\n" unless $ctx->check_rcpt($address)->verdict == VERDICT_ACCEPT;
}

# Seconds of CPU that a function uses.
sub cost ($function) {
    my $started = used();
    $function->();
    return used() - $started;
}

sub used () {
    my ($user, $system) = times;
    return $user + $system;
}

expect_accepted('u@warm.example');
my $cold = cost(sub { expect_accepted("u\@d$_.example") for 1 .. $count });
my $hit = cost(sub { expect_accepted('u@warm.example') for 1 .. $count * HITS_EACH });
printf "hit_ns=%.0f cold_us=%.1f\n", $hit * 1e9 / ($count * HITS_EACH), $cold * 1e6 / $count;
