# SPDX-License-Identifier: BSD-2-Clause
# World: what the tests have in common: the name server, and addresses that it knows.
package World;
use v5.36;

use Exporter qw(import);

our @EXPORT = qw(GOOD ABSENT SILENT NULL_MX options status_of);

use constant {
    GOOD => 'u@ok-mx.mx.example',
    ABSENT => 'u@nxdomain.mx.example',
    SILENT => 'u@to-all.f.mx.example',
    NULL_MX => 'u@null-mx.mx.example',
};

my $upstream = $ENV{MXCHECK_TEST_UPSTREAM} // die "MXCHECK_TEST_UPSTREAM is not set: see README.md\n";

sub options (%more) { (upstreams => $upstream, %more) }

# The status of the error that a function dies of; "" for none.
sub status_of ($function) {
    eval { $function->(); 1 } and return '';
    return ref $@ && $@->isa('Mxcheck::Error') ? $@->status : "died: $@";
}

1;
