# SPDX-License-Identifier: BSD-2-Clause
# Mxcheck::Context: a checker that waits, and one to poll. See Mxcheck::AnyEvent for event loops.
package Mxcheck::Context;
use v5.36;
use parent qw(Mxcheck::Object);

use FFI::Platypus::Closure;
use Mxcheck::Cache;
use Mxcheck::Config;
use Mxcheck::Enum qw(ROLE_RCPT ROLE_SENDER);
use Mxcheck::Library;
use Mxcheck::Object qw(argument octets);
use Mxcheck::Result;

use constant {DOMAIN => 1, CACHED => 2, NOT_CACHED => -7};
my %ROLES = (sender => ROLE_SENDER, rcpt => ROLE_RCPT);

# Mxcheck::Context->new(depth => 'targets'), or with a Mxcheck::Config before the options.
sub new ($class, @options) {
    my $config = @options % 2 ? shift(@options)->copy : Mxcheck::Config->new;
    $config->set(@options);
    my %async = asynchronous();
    Mxcheck::Error->check(Mxcheck::Library::config_set_release($config->pointer, $async{release}));
    $config->check(Mxcheck::Library::ctx_new($config->pointer, \my $pointer));
    return $class->take($pointer, %async, logs => [$config->kept]);
}

# What asynchronous checks need. The library calls these two closures until the context is freed. A user's function is
# called when the library has returned, so that it may die, or close the context.
sub asynchronous () {
    my (%checks, @finished);    # functions by key; [id, function, result]
    my $callback = sub ($id, $result, $key) {
        push @finished, [$id, $checks{$key}, Mxcheck::Result->take(Mxcheck::Library::result_ref($result))];
    };
    my $release = sub ($key) { delete $checks{$key} };
    return (
        checks => \%checks,
        finished => \@finished,
        last_key => 0,
        callback => FFI::Platypus::Closure->new($callback),
        release => FFI::Platypus::Closure->new($release),
    );
}

# Checks under way are cancelled.
sub close ($self) {
    $self->free(delete $self->{pointer}) if defined $self->{pointer} && $self->pointer;
    $self->{finished}->@* = ();
}

# When Perl ends, closures may be gone before the context: one that could call them is left to the system.
sub free ($self, $pointer) {
    return if ${^GLOBAL_PHASE} eq 'DESTRUCT' && ($self->{logs}->@* || Mxcheck::Library::ctx_pending($pointer));
    Mxcheck::Library::ctx_free($pointer);
}

# Of MAIL FROM; "" is the null reverse-path. %how: timeout => seconds.
sub check_sender ($self, $address, %how) { $self->check($address, 0, %how, role => 'sender') }

# Of RCPT TO.
sub check_rcpt ($self, $address, %how) { $self->check($address, 0, %how, role => 'rcpt') }

# %how: also role => 'sender'.
sub check_domain ($self, $domain, %how) { $self->check($domain, DOMAIN, %how) }

# undef where DNS would have to be asked.
sub check_cached ($self, $address, %how) {
    my ($status, $result) = $self->look($address, CACHED | ($how{flags} // 0), %how);
    return if $status == NOT_CACHED;
    Mxcheck::Error->check($status);
    return $result;
}

# All recipients of a transaction, side by side; a list in their order.
sub check_rcpts ($self, @addresses) {
    return unless @addresses;
    my @texts = map { argument($_) } @addresses;
    my @results = (undef) x @texts;
    Mxcheck::Error->check(Mxcheck::Library::check_rcpts($self->pointer, \@texts, scalar @texts, \@results));
    return map { Mxcheck::Result->take($_) } @results;
}

sub check ($self, $text, $flags, %how) {
    my ($status, $result) = $self->look($text, $flags, %how);
    Mxcheck::Error->check($status);
    return $result;
}

sub look ($self, $text, $flags, %how) {
    my $status = Mxcheck::Library::check($self->pointer, form($text, $flags, %how), \my $pointer);
    return ($status, defined $pointer ? Mxcheck::Result->take($pointer) : undef);
}

# The arguments that both general forms of a check have in common.
sub form ($text, $flags, %how) {
    my $octets = octets($text);
    my $role = $ROLES{$how{role} // 'rcpt'} // Mxcheck::Object::refuse("no such role: $how{role}");
    my $timeout = defined $how{timeout} ? milliseconds($how{timeout}, 0xffff_ffff) || 1 : 0;
    return ($role, $octets, length $octets, $flags, $timeout);
}

sub milliseconds ($seconds, $most) {
    my $milliseconds = int($seconds * 1000);
    return $milliseconds < 0 ? 0 : $milliseconds > $most ? $most : $milliseconds;
}

# The same without waiting. $done->($result, $id) is called from dispatch. They give the id.
sub start_sender ($self, $address, $done, %how) { $self->start($address, 0, $done, %how, role => 'sender') }
sub start_rcpt ($self, $address, $done, %how) { $self->start($address, 0, $done, %how, role => 'rcpt') }
sub start_domain ($self, $domain, $done, %how) { $self->start($domain, DOMAIN, $done, %how) }

sub start ($self, $text, $flags, $done, %how) {
    my $key = ++$self->{last_key};
    my @form = ($self->pointer, form($text, $flags, %how));
    $self->{checks}{$key} = $done;
    my $status = Mxcheck::Library::check_async(@form, $self->{callback}, $key, \(my $id = 0));
    delete $self->{checks}{$key} if $status != 0;
    Mxcheck::Error->check($status);
    return $id;
}

# A check that is cancelled is silent. False when it has ended before.
sub cancel ($self, $id) {
    my $finished = $self->{finished};
    my $count = @$finished;
    @$finished = grep { $_->[0] != $id } @$finished;
    return Mxcheck::Library::cancel($self->pointer, $id) == 0 || @$finished < $count;
}

# To be watched for reading; then call dispatch.
sub fd ($self) {
    my $fd = Mxcheck::Library::ctx_fd($self->pointer);
    Mxcheck::Error->check(-5) if $fd < 0;
    return $fd;
}

# Without a loop: waits until dispatch has something to do, or a signal came; for a number of seconds at most.
sub wait ($self, $seconds = undef) {
    my $milliseconds = defined $seconds ? milliseconds($seconds, 0x7fff_ffff) : -1;
    Mxcheck::Error->check(Mxcheck::Library::ctx_wait($self->pointer, $milliseconds));
}

# Calls back what has finished; all of it, then it dies of what the first function died of. Never waits.
sub dispatch ($self) {
    Mxcheck::Error->check(Mxcheck::Library::ctx_dispatch($self->pointer));
    my $finished = $self->{finished};
    call_all(sub {
        my ($id, $done, $result) = (shift(@$finished) // return)->@*;
        return sub { $done->($result, $id) };
    });
}

# Calls all functions that $next gives, whatever one of them dies of; then dies of the first.
sub call_all ($next) {
    my @errors;
    while (my $function = $next->()) {
        eval { $function->(); 1 } or push @errors, $@;
    }
    my $first = shift(@errors) // return;
    warn $_ for @errors;
    die $first;
}

# Checks under way.
sub pending ($self) { Mxcheck::Library::ctx_pending($self->pointer) }

# Ends blocking checks and waits, under way and later, with Mxcheck::Error "stopped".
sub stop ($self) {
    Mxcheck::Error->check(Mxcheck::Library::ctx_stop($self->pointer));
}

# {name => number}
sub stats ($self) {
    my @names;
    while (defined(my $name = Mxcheck::Library::stats_name(scalar @names))) {
        push @names, $name;
    }
    my @numbers = (0) x @names;
    Mxcheck::Error->check(Mxcheck::Library::ctx_stats($self->pointer, \@numbers, 8 * @numbers));
    my %stats;
    @stats{@names} = @numbers;
    return \%stats;
}

# undef when there is none (cache-size = 0).
sub cache ($self) {
    my $pointer = Mxcheck::Library::ctx_cache($self->pointer) // return;
    return Mxcheck::Cache->take(Mxcheck::Library::cache_ref($pointer))->note;
}

1;
