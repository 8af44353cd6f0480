-- SPDX-License-Identifier: BSD-2-Clause
-- test.lua: the LuaJIT binding over a real name server, with a collector that runs all the time.
local mxcheck = require("mxcheck")
local upstream = os.getenv("MXCHECK_TEST_UPSTREAM")
local good, absent, silent = "u@ok-mx.mx.example", "u@nxdomain.mx.example", "u@to-all.f.mx.example"

collectgarbage("setpause", 10)
collectgarbage("setstepmul", 1000)

local function context(options)
    options = options or {}
    options.upstreams = options.upstreams or upstream
    return assert(mxcheck.context(options))
end

local stories = {}

function stories.every_function_of_the_header_is_there()
    local file = assert(io.open(os.getenv("MXCHECK_HEADER")))
    local header = file:read("*a"):gsub("/%*.-%*/", "")
    file:close()
    local ffi, count = require("ffi"), 0
    local library = ffi.load(os.getenv("MXCHECK_LIBRARY"))
    for declaration in header:gmatch("MXCHECK_API([^;]*);") do
        local name = declaration:match("(mxcheck_[%w_]+)%(")
        if name then -- not the definition of the macro itself
            assert(pcall(function() return library[name] end), name)
            count = count + 1
        end
    end
    assert(count > 60, count)
end

function stories.a_result_tells_all_and_outlives_its_context()
    local ctx = context({depth = "targets", ["forbidden-networks"] = "none"})
    local result = assert(ctx:check_rcpt(good))
    assert(result.verdict == "accept" and result.reason == "mx" and result.role == "rcpt")
    assert(ctx:check_rcpt(good).is_cached and ctx:stats().hits == 1)
    ctx:close()
    collectgarbage()
    assert(result:reply("ID") == "250 2.1.5 ID recipient ok")
    assert(result.address == good and result.domain == "ok-mx.mx.example" and result.smtp_code == 250)
    assert(#result.mx > 0 and #result.mx[1].addresses > 0 and result.ttl > 0)
    assert(result:json("ID"):find('"reply":"250 2.1.5 ID recipient ok"', 1, true))
end

local function kit_context(kit, option)
    local options = {file = kit .. "/kit.conf", ["test-zone"] = kit .. "/kit.zone"}
    local name, value = option:match("^([^=]+)=(.*)$")
    if name then options[name] = value end
    return assert(mxcheck.context(options))
end

local function octets_of(case)
    if case.address then return case.address end
    return (case.address_hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

function stories.every_case_comes_to_what_the_kit_says()
    local kit, json, contexts, count = os.getenv("MXCHECK_CONFORMANCE"), require("cjson"), {}, 0
    for line in io.lines(kit .. "/cases.jsonl") do
        local case = json.decode(line)
        if case.id then
            contexts[case.options] = contexts[case.options] or kit_context(kit, case.options)
            local result = assert(contexts[case.options]:check(case.role, octets_of(case)))
            for _, field in ipairs({"verdict", "reason", "smtp_code", "enhanced_code"}) do
                assert(result[field] == case[field], line)
            end
            assert(result:reply("ID") == case.reply, line)
            count = count + 1
        end
    end
    assert(count > 400)
end

function stories.texts_have_lengths()
    local ctx = context()
    local result = ctx:check_rcpt("u@ok-mx.mx.example\0.evil")
    assert(result.reason == "bad-address" and #result.address == 24)
    assert(ctx:check_sender("").reason == "null-sender")
    assert(ctx:check_rcpt("nxdomain.mx.example", {domain = true}).reason == "no-such-domain")
    local results = ctx:check_rcpts({good, absent})
    assert(#results == 2 and results[1].verdict == "accept" and results[2].verdict == "reject")
end

function stories.errors_are_no_verdicts()
    local ctx, text, word = mxcheck.context({timeout = "soon"})
    assert(ctx == nil and text:find("timeout") and word == "option")
    local result, _, status = context():check_rcpt(good, {cached = true})
    assert(result == nil and status == "not-cached")
    assert(context({timeout = "600s"}):check_rcpt(silent, {timeout_ms = 50}).reason == "dns-timeout")
end

function stories.callbacks_come_from_dispatch()
    local ctx, heard = context({timeout = "600s"}), {}
    for i = 1, 200 do
        assert(ctx:start("rcpt", i % 2 == 0 and good or absent, function(result) heard[i] = result.verdict end))
    end
    local never = assert(ctx:start("rcpt", silent, function() error("cancelled checks are silent") end))
    while ctx:pending() > 1 do
        assert(ctx:wait(-1))
        ctx:dispatch()
    end
    assert(#heard == 200 and heard[1] == "reject" and heard[200] == "accept")
    assert(ctx:cancel(never) and not ctx:cancel(never) and ctx:pending() == 0)
    ctx:start("rcpt", silent, function() error("a closed context calls nobody") end)
    assert(ctx:fd() >= 0)
    ctx:close()
end

function stories.caches_and_logs_are_shared()
    local lines, cache = {}, assert(mxcheck.cache(1048576))
    local one = context({cache = cache, log = function(_, line) lines[#lines + 1] = line end})
    local other = context({cache = cache})
    one:check_rcpt(good)
    assert(other:check_rcpt(good).is_cached and #lines == 1)
    cache:flush()
    assert(not other:check_rcpt(good).is_cached and one:cache())
    one:close()
    assert(not mxcheck.shared_cache("/nowhere/at/all", 1048576))
    assert(mxcheck.options().timeout.default == "8s" and mxcheck.reasons().mx.verdict == "accept")
end

local count = 0
for name, story in pairs(stories) do
    local is_good, why = xpcall(story, debug.traceback)
    if not is_good then
        io.stderr:write(name, ": ", tostring(why), "\n")
        os.exit(1)
    end
    count = count + 1
end
print(count .. " stories hold")
