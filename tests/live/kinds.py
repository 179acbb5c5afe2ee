"""The kinds of domains that the matrix is played with.

THEIRS are on each of the servers, OURS on enjamb.  A stream is for one pair
of domains, so that what differs between two cells differs between domains.
"""

from collections import namedtuple

from authority import LAST_YEAR, SERVER_ONLY

# Who issues the certificate, and what is wrong with it.  "self" is nobody.
CERTIFICATES = {
    "common": {},
    "stranger": {},
    "expired": {"dates": LAST_YEAR},
    "other": {"names": ["elsewhere.example"]},
    "server": {"usage": SERVER_ONLY},
}

# `dns`: plain, six (IPv6 only), dead (a first target where nobody listens), direct (TLS
# at once, nothing else), shared (where "first" is), signed (with a record that fits),
# bogus (with one that does not).
# `peer`: what enjamb is told about it; `prosody`, `ejabberd`: what those do otherwise.
Kind = namedtuple("Kind", "certificate dns peer prosody ejabberd",
                  defaults=("plain", {}, "", {}))

STRICT = {"authentication": "certificate"}

THEIRS = {
    "plain": Kind("self", peer={"encryption": "optional"},
                  prosody="s2s_allow_encryption = false\n", ejabberd={"s2s_use_starttls": False}),
    "self": Kind("self"),
    "six": Kind("self", dns="six"),
    "dead": Kind("self", dns="dead"),
    "restarted": Kind("self"),
    "good": Kind("common"),
    "refusing": Kind("common"),
    "direct": Kind("common", dns="direct"),
    "both-in": Kind("common", prosody='modules_enabled = { "s2s_bidi" }\n'),
    "both-out": Kind("common", prosody='modules_enabled = { "s2s_bidi" }\n'),
    "acks": Kind("common", prosody='modules_enabled = { "smacks" }\n'),
    "first": Kind("self"),
    "second": Kind("self", dns="shared"),
    "stranger": Kind("stranger"),
    "expired": Kind("expired"),
    "other": Kind("other"),
    "server": Kind("server"),
    "strict-stranger": Kind("stranger", peer=STRICT),
    "strict-expired": Kind("expired", peer=STRICT),
    "strict-other": Kind("other", peer=STRICT),
    "strict-server": Kind("server", peer=STRICT),
    "for-stranger": Kind("common"),
    "for-expired": Kind("common"),
    "for-other": Kind("common"),
    "for-server": Kind("common"),
    "dane": Kind("self", dns="signed", peer=STRICT),
    "bogus": Kind("self", dns="bogus", peer=STRICT),
}

OURS = {
    "self": Kind("self"),
    "second": Kind("self"),
    "six": Kind("self", dns="six"),
    "dead": Kind("self", dns="dead"),
    "good": Kind("common"),
    "direct": Kind("common", dns="direct"),
    "stranger": Kind("stranger"),
    "expired": Kind("expired"),
    "other": Kind("other"),
    "server": Kind("server"),
    "dane": Kind("self", dns="signed"),
}
