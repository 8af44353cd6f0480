# SPDX-License-Identifier: BSD-2-Clause
# Mxcheck::Library: the functions of libmxcheck.so.1 by FFI::Platypus: each function of the header, and no more.
package Mxcheck::Library;
use v5.36;

use FFI::Platypus 2.00;

my $LOG = '(sint32,string,uint64,opaque)->void';
my $CALLBACK = '(uint64,opaque,opaque)->void';
my $RELEASE = '(opaque)->void';
my @TEXT = qw(opaque sint32 string size_t uint32 uint32);
my @WRITER = qw(opaque string opaque size_t);

our %SHAPES = (
    version_number => [[] => 'uint32'],
    version => [[] => 'string'],
    config_new => [['opaque*'] => 'sint32'],
    config_copy => [['opaque', 'opaque*'] => 'sint32'],
    config_free => [['opaque'] => 'void'],
    config_set => [['opaque', 'string', 'string'] => 'sint32'],
    config_load => [['opaque', 'string'] => 'sint32'],
    config_get => [['opaque', 'string'] => 'string'],
    config_error => [['opaque'] => 'string'],
    config_set_log => [['opaque', 'sint32', $LOG, 'opaque'] => 'sint32'],
    config_set_memory => [['opaque', 'opaque', 'opaque', 'opaque', 'opaque'] => 'sint32'],
    config_set_release => [['opaque', $RELEASE] => 'sint32'],
    config_set_cache => [['opaque', 'opaque'] => 'sint32'],
    option_count => [[] => 'size_t'],
    option_name => [['size_t'] => 'string'],
    option_default => [['size_t'] => 'string'],
    option_help => [['size_t'] => 'string'],
    ctx_new => [['opaque', 'opaque*'] => 'sint32'],
    ctx_free => [['opaque'] => 'void'],
    ctx_stop => [['opaque'] => 'sint32'],
    ctx_stats => [['opaque', 'uint64[]', 'size_t'] => 'sint32'],
    ctx_cache => [['opaque'] => 'opaque'],
    ctx_fd => [['opaque'] => 'sint32'],
    ctx_dispatch => [['opaque'] => 'sint32'],
    ctx_wait => [['opaque', 'sint32'] => 'sint32'],
    ctx_pending => [['opaque'] => 'size_t'],
    stats_name => [['size_t'] => 'string'],
    check => [[@TEXT, 'opaque*'] => 'sint32'],
    check_sender => [['opaque', 'string', 'opaque*'] => 'sint32'],
    check_rcpt => [['opaque', 'string', 'opaque*'] => 'sint32'],
    check_rcpts => [['opaque', 'string[]', 'size_t', 'opaque[]'] => 'sint32'],
    check_async => [[@TEXT, $CALLBACK, 'opaque', 'uint64*'] => 'sint32'],
    check_sender_async => [['opaque', 'string', $CALLBACK, 'opaque', 'uint64*'] => 'sint32'],
    check_rcpt_async => [['opaque', 'string', $CALLBACK, 'opaque', 'uint64*'] => 'sint32'],
    cancel => [['opaque', 'uint64'] => 'sint32'],
    result_ref => [['opaque'] => 'opaque'],
    result_unref => [['opaque'] => 'void'],
    result_verdict => [['opaque'] => 'sint32'],
    result_reason => [['opaque'] => 'sint32'],
    result_role => [['opaque'] => 'sint32'],
    result_address => [['opaque'] => 'opaque'],
    result_address_length => [['opaque'] => 'size_t'],
    result_domain => [['opaque'] => 'string'],
    result_smtp_code => [['opaque'] => 'sint32'],
    result_enhanced_code => [['opaque'] => 'string'],
    result_reply => [[@WRITER] => 'size_t'],
    result_hint => [['opaque'] => 'string'],
    result_explain => [[@WRITER] => 'size_t'],
    result_json => [[@WRITER] => 'size_t'],
    result_mx_count => [['opaque'] => 'size_t'],
    result_mx_host => [['opaque', 'size_t'] => 'string'],
    result_mx_preference => [['opaque', 'size_t'] => 'uint32'],
    result_mx_address_count => [['opaque', 'size_t'] => 'size_t'],
    result_mx_address => [['opaque', 'size_t', 'size_t'] => 'string'],
    result_note_count => [['opaque'] => 'size_t'],
    result_note => [['opaque', 'size_t'] => 'string'],
    result_ttl => [['opaque'] => 'uint32'],
    result_is_cached => [['opaque'] => 'sint32'],
    result_is_stale => [['opaque'] => 'sint32'],
    result_dnssec => [['opaque'] => 'sint32'],
    result_elapsed_us => [['opaque'] => 'uint32'],
    cache_new => [['size_t', 'opaque*'] => 'sint32'],
    cache_new_shared => [['string', 'size_t', 'opaque*'] => 'sint32'],
    cache_ref => [['opaque'] => 'opaque'],
    cache_unref => [['opaque'] => 'void'],
    cache_flush => [['opaque', 'string'] => 'void'],
    status_name => [['sint32'] => 'string'],
    status_text => [['sint32'] => 'string'],
    verdict_name => [['sint32'] => 'string'],
    reason_name => [['sint32'] => 'string'],
    role_name => [['sint32'] => 'string'],
    dnssec_name => [['sint32'] => 'string'],
    log_level_name => [['sint32'] => 'string'],
    reason_count => [[] => 'size_t'],
    reason_at => [['size_t'] => 'sint32'],
    reason_verdict => [['sint32'] => 'sint32'],
);

# Nothing keeps the FFI::Platypus object: Perl threads would copy it.
sub load ($file) {
    my $ffi = FFI::Platypus->new(api => 2, lib => $file);
    $ffi->find_symbol('mxcheck_version') or die "$file cannot be loaded, or is not libmxcheck\n";
    for my $name (keys %SHAPES) {
        $ffi->attach(["mxcheck_$name" => "Mxcheck::Library::$name"], $SHAPES{$name}->@*);
    }
}

load($ENV{MXCHECK_LIBRARY} // 'libmxcheck.so.1');

1;
