// SPDX-License-Identifier: BSD-2-Clause
//! The functions of `mxcheck/mxcheck.h`, by hand: each with its types, and no more.
#![allow(non_camel_case_types)]
use std::os::raw::{c_char, c_int, c_void};

macro_rules! opaque {
    ($($name:ident)*) => { $(#[repr(C)] pub struct $name { _private: [u8; 0] })* };
}
opaque!(mxcheck_config mxcheck_ctx mxcheck_result mxcheck_cache);

pub type mxcheck_id = u64;
pub type mxcheck_cb = Option<unsafe extern "C" fn(mxcheck_id, *const mxcheck_result, *mut c_void)>;
pub type mxcheck_log_cb = Option<unsafe extern "C" fn(c_int, *const c_char, mxcheck_id, *mut c_void)>;

pub const MXCHECK_OK: c_int = 0;
pub const MXCHECK_ERR_NOT_CACHED: c_int = -7;
pub const MXCHECK_CHECK_DOMAIN: u32 = 1;
pub const MXCHECK_CHECK_CACHED: u32 = 2;

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct mxcheck_stats {
    pub checks: u64,
    pub accepted: u64,
    pub deferred: u64,
    pub rejected: u64,
    pub hits: u64,
    pub misses: u64,
    pub stale: u64,
    pub lookups: u64,
    pub prefetches: u64,
    pub queries: u64,
    pub retries: u64,
    pub timeouts: u64,
    pub evictions: u64,
    pub domains: u64,
    pub bytes: u64,
}

extern "C" {
    pub fn mxcheck_version_number() -> u32;
    pub fn mxcheck_version() -> *const c_char;
    pub fn mxcheck_config_new(config: *mut *mut mxcheck_config) -> c_int;
    pub fn mxcheck_config_copy(config: *const mxcheck_config, copy: *mut *mut mxcheck_config) -> c_int;
    pub fn mxcheck_config_free(config: *mut mxcheck_config);
    pub fn mxcheck_config_set(config: *mut mxcheck_config, name: *const c_char, value: *const c_char) -> c_int;
    pub fn mxcheck_config_load(config: *mut mxcheck_config, path: *const c_char) -> c_int;
    pub fn mxcheck_config_get(config: *const mxcheck_config, name: *const c_char) -> *const c_char;
    pub fn mxcheck_config_error(config: *const mxcheck_config) -> *const c_char;
    pub fn mxcheck_config_set_log(config: *mut mxcheck_config, max_level: c_int, log: mxcheck_log_cb, user_data: *mut c_void) -> c_int;
    pub fn mxcheck_config_set_cache(config: *mut mxcheck_config, cache: *mut mxcheck_cache) -> c_int;
    pub fn mxcheck_config_set_memory(
        config: *mut mxcheck_config,
        allocate: Option<unsafe extern "C" fn(usize, *mut c_void) -> *mut c_void>,
        resize: Option<unsafe extern "C" fn(*mut c_void, usize, *mut c_void) -> *mut c_void>,
        release: Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>,
        user_data: *mut c_void,
    ) -> c_int;
    pub fn mxcheck_config_set_release(config: *mut mxcheck_config, release: Option<unsafe extern "C" fn(*mut c_void)>) -> c_int;
    pub fn mxcheck_option_count() -> usize;
    pub fn mxcheck_option_name(index: usize) -> *const c_char;
    pub fn mxcheck_option_default(index: usize) -> *const c_char;
    pub fn mxcheck_option_help(index: usize) -> *const c_char;
    pub fn mxcheck_ctx_new(config: *const mxcheck_config, ctx: *mut *mut mxcheck_ctx) -> c_int;
    pub fn mxcheck_ctx_free(ctx: *mut mxcheck_ctx);
    pub fn mxcheck_ctx_stop(ctx: *mut mxcheck_ctx) -> c_int;
    pub fn mxcheck_ctx_stats(ctx: *const mxcheck_ctx, stats: *mut mxcheck_stats, size: usize) -> c_int;
    pub fn mxcheck_ctx_cache(ctx: *mut mxcheck_ctx) -> *mut mxcheck_cache;
    pub fn mxcheck_ctx_fd(ctx: *mut mxcheck_ctx) -> c_int;
    pub fn mxcheck_ctx_dispatch(ctx: *mut mxcheck_ctx) -> c_int;
    pub fn mxcheck_ctx_wait(ctx: *mut mxcheck_ctx, timeout_ms: c_int) -> c_int;
    pub fn mxcheck_ctx_pending(ctx: *const mxcheck_ctx) -> usize;
    pub fn mxcheck_stats_name(index: usize) -> *const c_char;
    pub fn mxcheck_check(
        ctx: *mut mxcheck_ctx,
        role: c_int,
        text: *const c_char,
        length: usize,
        flags: u32,
        timeout_ms: u32,
        result: *mut *mut mxcheck_result,
    ) -> c_int;
    pub fn mxcheck_check_sender(ctx: *mut mxcheck_ctx, address: *const c_char, result: *mut *mut mxcheck_result) -> c_int;
    pub fn mxcheck_check_rcpt(ctx: *mut mxcheck_ctx, address: *const c_char, result: *mut *mut mxcheck_result) -> c_int;
    pub fn mxcheck_check_rcpts(
        ctx: *mut mxcheck_ctx,
        addresses: *const *const c_char,
        count: usize,
        results: *mut *mut mxcheck_result,
    ) -> c_int;
    pub fn mxcheck_check_async(
        ctx: *mut mxcheck_ctx,
        role: c_int,
        text: *const c_char,
        length: usize,
        flags: u32,
        timeout_ms: u32,
        callback: mxcheck_cb,
        user_data: *mut c_void,
        id: *mut mxcheck_id,
    ) -> c_int;
    pub fn mxcheck_check_sender_async(
        ctx: *mut mxcheck_ctx,
        address: *const c_char,
        callback: mxcheck_cb,
        user_data: *mut c_void,
        id: *mut mxcheck_id,
    ) -> c_int;
    pub fn mxcheck_check_rcpt_async(
        ctx: *mut mxcheck_ctx,
        address: *const c_char,
        callback: mxcheck_cb,
        user_data: *mut c_void,
        id: *mut mxcheck_id,
    ) -> c_int;
    pub fn mxcheck_cancel(ctx: *mut mxcheck_ctx, id: mxcheck_id) -> c_int;
    pub fn mxcheck_result_ref(result: *const mxcheck_result) -> *mut mxcheck_result;
    pub fn mxcheck_result_unref(result: *mut mxcheck_result);
    pub fn mxcheck_result_verdict(result: *const mxcheck_result) -> c_int;
    pub fn mxcheck_result_reason(result: *const mxcheck_result) -> c_int;
    pub fn mxcheck_result_role(result: *const mxcheck_result) -> c_int;
    pub fn mxcheck_result_address(result: *const mxcheck_result) -> *const c_char;
    pub fn mxcheck_result_address_length(result: *const mxcheck_result) -> usize;
    pub fn mxcheck_result_domain(result: *const mxcheck_result) -> *const c_char;
    pub fn mxcheck_result_smtp_code(result: *const mxcheck_result) -> c_int;
    pub fn mxcheck_result_enhanced_code(result: *const mxcheck_result) -> *const c_char;
    pub fn mxcheck_result_reply(result: *const mxcheck_result, id: *const c_char, buffer: *mut c_char, size: usize) -> usize;
    pub fn mxcheck_result_hint(result: *const mxcheck_result) -> *const c_char;
    pub fn mxcheck_result_explain(result: *const mxcheck_result, id: *const c_char, buffer: *mut c_char, size: usize) -> usize;
    pub fn mxcheck_result_json(result: *const mxcheck_result, id: *const c_char, buffer: *mut c_char, size: usize) -> usize;
    pub fn mxcheck_result_mx_count(result: *const mxcheck_result) -> usize;
    pub fn mxcheck_result_mx_host(result: *const mxcheck_result, index: usize) -> *const c_char;
    pub fn mxcheck_result_mx_preference(result: *const mxcheck_result, index: usize) -> u32;
    pub fn mxcheck_result_mx_address_count(result: *const mxcheck_result, mx: usize) -> usize;
    pub fn mxcheck_result_mx_address(result: *const mxcheck_result, mx: usize, index: usize) -> *const c_char;
    pub fn mxcheck_result_note_count(result: *const mxcheck_result) -> usize;
    pub fn mxcheck_result_note(result: *const mxcheck_result, index: usize) -> *const c_char;
    pub fn mxcheck_result_ttl(result: *const mxcheck_result) -> u32;
    pub fn mxcheck_result_is_cached(result: *const mxcheck_result) -> c_int;
    pub fn mxcheck_result_is_stale(result: *const mxcheck_result) -> c_int;
    pub fn mxcheck_result_dnssec(result: *const mxcheck_result) -> c_int;
    pub fn mxcheck_result_elapsed_us(result: *const mxcheck_result) -> u32;
    pub fn mxcheck_cache_new(max_bytes: usize, cache: *mut *mut mxcheck_cache) -> c_int;
    pub fn mxcheck_cache_new_shared(path: *const c_char, max_bytes: usize, cache: *mut *mut mxcheck_cache) -> c_int;
    pub fn mxcheck_cache_ref(cache: *mut mxcheck_cache) -> *mut mxcheck_cache;
    pub fn mxcheck_cache_unref(cache: *mut mxcheck_cache);
    pub fn mxcheck_cache_flush(cache: *mut mxcheck_cache, domain: *const c_char);
    pub fn mxcheck_status_name(status: c_int) -> *const c_char;
    pub fn mxcheck_status_text(status: c_int) -> *const c_char;
    pub fn mxcheck_verdict_name(verdict: c_int) -> *const c_char;
    pub fn mxcheck_role_name(role: c_int) -> *const c_char;
    pub fn mxcheck_dnssec_name(state: c_int) -> *const c_char;
    pub fn mxcheck_log_level_name(level: c_int) -> *const c_char;
    pub fn mxcheck_reason_name(reason: c_int) -> *const c_char;
    pub fn mxcheck_reason_count() -> usize;
    pub fn mxcheck_reason_at(index: usize) -> c_int;
    pub fn mxcheck_reason_verdict(reason: c_int) -> c_int;
}
