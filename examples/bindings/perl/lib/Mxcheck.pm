# SPDX-License-Identifier: BSD-2-Clause
# Mxcheck: can mail to this domain be delivered at all? A binding of libmxcheck.
package Mxcheck;
use v5.36;

use Exporter qw(import);
use Mxcheck::Enum qw(enum);
use Mxcheck::Library;
use Mxcheck::Cache;
use Mxcheck::Config;
use Mxcheck::Context;
use Mxcheck::Error;
use Mxcheck::Result;

our $VERSION = '1.0.0';
our @EXPORT_OK = @Mxcheck::Enum::CONSTANTS;
our %EXPORT_TAGS = (all => \@EXPORT_OK);

BEGIN { Mxcheck::Enum->import(@Mxcheck::Enum::CONSTANTS) }

# Of the library that is loaded.
sub version { Mxcheck::Library::version() }

# {name => {default => ..., help => ...}} of every option.
sub options {
    return {map {
        Mxcheck::Library::option_name($_) =>
            {default => Mxcheck::Library::option_default($_), help => Mxcheck::Library::option_help($_)}
    } 0 .. Mxcheck::Library::option_count() - 1};
}

# {name => {number => ..., verdict => ...}} of every reason that the loaded library knows.
sub reasons {
    my @numbers = map { Mxcheck::Library::reason_at($_) } 0 .. Mxcheck::Library::reason_count() - 1;
    return {map {
        Mxcheck::Library::reason_name($_) => {number => $_, verdict => enum(verdict => Mxcheck::Library::reason_verdict($_))}
    } @numbers};
}

1;
