# SPDX-License-Identifier: BSD-2-Clause
# poll.t: checks without waiting, in a loop of one's own.
use v5.36;
use Test::More;

use lib 't';
use Mxcheck qw(:all);
use Scalar::Util qw(weaken);
use World;

sub context (%more) { Mxcheck::Context->new(options(%more)) }

sub finish ($ctx, $rest = 0) {
    while ($ctx->pending > $rest) {
        $ctx->wait;
        $ctx->dispatch;
    }
}

subtest 'many at once' => sub {
    my ($ctx, @verdicts) = context(max_pending => 2000);
    for my $place (0 .. 1999) {
        $ctx->start_rcpt($place % 2 ? ABSENT : GOOD, sub ($result, $) { $verdicts[$place] = $result->verdict });
    }
    is scalar(grep { defined } @verdicts), 0, 'never before the start has returned';
    finish($ctx);
    is_deeply [map { 0 + $_ } @verdicts], [map { 0 + $_ } (VERDICT_ACCEPT, VERDICT_REJECT) x 1000];
};

subtest 'all kinds, and the id' => sub {
    my ($ctx, %reasons) = context();
    my $note = sub ($result, $id) { $reasons{$id} = $result->reason };
    my @ids = ($ctx->start_sender('', $note), $ctx->start_domain('localhost', $note), $ctx->start_rcpt(GOOD . "\0.evil", $note));
    finish($ctx);
    is_deeply [@reasons{@ids}], [REASON_NULL_SENDER, REASON_SPECIAL_USE, REASON_BAD_ADDRESS];
};

subtest 'cancelled checks are silent' => sub {
    my $ctx = context(timeout => '600s');
    my $id = $ctx->start_rcpt(SILENT, sub { fail 'called back' });
    ok $ctx->cancel($id);
    ok !$ctx->cancel($id);
    is $ctx->pending, 0;
    my ($calls, @ids) = (0);
    @ids = map { $ctx->start_rcpt($_, sub { $calls++; $ctx->cancel($_) for @ids }) } ('u@a.invalid') x 3;
    finish($ctx);
    is $calls, 1, 'also when all had finished';
};

subtest 'a deadline of its own, and waiting with a limit' => sub {
    my ($ctx, $reason) = context(timeout => '600s');
    $ctx->start_rcpt(SILENT, sub ($result, $) { $reason = $result->reason }, timeout => 0.05);
    $ctx->wait(0);
    $ctx->dispatch;
    is $reason, undef;
    finish($ctx);
    is $reason, REASON_DNS_TIMEOUT;
};

subtest 'the descriptor is readable when there is something to do' => sub {
    my ($ctx, $reason) = context();
    $ctx->start_rcpt(ABSENT, sub ($result, $) { $reason = $result->reason });
    until (defined $reason) {
        vec(my $readable = '', $ctx->fd, 1) = 1;
        is select($readable, undef, undef, 10), 1;
        $ctx->dispatch;
    }
    is $reason, REASON_NO_SUCH_DOMAIN;
};

subtest 'functions are freed when their check ends, is cancelled, or is not started' => sub {
    my $ctx = context(timeout => '600s');
    my @weak;
    my $function = sub {
        my $owner = {};
        weaken($weak[@weak] = $owner);
        return sub { $owner };
    };
    $ctx->start_rcpt(GOOD, $function->());
    my $id = $ctx->start_rcpt(SILENT, $function->());
    $ctx->start_rcpt(SILENT, $function->());
    is status_of(sub { $ctx->start_rcpt("\x{20ac}", $function->()) }), 'invalid';
    is_deeply [map { defined } @weak], [1, 1, 1, ''];
    finish($ctx, 2);
    is_deeply [map { defined } @weak], ['', 1, 1, ''];
    $ctx->cancel($id);
    is_deeply [map { defined } @weak], ['', '', 1, ''];
    undef $ctx;
    is_deeply [map { defined } @weak], ['', '', '', ''];
};

subtest 'a function may die, start, dispatch, and close the context' => sub {
    my ($ctx, @calls) = context();
    my @warnings;
    local $SIG{__WARN__} = sub { push @warnings, @_ };
    $ctx->start_rcpt('u@a.invalid', sub { push @calls, 1; die "one\n" });
    $ctx->start_rcpt('u@b.invalid', sub { push @calls, 2; die "two\n" });
    $ctx->start_rcpt('u@c.invalid', sub { push @calls, 3; $ctx->start_rcpt('u@d.invalid', sub { push @calls, 4 }); finish($ctx) });
    while (@calls < 4) {
        $ctx->wait;
        last unless eval { $ctx->dispatch; 1 };
    }
    is $@, "one\n";
    is_deeply [\@calls, \@warnings], [[1 .. 4], ["two\n"]];
    $ctx->start_rcpt('u@e.invalid', sub { $ctx->close; undef $ctx });
    $ctx->start_rcpt('u@f.invalid', sub { fail 'called back' });
    while ($ctx) {
        $ctx->wait;
        $ctx->dispatch;
    }
    pass;
};

subtest 'objects that are dropped all the time are never used after that' => sub {
    for my $round (1 .. 50) {
        my ($ctx, @results) = context();
        $ctx->start_rcpt($_, sub ($result, $) { push @results, $result }) for GOOD, ABSENT, SILENT;
        finish($ctx, 1);
        undef $ctx;
        is_deeply [sort map { $_->domain } @results], ['nxdomain.mx.example', 'ok-mx.mx.example'];
    }
};

subtest 'a signal ends a wait' => sub {
    my $ctx = context(timeout => '600s');
    $ctx->start_rcpt(SILENT, sub { fail 'called back' });
    my $signals = 0;
    local $SIG{ALRM} = sub { $signals++; $ctx->stop };
    alarm 1;
    is status_of(sub { $ctx->wait while 1 }), 'stopped';
    is $signals, 1;
};

done_testing;
