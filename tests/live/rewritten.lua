-- Reads what stands in a stream, one such text behind the other with a zero byte
-- at the end of each, and prints the tree that Prosody makes of it, with the same.
package.path = "/usr/lib/prosody/?.lua;" .. package.path
package.cpath = "/usr/lib/prosody/?.so;" .. package.cpath
local new_stream = require "util.xmppstream".new

-- Prosody gives the language of the stream to each stanza without one.
local LANGUAGE = "of-the-stream"
local HEADER = "<stream:stream xmlns='jabber:server' xml:lang='" .. LANGUAGE .. "' xmlns:stream='http://etherx.jabber.org/streams'>"

-- A namespace that is not told is the one around it.
local function dump(tag, around, out)
	local ns = tag.attr.xmlns or around
	out[#out + 1] = "<" .. ns .. " " .. tag.name .. "\n"
	local lines = {}
	for name, value in pairs(tag.attr) do
		if name ~= "xmlns" and value ~= LANGUAGE then
			lines[#lines + 1] = " " .. name .. '="' .. value .. '"\n'
		end
	end
	table.sort(lines)
	out[#out + 1] = table.concat(lines) .. ">"
	for _, child in ipairs(tag) do
		if type(child) == "table" then
			dump(child, ns, out)
		else
			out[#out + 1] = child
		end
	end
	out[#out + 1] = "</>"
end

local function tree(text)
	local out = {}
	local callbacks = {
		default_ns = "jabber:server",
		streamopened = function(session) session.notopen = nil end,
		streamclosed = function() end,
		error = function(_, why) out[#out + 1] = "ERROR " .. tostring(why) end,
		handlestanza = function(_, stanza) dump(stanza, "jabber:server", out) end,
	}
	local stream = new_stream({ notopen = true }, callbacks, 1024 * 1024)
	local ok, why = stream:feed(HEADER .. text)
	if not ok then
		out[#out + 1] = "ERROR " .. tostring(why)
	end
	return table.concat(out)
end

for text in io.read("a"):gmatch("([^\0]*)\0") do
	io.write(tree(text), "\0")
end
