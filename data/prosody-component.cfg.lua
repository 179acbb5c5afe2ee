-- The subdomain is enjamb's: Prosody hands local traffic to it over this
-- component link and leaves the rest of the world to it.
Component "bridge.example.com"
	component_secret = "change me"
	-- enjamb federates this domain itself.
	modules_disabled = { "s2s" }
	-- After a half-open link the new connection gets in at once.
	component_conflict_resolve = "kick_old"
