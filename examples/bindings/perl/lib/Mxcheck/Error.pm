# SPDX-License-Identifier: BSD-2-Clause
# Mxcheck::Error: an error of the caller or of the machine; never a verdict.
package Mxcheck::Error;
use v5.36;

use Carp ();
use Mxcheck::Library;
use overload '""' => sub ($self, @) { $self->{message} . $self->{place} }, bool => sub { 1 }, fallback => 1;

$Carp::Internal{$_}++
    for qw(Mxcheck::AnyEvent Mxcheck::Cache Mxcheck::Config Mxcheck::Context Mxcheck::Error Mxcheck::Object Mxcheck::Result);

sub new ($class, %fields) {
    return bless {place => Carp::shortmess(''), %fields}, $class;
}

sub throw ($class, %fields) {
    die $class->new(%fields);
}

# Dies unless the status is MXCHECK_OK.
sub check ($class, $number, $message = undef) {
    return if $number == 0;
    $class->throw(
        number => $number,
        status => Mxcheck::Library::status_name($number),
        message => $message || Mxcheck::Library::status_text($number),
    );
}

# A word: "no-memory", "stopped"; "cancelled" for a condvar whose check was cancelled, which has no number.
sub status ($self) { $self->{status} }
sub number ($self) { $self->{number} }
sub message ($self) { $self->{message} }

1;
