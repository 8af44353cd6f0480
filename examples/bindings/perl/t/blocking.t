# SPDX-License-Identifier: BSD-2-Clause
# blocking.t: checks that wait.
use v5.36;
use Test::More;

use File::Temp qw(tempdir);
use lib 't';
use Mxcheck qw(:all);
use World;

sub context (%more) { Mxcheck::Context->new(options(%more)) }

subtest 'a result tells all and outlives its context' => sub {
    my $ctx = context(depth => 'targets', forbidden_networks => 'none');
    my $result = $ctx->check_rcpt(GOOD);
    is_deeply [map { "$_" } $result->verdict, $result->reason, $result->role], [qw(accept mx rcpt)];
    cmp_ok $result->verdict, '==', VERDICT_ACCEPT;
    is_deeply [$result->reason_number, $result->reason_name], [1, 'mx'];
    is_deeply [$result->address, $result->domain], [GOOD, 'ok-mx.mx.example'];
    is_deeply [$result->smtp_code, $result->enhanced_code], [250, '2.1.5'];
    my ($mx) = $result->mx;
    like $mx->{addresses}[0], qr/^[0-9a-f.:]+$/;
    ok length $mx->{host} && $mx->{preference} >= 0;
    is_deeply [$result->notes], [];
    ok $result->ttl > 0 && $result->elapsed > 0;
    ok length $result->hint;
    is_deeply [$result->is_cached, $result->is_stale, $result->dnssec], ['', '', DNSSEC_UNKNOWN];
    ok $ctx->check_rcpt(GOOD)->is_cached;
    is $ctx->stats->{hits}, 1;
    undef $ctx;
    is $result->reply, '250 2.1.5 recipient ok';
    is $result->json('ID')->{reply}, '250 2.1.5 ID recipient ok';
    like $result->explain('ID'), qr/^Reply: 250 2\.1\.5 ID recipient ok$/m;
};

subtest 'long texts are whole' => sub {
    my $result = context()->check_rcpt('u' x 4000 . '@x.invalid');
    is length $result->address, 4010;
    is length $result->json->{address}, 4010;
};

subtest 'a NUL or any octet is no end' => sub {
    my $ctx = context();
    for my $address (GOOD . "\0.evil", "\xff\0@" . GOOD, "\0") {
        my $result = $ctx->check_rcpt($address);
        is $result->reason, REASON_BAD_ADDRESS;
        is $result->address, $address;
    }
    my $decoded = "b\xff\@x.invalid";
    utf8::upgrade($decoded);
    is $ctx->check_rcpt($decoded)->address, "b\xff\@x.invalid";
    is status_of(sub { $ctx->check_rcpt("\x{20ac}\@x.invalid") }), 'invalid';
    is status_of(sub { $ctx->check_rcpt(undef) }), 'invalid';
    is $ctx->check_rcpt('')->address, '';
};

subtest 'domains, senders and lists' => sub {
    my $ctx = context();
    is $ctx->check_domain('nxdomain.mx.example')->reason, REASON_NO_SUCH_DOMAIN;
    is $ctx->check_domain('nxdomain.mx.example', role => ROLE_SENDER)->role, ROLE_SENDER;
    is $ctx->check_sender('')->reason, REASON_NULL_SENDER;
    is_deeply [map { "" . $_->verdict } $ctx->check_rcpts(GOOD, ABSENT)], [qw(accept reject)];
    is_deeply [$ctx->check_rcpts], [];
    is status_of(sub { $ctx->check_rcpts(GOOD, GOOD . "\0.evil") }), 'invalid';
    is $ctx->check_cached(NULL_MX), undef;
    ok $ctx->check_cached(GOOD);
};

subtest 'errors are no verdicts' => sub {
    is status_of(sub { context(timeout => 'soon') }), 'option';
    like $@->message, qr/timeout/;
    like "$@", qr/timeout .* at t\/blocking\.t line \d+\.$/;
    ok $@->number < 0;
    is status_of(sub { context(resolution => 'recursive') }), 'option';
    like $@, qr/contradicts/;
    is status_of(sub { context("a\0b" => 1) }), 'invalid';
    is status_of(sub { context()->check_domain('x', role => 'nobody') }), 'invalid';
    is(Mxcheck::Config->new->get('nothing'), undef);
    my $ctx = context();
    $ctx->close for 1, 2;
    is status_of(sub { $ctx->check_rcpt(GOOD) }), 'invalid';
};

subtest 'a deadline of its own' => sub {
    is context(timeout => '600s')->check_rcpt(SILENT, timeout => 0.05)->reason, REASON_DNS_TIMEOUT;
};

subtest 'a context that was stopped waits no more' => sub {
    my $ctx = context(timeout => '600s');
    $ctx->stop;
    is status_of(sub { $ctx->check_rcpt(SILENT) }), 'stopped';
};

subtest 'configurations, caches and logs' => sub {
    my @lines;
    my $cache = Mxcheck::Cache->new(1 << 20);
    my $config = Mxcheck::Config->new(options());
    $config->set_cache($cache);
    $config->set_log(LOG_INFO, sub (@line) { push @lines, \@line });
    my ($one, $other) = (Mxcheck::Context->new($config->copy), Mxcheck::Context->new($config, null_mx => 'accept'));
    undef $config;
    is $one->check_rcpt(NULL_MX)->verdict, VERDICT_REJECT;
    is $other->check_rcpt(NULL_MX)->verdict, VERDICT_ACCEPT;
    ok $other->check_rcpt(NULL_MX)->is_cached;
    $cache->flush;
    ok !$one->check_rcpt(NULL_MX)->is_cached;
    $one->cache->flush('null-mx.mx.example');
    ok !$one->check_rcpt(NULL_MX)->is_cached;
    my ($line) = @lines;
    is $line->[0], LOG_INFO;
    like $line->[1], qr/null-mx/;
    is $line->[2], 0;
    ok exists Mxcheck::options()->{timeout}{default};
    like(Mxcheck::version(), qr/^1\./);
    is(context(cache_size => 0)->cache, undef);
};

subtest 'a log function that dies is a warning' => sub {
    my @warnings;
    local $SIG{__WARN__} = sub { push @warnings, @_ };
    my $config = Mxcheck::Config->new(options())->set_log(LOG_INFO, sub { die "full\n" });
    is(Mxcheck::Context->new($config)->check_rcpt(GOOD)->verdict, VERDICT_ACCEPT);
    is_deeply \@warnings, ["full\n"];
};

subtest 'files are read, and errors of files say why' => sub {
    my $folder = tempdir(CLEANUP => 1);
    Mxcheck::Cache->shared(1 << 20, "$folder/cache")->flush;
    chmod 0644, "$folder/cache";
    is status_of(sub { Mxcheck::Cache->shared(1 << 20, "$folder/cache") }), 'file';
    like $@, qr{^\Q$folder\E/cache: \w+};
    open my $file, '>', "$folder/conf";
    say $file 'timeout = 3s';
    CORE::close $file;
    my $config = Mxcheck::Config->new;
    is $config->load("$folder/conf")->get('timeout'), '3s';
    is status_of(sub { $config->load("$folder/none") }), 'file';
    like $@, qr/none/;
};

subtest 'children share a cache and use the context of their parent' => sub {
    my $ctx = Mxcheck::Context->new(Mxcheck::Config->new(options())->set_cache(Mxcheck::Cache->shared(1 << 20)));
    my $child = fork // die "fork: $!";
    if (!$child) {
        my $is_good = eval { $ctx->check_rcpt(GOOD)->verdict == VERDICT_ACCEPT };
        undef $ctx;
        exec $^X, '-e', 'exit shift', $is_good ? 0 : 1;
    }
    waitpid $child, 0;
    is $?, 0;
    ok $ctx->check_rcpt(GOOD)->is_cached;
};

done_testing;
