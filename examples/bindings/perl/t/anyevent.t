# SPDX-License-Identifier: BSD-2-Clause
# anyevent.t: checks in AnyEvent, whatever loop it has chosen.
use v5.36;
use Test::More;

use AnyEvent;
use lib 't';
use Mxcheck qw(:all);
use Mxcheck::AnyEvent;
use Scalar::Util qw(weaken);
use World;

sub context (%more) { Mxcheck::AnyEvent->new(options(%more)) }

note AnyEvent::detect();

subtest 'many at once' => sub {
    my $ctx = context(max_pending => 2000);
    my @checks = map { $ctx->check_rcpt($_) } (GOOD, ABSENT) x 1000;
    is_deeply [map { 0 + $_->recv->verdict } @checks], [map { 0 + $_ } (VERDICT_ACCEPT, VERDICT_REJECT) x 1000];
    is $ctx->check_domain('localhost')->recv->reason, REASON_SPECIAL_USE;
    is $ctx->check_sender('')->recv->reason, REASON_NULL_SENDER;
    is $ctx->check_rcpt(GOOD . "\0.evil")->recv->reason, REASON_BAD_ADDRESS;
    is_deeply [map { '' . $_->recv->verdict } $ctx->check_rcpts(GOOD, ABSENT)], [qw(accept reject)];
    ok $ctx->check_cached(GOOD);
    is $ctx->check_cached(NULL_MX), undef;
    is $ctx->pending, 0;
};

subtest 'a cancelled check dies with an error' => sub {
    my $ctx = context(timeout => '600s');
    my $check = $ctx->check_rcpt(SILENT);
    is $ctx->pending, 1;
    ok $ctx->cancel($check);
    is $ctx->pending, 0;
    is status_of(sub { $check->recv }), 'cancelled';
    ok !$ctx->cancel($check);
    is $ctx->check_rcpt(SILENT, timeout => 0.05)->recv->reason, REASON_DNS_TIMEOUT;
};

subtest 'an id of the poll form is watched and cancelled as well' => sub {
    my $ctx = context(timeout => '600s');
    my $done = AnyEvent->condvar;
    $ctx->start_rcpt(ABSENT, sub ($result, $) { $done->send($result) });
    is $done->recv->reason, REASON_NO_SUCH_DOMAIN;
    ok $ctx->cancel($ctx->start_rcpt(SILENT, sub { fail 'called back' }));
};

subtest 'closing or dropping a context cancels who waits' => sub {
    my $ctx = context(timeout => '600s');
    my @checks = map { $ctx->check_rcpt(SILENT) } 1 .. 3;
    $ctx->close;
    is status_of(sub { $_->recv }), 'cancelled' for @checks;
    $ctx->close;
    $ctx = context(timeout => '600s');
    my $check = $ctx->check_rcpt(SILENT);
    undef $ctx;
    is status_of(sub { $check->recv }), 'cancelled';
};

subtest 'a callback may close the context' => sub {
    my $ctx = context(timeout => '600s');
    my ($first, $other) = map { $ctx->check_rcpt($_) } GOOD, SILENT;
    $first->cb(sub { $ctx->close; undef $ctx });
    is status_of(sub { $other->recv }), 'cancelled';
    ok $first->recv;
};

subtest 'a loop sleeps while checks are under way' => sub {
    my $ctx = context(timeout => '600s');
    my $check = $ctx->check_rcpt(SILENT);
    my $woken = 0;
    no warnings 'redefine';
    local *Mxcheck::AnyEvent::dispatch = sub ($self) { $woken++; $self->Mxcheck::Context::dispatch };
    my $before = (times)[0];
    my $pause = AnyEvent->condvar;
    my $timer = AnyEvent->timer(after => 1, cb => sub { $pause->send });
    $pause->recv;
    cmp_ok $woken, '<', 20;
    cmp_ok((times)[0] - $before, '<', 0.5);
    $ctx->cancel($check);
    ok !exists $ctx->{watcher}, 'an idle context is not watched';
};

subtest 'condvars and contexts are freed when they are done' => sub {
    my $ctx = context();
    my $check = $ctx->check_rcpt(GOOD);
    $check->recv;
    weaken($check);
    is $check, undef;
    my $dropped = $ctx->check_rcpt(SILENT);
    weaken($dropped);
    weaken($ctx);
    is $ctx, undef;
    is $dropped, undef;
};

subtest 'objects that are dropped all the time are never used after that' => sub {
    for my $round (1 .. 50) {
        my $ctx = context();
        my @checks = map { $ctx->check_rcpt($_) } GOOD, ABSENT, SILENT;
        pop @checks;
        my @results = map { $_->recv } @checks;
        undef $ctx;
        is_deeply [map { $_->domain } @results], ['ok-mx.mx.example', 'nxdomain.mx.example'];
    }
};

done_testing;
