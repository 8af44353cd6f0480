# SPDX-License-Identifier: BSD-2-Clause
# Mxcheck::Cache: what is known of domains, for any number of contexts and Perl threads.
package Mxcheck::Cache;
use v5.36;
use parent qw(Mxcheck::Object);

use Mxcheck::Library;
use Mxcheck::Object qw(argument);
use Scalar::Util qw(refaddr weaken);

my %caches;    # by address, not owned: what CLONE has to take a reference for

sub CLONE_SKIP { 0 }

# In a new thread, after its copies were made: each of them gets a reference of its own.
sub CLONE {
    my @copies = grep { defined } values %caches;
    %caches = ();
    for my $copy (@copies) {
        Mxcheck::Library::cache_ref($copy->{pointer});
        $copy->{thread} = Mxcheck::Object::thread();
        $copy->note;
    }
}

sub note ($self) {
    weaken($caches{refaddr $self} = $self);
    return $self;
}

sub new ($class, $max_bytes) {
    Mxcheck::Error->check(Mxcheck::Library::cache_new($max_bytes, \my $pointer));
    return $class->take($pointer)->note;
}

# For children that are forked later, or, with a path, for all processes of this user that name the file.
sub shared ($class, $max_bytes, $path = undef) {
    my $status = Mxcheck::Library::cache_new_shared(defined $path ? argument($path) : undef, $max_bytes, \my $pointer);
    my $why = "$!";
    Mxcheck::Error->check($status, $status == -4 ? "$path: $why" : undef);
    return $class->take($pointer)->note;
}

# Removes a domain, or everything.
sub flush ($self, $domain = undef) {
    Mxcheck::Library::cache_flush($self->pointer, defined $domain ? argument($domain) : undef);
}

sub free ($self, $pointer) {
    delete $caches{refaddr $self};
    Mxcheck::Library::cache_unref($pointer);
}

1;
