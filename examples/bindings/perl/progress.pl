#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# progress.pl: checks a list of addresses, one a line, a hundred at a time, with progress on standard error.
#
#     progress.pl FILE [NAME=VALUE ...]      (in any order)
use v5.36;

use AnyEvent;
use Mxcheck qw(VERDICT_DEFER VERDICT_REJECT);
use Mxcheck::AnyEvent;

use constant {AT_ONCE => 100, USAGE => 64, NO_INPUT => 66, SYSTEM => 71};

sub fail ($status, $message) {
    say STDERR $message;
    exit $status;
}

sub read_addresses ($path) {
    open my $file, '<', $path or fail(NO_INPUT, "$path: $!");
    return grep { length } map { s/^\s+|\s+$//gr } grep { !/^#/ } <$file>;
}

# Gives the results in the order of the addresses.
sub check_all ($ctx, @addresses) {
    my ($started, $done, @results) = (0, 0);
    my $all = AnyEvent->condvar;
    my $start_next;
    $start_next = sub {
        return if $started == @addresses;
        my $place = $started++;
        my $check = eval { $ctx->check_rcpt($addresses[$place]) } // fail(SYSTEM, $@);
        $check->cb(sub ($condvar) {
            $results[$place] = $condvar->recv;
            printf STDERR "\r%d of %d", ++$done, scalar @addresses;
            $done == @addresses ? $all->send : $start_next->();
        });
    };
    $start_next->() for 1 .. AT_ONCE;
    $all->recv if @addresses;
    undef $start_next;
    print STDERR "\n";
    return @results;
}

sub exit_status (@results) {
    return 1 if grep { $_->verdict == VERDICT_REJECT } @results;
    return 2 if grep { $_->verdict == VERDICT_DEFER } @results;
    return 0;
}

my @settings = grep { /^[a-z-]+=/ } @ARGV;
my ($path) = grep { !/^[a-z-]+=/ } @ARGV;
fail(USAGE, 'usage: progress.pl FILE [NAME=VALUE ...]') unless defined $path;
my $ctx = eval { Mxcheck::AnyEvent->new(map { split /=/, $_, 2 } @settings) } // fail(USAGE, $@);
my @results = check_all($ctx, read_addresses($path));
say join "\t", $_->address, $_->verdict, $_->reason_name for @results;
exit exit_status(@results);
