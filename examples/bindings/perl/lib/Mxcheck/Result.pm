# SPDX-License-Identifier: BSD-2-Clause
# Mxcheck::Result: one finished check; immutable, and valid as long as there is a reference to it.
package Mxcheck::Result;
use v5.36;
use parent qw(Mxcheck::Object);

use FFI::Platypus::Buffer qw(buffer_to_scalar grow scalar_to_pointer set_used_length);
use JSON::PP ();
use Mxcheck::Enum qw(enum);
use Mxcheck::Library;
use Mxcheck::Object qw(argument);

sub verdict ($self) { enum(verdict => Mxcheck::Library::result_verdict($self->pointer)) }

# REASON_UNKNOWN for one that a later library adds: its number and its word are below.
sub reason ($self) { enum(reason => $self->reason_number) }
sub reason_number ($self) { Mxcheck::Library::result_reason($self->pointer) }
sub reason_name ($self) { Mxcheck::Library::reason_name($self->reason_number) }
sub role ($self) { enum(role => Mxcheck::Library::result_role($self->pointer)) }

# As given, octet by octet.
sub address ($self) {
    my $length = Mxcheck::Library::result_address_length($self->pointer);
    return $length ? buffer_to_scalar(Mxcheck::Library::result_address($self->pointer), $length) : '';
}

# In lower-case A-labels; "" for none.
sub domain ($self) { Mxcheck::Library::result_domain($self->pointer) }
sub smtp_code ($self) { Mxcheck::Library::result_smtp_code($self->pointer) }
sub enhanced_code ($self) { Mxcheck::Library::result_enhanced_code($self->pointer) }
sub hint ($self) { Mxcheck::Library::result_hint($self->pointer) }

# ({host => ..., preference => ..., addresses => [...]}, ...) by preference; addresses with depth = targets.
sub mx ($self) {
    return map { $self->mx_at($_) } 0 .. Mxcheck::Library::result_mx_count($self->pointer) - 1;
}

sub mx_at ($self, $index) {
    my $pointer = $self->pointer;
    my $count = Mxcheck::Library::result_mx_address_count($pointer, $index);
    return {
        host => Mxcheck::Library::result_mx_host($pointer, $index),
        preference => Mxcheck::Library::result_mx_preference($pointer, $index),
        addresses => [map { Mxcheck::Library::result_mx_address($pointer, $index, $_) } 0 .. $count - 1],
    };
}

sub notes ($self) {
    my $pointer = $self->pointer;
    return map { Mxcheck::Library::result_note($pointer, $_) } 0 .. Mxcheck::Library::result_note_count($pointer) - 1;
}

# Seconds for which this answer still holds.
sub ttl ($self) { Mxcheck::Library::result_ttl($self->pointer) }
sub is_cached ($self) { !!Mxcheck::Library::result_is_cached($self->pointer) }
sub is_stale ($self) { !!Mxcheck::Library::result_is_stale($self->pointer) }
sub dnssec ($self) { enum(dnssec => Mxcheck::Library::result_dnssec($self->pointer)) }

# Seconds that the check took.
sub elapsed ($self) { Mxcheck::Library::result_elapsed_us($self->pointer) / 1e6 }

# One SMTP reply line without CRLF.
sub reply ($self, $id = undef) { $self->text(\&Mxcheck::Library::result_reply, $id) }

# Lines for a person.
sub explain ($self, $id = undef) { $self->text(\&Mxcheck::Library::result_explain, $id) }

# All that the library knows, as it writes it in JSON, as a hash.
sub json ($self, $id = undef) { JSON::PP::decode_json($self->text(\&Mxcheck::Library::result_json, $id)) }

sub text ($self, $write, $id) {
    my $octets = defined $id ? argument($id) : undef;
    my $size = 512;
    while (1) {    # a text may be longer the second time, as numbers of seconds pass
        my $buffer = '';
        grow($buffer, $size);
        my $length = $write->($self->pointer, $octets, scalar_to_pointer($buffer), $size);
        if ($length < $size) {
            set_used_length($buffer, $length);
            return $buffer;
        }
        $size = $length + 1;
    }
}

sub free ($self, $pointer) {
    Mxcheck::Library::result_unref($pointer);
}

1;
