// SPDX-License-Identifier: BSD-2-Clause
// The functions of libmxcheck.so.1, as koffi sees them: each function of the header with its types, and no more.
import koffi from 'koffi';

const POINTER = 'void *';
const OUT = koffi.out(koffi.pointer('void *'));
const OUT_ID = koffi.out(koffi.pointer('uint64_t'));
const TEXT = [POINTER, 'int', POINTER, 'size_t', 'uint32_t', 'uint32_t'];
const WRITER = [POINTER, 'str', POINTER, 'size_t'];

/** User data is a number of ours, no pointer. */
export const CALLBACK = koffi.pointer(koffi.proto('void', ['uint64_t', POINTER, 'uintptr_t']));
export const LOG = koffi.pointer(koffi.proto('void', ['int', 'str', 'uint64_t', 'uintptr_t']));
export const RELEASE = koffi.pointer(koffi.proto('void', ['uintptr_t']));

export const SHAPES = {
    version_number: ['uint32_t', []],
    version: ['str', []],
    config_new: ['int', [OUT]],
    config_copy: ['int', [POINTER, OUT]],
    config_free: ['void', [POINTER]],
    config_set: ['int', [POINTER, 'str', 'str']],
    config_load: ['int', [POINTER, 'str']],
    config_get: ['str', [POINTER, 'str']],
    config_error: ['str', [POINTER]],
    config_set_log: ['int', [POINTER, 'int', LOG, 'uintptr_t']],
    config_set_cache: ['int', [POINTER, POINTER]],
    config_set_memory: ['int', [POINTER, POINTER, POINTER, POINTER, POINTER]],
    config_set_release: ['int', [POINTER, RELEASE]],
    option_count: ['size_t', []],
    option_name: ['str', ['size_t']],
    option_default: ['str', ['size_t']],
    option_help: ['str', ['size_t']],
    ctx_new: ['int', [POINTER, OUT]],
    ctx_free: ['void', [POINTER]],
    ctx_stop: ['int', [POINTER]],
    ctx_stats: ['int', [POINTER, POINTER, 'size_t']],
    ctx_cache: [POINTER, [POINTER]],
    ctx_fd: ['int', [POINTER]],
    ctx_dispatch: ['int', [POINTER]],
    ctx_wait: ['int', [POINTER, 'int']],
    ctx_pending: ['size_t', [POINTER]],
    stats_name: ['str', ['size_t']],
    check: ['int', [...TEXT, OUT]],
    check_sender: ['int', [POINTER, 'str', OUT]],
    check_rcpt: ['int', [POINTER, 'str', OUT]],
    check_rcpts: ['int', [POINTER, koffi.pointer('str'), 'size_t', OUT]],
    check_async: ['int', [...TEXT, CALLBACK, 'uintptr_t', OUT_ID]],
    check_sender_async: ['int', [POINTER, 'str', CALLBACK, 'uintptr_t', OUT_ID]],
    check_rcpt_async: ['int', [POINTER, 'str', CALLBACK, 'uintptr_t', OUT_ID]],
    cancel: ['int', [POINTER, 'uint64_t']],
    result_ref: [POINTER, [POINTER]],
    result_unref: ['void', [POINTER]],
    result_verdict: ['int', [POINTER]],
    result_reason: ['int', [POINTER]],
    result_role: ['int', [POINTER]],
    result_address: [POINTER, [POINTER]],
    result_address_length: ['size_t', [POINTER]],
    result_domain: ['str', [POINTER]],
    result_smtp_code: ['int', [POINTER]],
    result_enhanced_code: ['str', [POINTER]],
    result_reply: ['size_t', WRITER],
    result_hint: ['str', [POINTER]],
    result_explain: ['size_t', WRITER],
    result_json: ['size_t', WRITER],
    result_mx_count: ['size_t', [POINTER]],
    result_mx_host: ['str', [POINTER, 'size_t']],
    result_mx_preference: ['uint32_t', [POINTER, 'size_t']],
    result_mx_address_count: ['size_t', [POINTER, 'size_t']],
    result_mx_address: ['str', [POINTER, 'size_t', 'size_t']],
    result_note_count: ['size_t', [POINTER]],
    result_note: ['str', [POINTER, 'size_t']],
    result_ttl: ['uint32_t', [POINTER]],
    result_is_cached: ['int', [POINTER]],
    result_is_stale: ['int', [POINTER]],
    result_dnssec: ['int', [POINTER]],
    result_elapsed_us: ['uint32_t', [POINTER]],
    cache_new: ['int', ['size_t', OUT]],
    cache_new_shared: ['int', ['str', 'size_t', OUT]],
    cache_ref: [POINTER, [POINTER]],
    cache_unref: ['void', [POINTER]],
    cache_flush: ['void', [POINTER, 'str']],
    status_name: ['str', ['int']],
    status_text: ['str', ['int']],
    verdict_name: ['str', ['int']],
    role_name: ['str', ['int']],
    dnssec_name: ['str', ['int']],
    log_level_name: ['str', ['int']],
    reason_name: ['str', ['int']],
    reason_count: ['size_t', []],
    reason_at: ['int', ['size_t']],
    reason_verdict: ['int', ['int']],
};

function load() {
    const file = koffi.load(process.env.MXCHECK_LIBRARY ?? 'libmxcheck.so.1');
    return Object.fromEntries(Object.entries(SHAPES).map(([name, [result, parameters]]) =>
        [name, file.func(`mxcheck_${name}`, result, parameters)]));
}

export const library = load();
