# SPDX-License-Identifier: BSD-2-Clause
# progress.t: the example.
use v5.36;
use Test::More;

use File::Temp qw(tempdir);
use lib 't';
use World;

my $folder = tempdir(CLEANUP => 1);

# (exit status, standard output, standard error) for a list.
sub progress ($list, @settings) {
    open my $file, '>', "$folder/list";
    print $file $list;
    close $file;
    open my $told, '-|', $^X, '-e', 'open STDERR, ">", shift; exec @ARGV', "$folder/errors", $^X, (map { "-I$_" } @INC),
        'progress.pl', "$folder/list", @settings;
    my $output = do { local $/; <$told> } // '';
    close $told;
    open my $errors, '<', "$folder/errors";
    return ($? >> 8, $output, do { local $/; <$errors> } // '');
}

my @upstream = join '=', options();
my ($accepted, $rejected) = (GOOD . "\taccept\tmx\n", ABSENT . "\treject\tno-such-domain\n");

is_deeply [progress("# a list\n" . GOOD . "\n\n" . ABSENT . "\n", @upstream)], [1, $accepted . $rejected, "\r1 of 2\r2 of 2\n"];
is_deeply [progress(GOOD, @upstream)], [0, $accepted, "\r1 of 1\n"];
is_deeply [progress(SILENT . "\n" . GOOD . "\n", @upstream, 'timeout=100ms')],
    [2, SILENT . "\tdefer\tdns-timeout\n" . $accepted, "\r1 of 2\r2 of 2\n"];
is_deeply [progress('')], [0, '', "\n"];
my ($status, $output) = progress(join("\n", (GOOD, ABSENT) x 1000), @upstream);
is_deeply [$status, $output], [1, "$accepted$rejected" x 1000];
($status, undef, my $errors) = progress(GOOD, 'timeout=soon');
is $status, 64;
like $errors, qr/timeout/;

done_testing;
