-- SPDX-License-Identifier: BSD-2-Clause
-- mxcheck.lua: libmxcheck for LuaJIT, by its ffi. One file.
--
--     local mxcheck = require("mxcheck")
--     local ctx = mxcheck.context({depth = "targets"})
--     local result = ctx:check_rcpt("bob@example.com")
--     if result.verdict ~= "accept" then print(result:reply("4bXyZ")) end
--
-- What fails gives nil, a sentence and the word for the status; it is never a verdict.
local ffi = require("ffi")

ffi.cdef [[
typedef struct mxcheck_config mxcheck_config;
typedef struct mxcheck_ctx mxcheck_ctx;
typedef struct mxcheck_result mxcheck_result;
typedef struct mxcheck_cache mxcheck_cache;
typedef uint64_t mxcheck_id;
typedef void (*mxcheck_log_cb)(int level, const char *line, mxcheck_id id, void *user_data);
typedef void (*mxcheck_cb)(mxcheck_id id, const mxcheck_result *result, void *user_data);
uint32_t mxcheck_version_number(void);
const char *mxcheck_version(void);
int mxcheck_config_new(mxcheck_config **config);
int mxcheck_config_copy(const mxcheck_config *config, mxcheck_config **copy);
void mxcheck_config_free(mxcheck_config *config);
int mxcheck_config_set(mxcheck_config *config, const char *name, const char *value);
int mxcheck_config_load(mxcheck_config *config, const char *path);
const char *mxcheck_config_get(const mxcheck_config *config, const char *name);
const char *mxcheck_config_error(const mxcheck_config *config);
int mxcheck_config_set_log(mxcheck_config *config, int max_level, mxcheck_log_cb log, void *user_data);
int mxcheck_config_set_cache(mxcheck_config *config, mxcheck_cache *cache);
int mxcheck_config_set_memory(mxcheck_config *config, void *(*allocate)(size_t size, void *user_data),
    void *(*resize)(void *pointer, size_t size, void *user_data), void (*release)(void *pointer, void *user_data),
    void *user_data);
int mxcheck_config_set_release(mxcheck_config *config, void (*release)(void *user_data));
size_t mxcheck_option_count(void);
const char *mxcheck_option_name(size_t index);
const char *mxcheck_option_default(size_t index);
const char *mxcheck_option_help(size_t index);
int mxcheck_ctx_new(const mxcheck_config *config, mxcheck_ctx **ctx);
void mxcheck_ctx_free(mxcheck_ctx *ctx);
int mxcheck_ctx_stop(mxcheck_ctx *ctx);
int mxcheck_ctx_stats(const mxcheck_ctx *ctx, void *stats, size_t size);
const char *mxcheck_stats_name(size_t index);
mxcheck_cache *mxcheck_ctx_cache(mxcheck_ctx *ctx);
int mxcheck_ctx_fd(mxcheck_ctx *ctx);
int mxcheck_ctx_dispatch(mxcheck_ctx *ctx);
int mxcheck_ctx_wait(mxcheck_ctx *ctx, int timeout_ms);
size_t mxcheck_ctx_pending(const mxcheck_ctx *ctx);
int mxcheck_check(mxcheck_ctx *ctx, int role, const char *text, size_t length, uint32_t flags, uint32_t timeout_ms,
    mxcheck_result **result);
int mxcheck_check_sender(mxcheck_ctx *ctx, const char *address, mxcheck_result **result);
int mxcheck_check_rcpt(mxcheck_ctx *ctx, const char *address, mxcheck_result **result);
int mxcheck_check_rcpts(mxcheck_ctx *ctx, const char *const *addresses, size_t count, mxcheck_result **results);
int mxcheck_check_async(mxcheck_ctx *ctx, int role, const char *text, size_t length, uint32_t flags, uint32_t timeout_ms,
    mxcheck_cb callback, void *user_data, mxcheck_id *id);
int mxcheck_check_sender_async(mxcheck_ctx *ctx, const char *address, mxcheck_cb callback, void *user_data, mxcheck_id *id);
int mxcheck_check_rcpt_async(mxcheck_ctx *ctx, const char *address, mxcheck_cb callback, void *user_data, mxcheck_id *id);
int mxcheck_cancel(mxcheck_ctx *ctx, mxcheck_id id);
mxcheck_result *mxcheck_result_ref(const mxcheck_result *result);
void mxcheck_result_unref(mxcheck_result *result);
int mxcheck_result_verdict(const mxcheck_result *result);
int mxcheck_result_reason(const mxcheck_result *result);
int mxcheck_result_role(const mxcheck_result *result);
const char *mxcheck_result_address(const mxcheck_result *result);
size_t mxcheck_result_address_length(const mxcheck_result *result);
const char *mxcheck_result_domain(const mxcheck_result *result);
int mxcheck_result_smtp_code(const mxcheck_result *result);
const char *mxcheck_result_enhanced_code(const mxcheck_result *result);
size_t mxcheck_result_reply(const mxcheck_result *result, const char *id, char *buffer, size_t size);
const char *mxcheck_result_hint(const mxcheck_result *result);
size_t mxcheck_result_explain(const mxcheck_result *result, const char *id, char *buffer, size_t size);
size_t mxcheck_result_json(const mxcheck_result *result, const char *id, char *buffer, size_t size);
size_t mxcheck_result_mx_count(const mxcheck_result *result);
const char *mxcheck_result_mx_host(const mxcheck_result *result, size_t index);
uint32_t mxcheck_result_mx_preference(const mxcheck_result *result, size_t index);
size_t mxcheck_result_mx_address_count(const mxcheck_result *result, size_t mx);
const char *mxcheck_result_mx_address(const mxcheck_result *result, size_t mx, size_t index);
size_t mxcheck_result_note_count(const mxcheck_result *result);
const char *mxcheck_result_note(const mxcheck_result *result, size_t index);
uint32_t mxcheck_result_ttl(const mxcheck_result *result);
int mxcheck_result_is_cached(const mxcheck_result *result);
int mxcheck_result_is_stale(const mxcheck_result *result);
int mxcheck_result_dnssec(const mxcheck_result *result);
uint32_t mxcheck_result_elapsed_us(const mxcheck_result *result);
int mxcheck_cache_new(size_t max_bytes, mxcheck_cache **cache);
int mxcheck_cache_new_shared(const char *path, size_t max_bytes, mxcheck_cache **cache);
mxcheck_cache *mxcheck_cache_ref(mxcheck_cache *cache);
void mxcheck_cache_unref(mxcheck_cache *cache);
void mxcheck_cache_flush(mxcheck_cache *cache, const char *domain);
const char *mxcheck_status_name(int status);
const char *mxcheck_status_text(int status);
const char *mxcheck_verdict_name(int verdict);
const char *mxcheck_role_name(int role);
const char *mxcheck_dnssec_name(int state);
const char *mxcheck_log_level_name(int level);
const char *mxcheck_reason_name(int reason);
size_t mxcheck_reason_count(void);
int mxcheck_reason_at(size_t index);
int mxcheck_reason_verdict(int reason);
]]

local lib = ffi.load(os.getenv("MXCHECK_LIBRARY") or "libmxcheck.so.1")
local mxcheck = {}
local roles = {sender = 1, rcpt = 2}
local levels = {none = 0, error = 1, warning = 2, info = 3, debug = 4}
local DOMAIN, CACHED = 1, 2

-- nil, a sentence, the word for the status.
local function fail(status, text)
    return nil, text or ffi.string(lib.mxcheck_status_text(status)), ffi.string(lib.mxcheck_status_name(status))
end

function mxcheck.version()
    return ffi.string(lib.mxcheck_version())
end

-- {name = {default = ..., help = ...}} of every option.
function mxcheck.options()
    local all = {}
    for i = 0, tonumber(lib.mxcheck_option_count()) - 1 do
        all[ffi.string(lib.mxcheck_option_name(i))] = {
            default = ffi.string(lib.mxcheck_option_default(i)), help = ffi.string(lib.mxcheck_option_help(i))}
    end
    return all
end

-- {name = {number = ..., verdict = ...}} of every reason that the loaded library knows.
function mxcheck.reasons()
    local all = {}
    for i = 0, tonumber(lib.mxcheck_reason_count()) - 1 do
        local number = lib.mxcheck_reason_at(i)
        all[ffi.string(lib.mxcheck_reason_name(number))] = {
            number = number, verdict = ffi.string(lib.mxcheck_verdict_name(lib.mxcheck_reason_verdict(number)))}
    end
    return all
end

-- Results: fields are read from the library; a reason that this release does not know is "unknown" with its number.
local function write(put, pointer, id)
    local size = 512
    while true do -- a text may be longer the second time, as numbers of seconds pass
        local buffer = ffi.new("char[?]", size)
        local length = tonumber(put(pointer, id, buffer, size))
        if length < size then return ffi.string(buffer, length) end
        size = length + 1
    end
end

local getters = {
    verdict = function(p) return ffi.string(lib.mxcheck_verdict_name(lib.mxcheck_result_verdict(p))) end,
    reason = function(p) return ffi.string(lib.mxcheck_reason_name(lib.mxcheck_result_reason(p))) end,
    reason_number = function(p) return lib.mxcheck_result_reason(p) end,
    role = function(p) return ffi.string(lib.mxcheck_role_name(lib.mxcheck_result_role(p))) end,
    address = function(p) return ffi.string(lib.mxcheck_result_address(p), lib.mxcheck_result_address_length(p)) end,
    domain = function(p) return ffi.string(lib.mxcheck_result_domain(p)) end,
    smtp_code = function(p) return lib.mxcheck_result_smtp_code(p) end,
    enhanced_code = function(p) return ffi.string(lib.mxcheck_result_enhanced_code(p)) end,
    hint = function(p) return ffi.string(lib.mxcheck_result_hint(p)) end,
    ttl = function(p) return lib.mxcheck_result_ttl(p) end,
    is_cached = function(p) return lib.mxcheck_result_is_cached(p) ~= 0 end,
    is_stale = function(p) return lib.mxcheck_result_is_stale(p) ~= 0 end,
    dnssec = function(p) return ffi.string(lib.mxcheck_dnssec_name(lib.mxcheck_result_dnssec(p))) end,
    elapsed_us = function(p) return lib.mxcheck_result_elapsed_us(p) end,
    mx = function(p)
        local all = {}
        for i = 0, tonumber(lib.mxcheck_result_mx_count(p)) - 1 do
            local addresses = {}
            for j = 0, tonumber(lib.mxcheck_result_mx_address_count(p, i)) - 1 do
                addresses[j + 1] = ffi.string(lib.mxcheck_result_mx_address(p, i, j))
            end
            all[i + 1] = {host = ffi.string(lib.mxcheck_result_mx_host(p, i)),
                preference = lib.mxcheck_result_mx_preference(p, i), addresses = addresses}
        end
        return all
    end,
    notes = function(p)
        local all = {}
        for i = 0, tonumber(lib.mxcheck_result_note_count(p)) - 1 do all[i + 1] = ffi.string(lib.mxcheck_result_note(p, i)) end
        return all
    end,
}
local methods = {
    reply = function(self, id) return write(lib.mxcheck_result_reply, self.pointer, id) end,
    explain = function(self, id) return write(lib.mxcheck_result_explain, self.pointer, id) end,
    json = function(self, id) return write(lib.mxcheck_result_json, self.pointer, id) end,
}
local Result = {__index = function(self, name)
    local get = getters[name]
    if get then return get(rawget(self, "pointer")) end
    return methods[name]
end}

-- Takes over a reference.
local function result_of(pointer)
    return setmetatable({pointer = ffi.gc(pointer, lib.mxcheck_result_unref)}, Result)
end

-- Caches.
local Cache = {}
Cache.__index = Cache

local function take_cache(status, made)
    if status ~= 0 then return fail(status) end
    return setmetatable({pointer = ffi.gc(made[0], lib.mxcheck_cache_unref)}, Cache)
end

function mxcheck.cache(max_bytes)
    local made = ffi.new("mxcheck_cache *[1]")
    return take_cache(lib.mxcheck_cache_new(max_bytes, made), made)
end

-- path nil: for children that are forked later.
function mxcheck.shared_cache(path, max_bytes)
    local made = ffi.new("mxcheck_cache *[1]")
    return take_cache(lib.mxcheck_cache_new_shared(path, max_bytes, made), made)
end

function Cache:flush(domain)
    lib.mxcheck_cache_flush(self.pointer, domain)
end

-- Contexts. One callback serves all checks of this Lua state: LuaJIT has few, and never frees them by itself.
local waiting = {} -- by number: what is called back
local last = 0
local callback = ffi.cast("mxcheck_cb", function(_, result, key)
    local number = tonumber(ffi.cast("uintptr_t", key))
    local entry = waiting[number]
    waiting[number] = nil
    if entry then
        entry.ctx.under_way[number] = nil
        entry.done(result_of(lib.mxcheck_result_ref(result)))
    end
end)

local Context = {}
Context.__index = Context

-- Options by name; besides, `cache` (of mxcheck.cache), `file` (of options), `log` (function(level, line)) and `log_level`.
function mxcheck.context(options)
    local made = ffi.new("mxcheck_config *[1]")
    local status = lib.mxcheck_config_new(made)
    if status ~= 0 then return fail(status) end
    local config = ffi.gc(made[0], lib.mxcheck_config_free)
    local function told(code) return fail(code, ffi.string(lib.mxcheck_config_error(config))) end
    local self = {under_way = {}}
    options = options or {}
    if options.file then
        status = lib.mxcheck_config_load(config, options.file)
        if status ~= 0 then return told(status) end
    end
    for name, value in pairs(options) do
        if name == "cache" then
            lib.mxcheck_config_set_cache(config, value.pointer)
        elseif name == "log" then
            self.log = ffi.cast("mxcheck_log_cb", function(level, line) value(ffi.string(lib.mxcheck_log_level_name(level)), ffi.string(line)) end)
            lib.mxcheck_config_set_log(config, levels[options.log_level or "info"], self.log, nil)
        elseif name ~= "file" and name ~= "log_level" then
            status = lib.mxcheck_config_set(config, name, tostring(value))
            if status ~= 0 then return told(status) end
        end
    end
    local ctx = ffi.new("mxcheck_ctx *[1]")
    status = lib.mxcheck_ctx_new(config, ctx)
    if status ~= 0 then return told(status) end
    self.pointer = ffi.gc(ctx[0], lib.mxcheck_ctx_free)
    return setmetatable(self, Context)
end

-- Checks under way are forgotten.
function Context:close()
    if self.pointer then lib.mxcheck_ctx_free(ffi.gc(self.pointer, nil)) end
    self.pointer = nil
    for number in pairs(self.under_way) do waiting[number] = nil end
    self.under_way = {}
    if self.log then self.log:free() end
    self.log = nil
end

local function flags_of(how)
    return (how.domain and DOMAIN or 0) + (how.cached and CACHED or 0), how.timeout_ms or 0
end

-- role: "sender" or "rcpt"; how: {domain = true, cached = true, timeout_ms = ...}.
function Context:check(role, text, how)
    local made = ffi.new("mxcheck_result *[1]")
    local flags, timeout_ms = flags_of(how or {})
    local status = lib.mxcheck_check(self.pointer, roles[role] or 0, text, #text, flags, timeout_ms, made)
    if status ~= 0 then return fail(status) end
    return result_of(made[0])
end

function Context:check_sender(address, how) return self:check("sender", address, how) end
function Context:check_rcpt(address, how) return self:check("rcpt", address, how) end

function Context:check_rcpts(addresses)
    local count = #addresses
    local texts, made = ffi.new("const char *[?]", count + 1, addresses), ffi.new("mxcheck_result *[?]", count + 1)
    local status = lib.mxcheck_check_rcpts(self.pointer, texts, count, made)
    if status ~= 0 then return fail(status) end
    local results = {}
    for i = 1, count do results[i] = result_of(made[i - 1]) end
    return results
end

-- done(result) is called from dispatch. Gives a number for cancel.
function Context:start(role, text, done, how)
    local id = ffi.new("mxcheck_id[1]")
    local flags, timeout_ms = flags_of(how or {})
    last = last + 1
    local number = last
    waiting[number] = {ctx = self, done = done}
    self.under_way[number] = id
    local status = lib.mxcheck_check_async(self.pointer, roles[role] or 0, text, #text, flags, timeout_ms, callback,
        ffi.cast("void *", ffi.cast("uintptr_t", number)), id)
    if status == 0 then return number end
    waiting[number], self.under_way[number] = nil, nil
    return fail(status)
end

-- False when it has ended before.
function Context:cancel(number)
    local id = self.under_way[number]
    if not id then return false end
    waiting[number], self.under_way[number] = nil, nil
    return lib.mxcheck_cancel(self.pointer, id[0]) == 0
end

-- Calls back what has finished. Callbacks of Lua may not be called out of compiled code.
function Context:dispatch() lib.mxcheck_ctx_dispatch(self.pointer) end
jit.off(Context.dispatch)
jit.off(Context.check, true)
jit.off(Context.check_rcpts, true)

-- The descriptor to watch for reading, level- or edge-triggered; or wait, milliseconds, -1 without limit.
function Context:fd() return lib.mxcheck_ctx_fd(self.pointer) end
function Context:wait(timeout_ms)
    local status = lib.mxcheck_ctx_wait(self.pointer, timeout_ms)
    if status ~= 0 then return fail(status) end
    return true
end
function Context:pending() return tonumber(lib.mxcheck_ctx_pending(self.pointer)) end
function Context:stop() lib.mxcheck_ctx_stop(self.pointer) end

function Context:stats()
    local numbers, all, count = ffi.new("uint64_t[64]"), {}, 0
    lib.mxcheck_ctx_stats(self.pointer, numbers, 64 * 8)
    while count < 64 and lib.mxcheck_stats_name(count) ~= nil do
        all[ffi.string(lib.mxcheck_stats_name(count))] = tonumber(numbers[count])
        count = count + 1
    end
    return all
end

function Context:cache()
    local own = lib.mxcheck_ctx_cache(self.pointer)
    if own == nil then return nil end
    return setmetatable({pointer = ffi.gc(lib.mxcheck_cache_ref(own), lib.mxcheck_cache_unref)}, Cache)
end

return mxcheck
