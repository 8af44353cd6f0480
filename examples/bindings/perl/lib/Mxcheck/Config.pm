# SPDX-License-Identifier: BSD-2-Clause
# Mxcheck::Config: options by name, a log function, a cache.
package Mxcheck::Config;
use v5.36;
use parent qw(Mxcheck::Object);

use FFI::Platypus::Closure;
use Mxcheck::Enum qw(enum);
use Mxcheck::Library;
use Mxcheck::Object qw(argument);

# Underscores stand for hyphens: Mxcheck::Config->new(depth => 'targets', cache_size => '16M').
sub new ($class, %options) {
    Mxcheck::Error->check(Mxcheck::Library::config_new(\my $pointer));
    return $class->take($pointer, kept => [])->set(%options);
}

sub copy ($self) {
    Mxcheck::Error->check(Mxcheck::Library::config_copy($self->pointer, \my $pointer));
    return ref($self)->take($pointer, kept => [$self->kept]);
}

# Closures that this configuration, and every context made from it, calls.
sub kept ($self) { $self->{kept}->@* }

sub check ($self, $status) {
    Mxcheck::Error->check($status, $status == -3 || $status == -4 ? Mxcheck::Library::config_error($self->pointer) : undef);
}

sub set ($self, %options) {
    for my $name (sort keys %options) {
        $self->check(Mxcheck::Library::config_set($self->pointer, argument($name =~ tr/_/-/r), argument($options{$name})));
    }
    return $self;
}

# undef when there is no such option.
sub get ($self, $name) {
    return Mxcheck::Library::config_get($self->pointer, argument($name =~ tr/_/-/r));
}

# Reads a file of `name = value` lines; after an error nothing has changed.
sub load ($self, $path) {
    $self->check(Mxcheck::Library::config_load($self->pointer, argument($path)));
    return $self;
}

# $function->($level, $line, $id of the asynchronous check or 0); undef is silence. What it dies of is a warning.
sub set_log ($self, $level, $function) {
    my $closure = $function
        && FFI::Platypus::Closure->new(sub ($number, $line, $id, $) { $function->(enum(log => $number), $line, $id) });
    push $self->{kept}->@*, $closure if $closure;
    Mxcheck::Error->check(Mxcheck::Library::config_set_log($self->pointer, $closure ? $level : 0, $closure, undef));
    return $self;
}

sub set_cache ($self, $cache) {
    Mxcheck::Error->check(Mxcheck::Library::config_set_cache($self->pointer, $cache && $cache->pointer));
    return $self;
}

sub free ($self, $pointer) {
    Mxcheck::Library::config_free($pointer);
}

1;
