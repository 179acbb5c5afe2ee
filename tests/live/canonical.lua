-- Prints the form that Prosody gives each domain that comes on standard input,
-- one on a line; "-" for those that it refuses.
package.path = "/usr/lib/prosody/?.lua;" .. package.path
package.cpath = "/usr/lib/prosody/?.so;" .. package.cpath
local prep = require "util.jid".prep

for line in io.lines() do
	print(prep(line) or "-")
end
