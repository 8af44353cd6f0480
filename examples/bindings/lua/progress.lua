-- SPDX-License-Identifier: BSD-2-Clause
-- progress.lua FILE [NAME=VALUE ...]: checks a list of addresses, one a line, a hundred at a time, with progress on standard
-- error. It ends with 1 where one is rejected, 2 where one could not be decided.
local mxcheck = require("mxcheck")
if not arg[1] then
    io.stderr:write("usage: progress.lua FILE [NAME=VALUE ...]\n")
    os.exit(64)
end
local options, addresses, results = {}, {}, {}
for i = 2, #arg do
    local name, value = arg[i]:match("^([^=]+)=(.*)$")
    options[name or arg[i]] = value or ""
end
for line in io.lines(arg[1]) do
    if line ~= "" and line:sub(1, 1) ~= "#" then addresses[#addresses + 1] = line end
end
local ctx = assert(mxcheck.context(options))
local started, done, found = 0, 0, {}
while done < #addresses do
    while started < #addresses and started - done < 100 do
        started = started + 1
        local place = started
        assert(ctx:start("rcpt", addresses[place], function(result)
            results[place] = result
            done = done + 1
        end))
    end
    assert(ctx:wait(-1))
    ctx:dispatch()
    io.stderr:write(("\r%d of %d"):format(done, #addresses))
end
io.stderr:write("\n")
for i, result in ipairs(results) do
    print(("%s\t%s\t%s"):format(addresses[i], result.verdict, result.reason))
    found[result.verdict] = true
end
os.exit(found.reject and 1 or found.defer and 2 or 0)
