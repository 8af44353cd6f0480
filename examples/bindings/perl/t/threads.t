# SPDX-License-Identifier: BSD-2-Clause
# threads.t: Perl threads, each with a context of its own, over one cache.
use v5.36;
use Test::More;

BEGIN {
    require Config;
    plan skip_all => 'this perl has no threads' unless $Config::Config{usethreads};
}

use threads;
use lib 't';
use Mxcheck qw(:all);
use World;

subtest 'threads share a cache and wait side by side' => sub {
    my $cache = Mxcheck::Cache->new(1 << 20);
    my $check = sub {
        my $ctx = Mxcheck::Context->new(Mxcheck::Config->new(options())->set_cache($cache));
        my @verdicts = map { '' . $_->verdict } $ctx->check_rcpts(GOOD, ABSENT);
        return join ' ', @verdicts, $ctx->check_rcpt(SILENT, timeout => 0.5)->reason;
    };
    my $start = time;
    my @threads = map { threads->create($check) } 1 .. 4;
    is $_->join, 'accept reject dns-timeout' for @threads;
    cmp_ok time - $start, '<', 4;
    my $ctx = Mxcheck::Context->new(Mxcheck::Config->new(options())->set_cache($cache));
    ok $ctx->check_rcpt(GOOD)->is_cached;
};

subtest 'threads poll side by side' => sub {
    my $check = sub {
        my ($ctx, @verdicts) = Mxcheck::Context->new(options());
        $ctx->start_rcpt($_, sub ($result, $) { push @verdicts, '' . $result->verdict }) for (GOOD, ABSENT) x 50;
        while ($ctx->pending) {
            $ctx->wait;
            $ctx->dispatch;
        }
        return join ' ', sort @verdicts;
    };
    my @threads = map { threads->create($check) } 1 .. 4;
    is $_->join, join ' ', ('accept') x 50, ('reject') x 50 for @threads;
};

subtest 'a thread that ends frees nothing of another' => sub {
    my $config = Mxcheck::Config->new(options())->set_log(LOG_INFO, sub { });
    my $ctx = Mxcheck::Context->new($config);
    my $calls = 0;
    $ctx->start_rcpt(GOOD, sub { $calls++ });
    my $result = $ctx->check_rcpt(GOOD);
    threads->create(sub { })->join for 1 .. 5;
    is $result->verdict, VERDICT_ACCEPT;
    while ($ctx->pending) {
        $ctx->wait;
        $ctx->dispatch;
    }
    is $calls, 1;
};

subtest 'objects belong to their thread' => sub {
    my $ctx = Mxcheck::Context->new(options());
    is(threads->create(sub { eval { $ctx->check_rcpt(GOOD); 1 } ? 'used' : 'refused' })->join, 'refused');
    my $result = threads->create({context => 'scalar'}, sub { Mxcheck::Context->new(options())->check_rcpt(GOOD) })->join;
    ok !eval { $result->verdict; 1 };
    undef $result;
    my $cache = threads->create({context => 'scalar'}, sub { Mxcheck::Cache->new(1 << 20) })->join;
    ok !eval { $cache->flush; 1 };
};

done_testing;
