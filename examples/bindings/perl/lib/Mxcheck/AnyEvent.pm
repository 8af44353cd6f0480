# SPDX-License-Identifier: BSD-2-Clause
# Mxcheck::AnyEvent: a checker for AnyEvent. Its checks give a condvar: $ctx->check_rcpt($address)->recv is the result.
package Mxcheck::AnyEvent;
use v5.36;
use parent qw(Mxcheck::Context);

use AnyEvent;
use Scalar::Util qw(refaddr weaken);

sub new ($class, @options) {
    my $self = $class->SUPER::new(@options);
    $self->{waiting} = {};    # by the address of the condvar: [id, condvar]
    $self->{watched} = -1;
    return $self;
}

# What check_sender, check_rcpt and check_domain stand on. What needs no DNS is told at once, without a turn of the event
# loop.
sub check ($self, $text, $flags, %how) {
    my $condvar = AnyEvent->condvar;
    if (my $result = $self->check_cached($text, %how, flags => $flags)) {
        $condvar->send($result);
        return $condvar;
    }
    my ($waiting, $key) = ($self->{waiting}, refaddr $condvar);
    my $done = sub ($result, $) {
        delete $waiting->{$key};
        $condvar->send($result);
    };
    $waiting->{$key} = [$self->start($text, $flags, $done, %how), $condvar];
    return $condvar;
}

# One condvar for each address.
sub check_rcpts ($self, @addresses) {
    return map { $self->check_rcpt($_) } @addresses;
}

sub start ($self, @check) {
    my $id = $self->SUPER::start(@check);
    $self->watch;
    return $id;
}

# $check: a condvar, which then dies with Mxcheck::Error "cancelled", or an id. False when it has ended before.
sub cancel ($self, $check) {
    my ($id, $condvar) = ref $check ? (delete $self->{waiting}{refaddr $check} // return '')->@* : $check;
    my $was_under_way = $self->SUPER::cancel($id);
    $self->watch;
    give_up($condvar) if $condvar;
    return $was_under_way;
}

sub give_up ($condvar) {
    $condvar->croak(Mxcheck::Error->new(status => 'cancelled', message => 'the check was cancelled'));
}

# The condvars that wait die with Mxcheck::Error "cancelled".
sub close ($self) {
    delete $self->{watcher};
    $self->SUPER::close;
    my @waiting = values $self->{waiting}->%*;
    $self->{waiting}->%* = ();
    Mxcheck::Context::call_all(sub {
        my (undef, $condvar) = (shift(@waiting) // return)->@*;
        return sub { give_up($condvar) };
    });
}

# The descriptor is watched while a check is under way, so that an idle context keeps no loop from ending.
sub watch ($self) {
    my $fd = defined $self->{pointer} && $self->pending ? $self->fd : -1;
    return if $fd == $self->{watched};
    $self->{watched} = $fd;
    delete $self->{watcher};
    return if $fd < 0;
    weaken(my $weak = $self);
    $self->{watcher} = AnyEvent->io(fh => $fd, poll => 'r', cb => sub { $weak->dispatch if $weak });
}

sub dispatch ($self) {
    my $is_done = eval { $self->SUPER::dispatch; 1 };
    my $error = $@;
    $self->watch;
    die $error unless $is_done;
}

sub DESTROY ($self) {
    return if ${^GLOBAL_PHASE} eq 'DESTRUCT' || !defined $self->{pointer} || $self->{thread} != Mxcheck::Object::thread();
    local $@;
    $self->close;
}

1;
