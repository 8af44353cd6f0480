-- SPDX-License-Identifier: BSD-2-Clause
-- cost.lua UPSTREAM COUNT: prints "hit_ns=… cold_us=…", the CPU of a blocking check of a domain that is known, or not.
local mxcheck = require("mxcheck")
local hits_each = 20
local upstream, count = arg[1], tonumber(arg[2])
local ctx = assert(mxcheck.context({upstreams = upstream}))

local function expect_accepted(address)
    local result = assert(ctx:check_rcpt(address))
    assert(result.verdict == "accept", address)
end

expect_accepted("u@warm.example")
local started = os.clock()
for i = 1, count do expect_accepted("u@d" .. i .. ".example") end
local cold = os.clock() - started
started = os.clock()
for _ = 1, count * hits_each do expect_accepted("u@warm.example") end
local hit = os.clock() - started
print(("hit_ns=%.0f cold_us=%.1f"):format(hit * 1e9 / (count * hits_each), cold * 1e6 / count))
