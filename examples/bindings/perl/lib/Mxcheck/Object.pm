# SPDX-License-Identifier: BSD-2-Clause
# Mxcheck::Object: what the objects have in common that own a pointer of the library.
package Mxcheck::Object;
use v5.36;

use Exporter qw(import);
use Mxcheck::Error;

our @EXPORT_OK = qw(octets argument);

# A new Perl thread gets no copies: two would free one pointer.
sub CLONE_SKIP { 1 }

sub thread () { $INC{'threads.pm'} ? threads->tid : 0 }

sub refuse ($message) {
    Mxcheck::Error->throw(number => -1, status => 'invalid', message => $message);
}

# A text as it goes to the library.
sub octets ($text) {
    my $octets = $text // refuse('an undefined text');
    utf8::downgrade($octets, 1) or refuse('a text with a wide character: encode it');
    return $octets;
}

# The same where a NUL would be an end.
sub argument ($text) {
    my $octets = octets($text);
    refuse('a NUL in a name or a value') if $octets =~ /\0/;
    return $octets;
}

# An object that owns the pointer.
sub take ($class, $pointer, %fields) {
    return bless {pointer => $pointer, thread => thread(), %fields}, $class;
}

sub pointer ($self) {
    refuse('the object is closed') unless defined $self->{pointer};
    refuse('the object belongs to another thread') if $self->{thread} != thread();
    return $self->{pointer};
}

sub DESTROY ($self) {
    local $@;
    my $pointer = delete $self->{pointer};
    $self->free($pointer) if defined $pointer && $self->{thread} == thread();
}

1;
