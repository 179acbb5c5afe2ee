#!/usr/bin/python3
"""Administrators ask and act over XMPP, from both sides, with a client that knows nothing of us."""

import calendar
import os
import time

from lab import ECHO, LOCAL, RELAY, REMOTE, Lab, escaped
from tap import equal, run, test, true

COMMANDS = "http://jabber.org/protocol/commands"
BLACKLIST = "http://jabber.org/protocol/admin#edit-blacklist"
ROMEO = escaped("romeo@" + REMOTE, RELAY)
JULIET = escaped("juliet@" + LOCAL, RELAY)
NODES = ["urn:enjamb:status", "urn:enjamb:streams", "urn:enjamb:close", "urn:enjamb:reload",
         "urn:enjamb:block", "urn:enjamb:unblock", BLACKLIST]
PATIENCE = 90


class Administered(Lab):
    """Juliet and romeo may give commands, the nurse may not."""

    def __init__(self):
        super().__init__()
        self.began = time.monotonic()
        self.a.account("nurse")
        self.bridge.groups["control"].update({
            "admins": "juliet@%s;romeo@%s" % (LOCAL, REMOTE),
            "contact-admin": "mailto:admin@example.com"})
        self.state = os.path.join(self.folder, "state")
        os.mkdir(self.state)
        self.bridge.process.env["STATE_DIRECTORY"] = self.state

    def login(self, jid, tls=False):
        client = super().login(jid, tls)
        for plugin in ("xep_0004", "xep_0012", "xep_0050", "xep_0128", "xep_0202"):
            client.xmpp.register_plugin(plugin)
        return client

    def nurse(self):
        return self._once("nurse@%s/kitchen" % LOCAL)


def give(client, node, values=None, address=RELAY):
    """The answer to a command, and to its form, as slixmpp understands it."""
    answer = step(client, node, address)
    if values is None or answer["type"] == "error":
        return answer
    equal(answer["command"]["status"], "executing", "status of " + node)
    true("complete" in answer["command"]["actions"], answer["command"]["actions"])
    form = client.xmpp["xep_0004"].make_form(ftype="submit")
    for name, value in values.items():
        form.add_field(var=name, value=value,
                       ftype="jid-multi" if isinstance(value, list) else None)
    return step(client, node, address, "complete", answer["command"]["sessionid"], form)


def step(client, node, address, action="execute", session=None, form=None):
    iq = client.xmpp.make_iq_set(ito=address)
    iq["command"]["node"] = node
    iq["command"]["action"] = action
    if session:
        iq["command"]["sessionid"] = session
    if form:
        iq["command"].append(form)
    return client.request(iq)


def fields(form):
    return form.get_fields(use_dict=True)


def note(answer):
    equal(answer["command"]["status"], "completed", "status")
    return answer["command"]["notes"][0]


def meet(lab, body):
    """A message each way."""
    lab.juliet().send(ROMEO, body)
    lab.romeo().wait_message(body, seconds=PATIENCE)
    lab.romeo().send(JULIET, body + " too")
    lab.juliet().wait_message(body + " too", seconds=PATIENCE)


@test("administrators of both sides find the commands", proves="V08")
def find(lab):
    for client in (lab.juliet(), lab.romeo()):
        for address in (RELAY, ECHO):
            features = client.request(disco_info(client, address))["disco_info"]["features"]
            true(COMMANDS in features, features)
            iq = client.xmpp.make_iq_get(ito=address)
            iq["disco_items"]["node"] = COMMANDS
            items = client.request(iq)["disco_items"]["items"]
            equal({item[1] for item in items}, set(NODES), "nodes")
            equal({str(item[0]) for item in items}, {address}, "addresses")


def disco_info(client, address, node=None):
    iq = client.xmpp.make_iq_get(ito=address)
    iq.enable("disco_info")
    if node:
        iq["disco_info"]["node"] = node
    return iq


@test("others find none, and are forbidden what they guess", proves="V08 V10")
def forbidden(lab):
    nurse = lab.nurse()
    iq = nurse.xmpp.make_iq_get(ito=RELAY)
    iq["disco_items"]["node"] = COMMANDS
    equal(nurse.request(iq)["disco_items"]["items"], set(), "items")
    for node in NODES:
        equal(give(nurse, node)["error"]["condition"], "forbidden", node)
        equal(nurse.request(disco_info(nurse, RELAY, node))["error"]["condition"], "forbidden",
              "discovery of " + node)


@test("status is a form that a client can show")
def status(lab):
    for client in (lab.juliet(), lab.romeo()):
        answer = give(client, "urn:enjamb:status")
        equal(answer["command"]["status"], "completed", "status")
        values = answer["command"]["form"]["values"]
        equal(values["links-up"], "2", "links that are up")
        equal(values["missing"], "0", "stanzas not accounted for")
        true(int(values["accepted"]) > 0, values)
        true(RELAY in values["certificates"], values["certificates"])


@test("streams are listed, all or of one domain, under the names of the log")
def streams(lab):
    meet(lab, "list us")
    every = give(lab.juliet(), "urn:enjamb:streams", {"after": "0"})["command"]["form"]["items"]
    some = give(lab.juliet(), "urn:enjamb:streams",
                {"domain": REMOTE})["command"]["form"]["items"]
    true(some and len(every) > len(some), every)
    for stream in some:
        equal(stream["remote"], REMOTE, "remote")
        equal(stream["state"], "up", "state")
        true(stream["tls"].startswith("TLS"), stream)
        true(lab.bridge.process.line(r"\b%s\b" % stream["name"]), stream["name"])
    none = give(lab.juliet(), "urn:enjamb:streams", {"domain": "nobody.example"})
    equal(none["command"]["form"]["items"], [], "streams of nobody")
    bad = give(lab.juliet(), "urn:enjamb:streams", {"domain": "a b"})
    equal(bad["error"]["condition"], "bad-request", "condition")


def names(lab):
    """Of the streams with the remote domain: the log may leave out lines where many come."""
    items = give(lab.juliet(), "urn:enjamb:streams",
                 {"domain": REMOTE})["command"]["form"]["items"]
    return {stream["name"] for stream in items if stream["state"] == "up"}


@test("a pair is closed, and comes back when it is needed")
def close(lab):
    old = names(lab)
    nobody = {"local": RELAY, "remote": "nobody.example"}
    equal(note(give(lab.juliet(), "urn:enjamb:close", nobody)),
          ("info", "0 streams are being closed"), "note")
    kind, text = note(give(lab.juliet(), "urn:enjamb:close", {"local": "*", "remote": REMOTE}))
    equal(kind, "info", text)
    true(int(text.split()[0]) > 0, text)
    meet(lab, "here again")
    new = names(lab)
    true(old and new and not old & new, (old, new))


@test("what is asked for and left is canceled")
def cancel(lab):
    juliet = lab.juliet()
    session = step(juliet, "urn:enjamb:block", RELAY)["command"]["sessionid"]
    answer = step(juliet, "urn:enjamb:block", RELAY, "cancel", session)
    equal(answer["command"]["status"], "canceled", "status")
    equal(step(juliet, "urn:enjamb:block", RELAY, "cancel", session)["error"]["condition"],
          "not-allowed", "canceled twice")


@test("a reload is done, or tells each fault")
def reload(lab):
    since = lab.bridge.process.mark()
    equal(note(give(lab.romeo(), "urn:enjamb:reload")), ("info", "reloaded"), "note")
    lab.bridge.process.wait_line(r"\breloaded\b", since)
    lab.bridge.process.wait_line(r"romeo@%s/orchard gives the command urn:enjamb:reload" % REMOTE,
                                 since)
    good = lab.bridge.groups["log"]["level"]
    lab.bridge.groups["log"]["level"] = "loud"
    lab.bridge.write()
    kind, text = note(give(lab.juliet(), "urn:enjamb:reload"))
    equal(kind, "error", text)
    true("level" in text and "loud" in text, text)
    lab.bridge.groups["log"]["level"] = good
    lab.bridge.write()


def assert_blocked(lab, body):
    ident = lab.juliet().send(ROMEO, body)
    equal(lab.juliet().wait_error(ident, PATIENCE), ("cancel", "not-allowed"), "to romeo")
    ident = lab.romeo().send(JULIET, body)
    lab.romeo().wait_error(ident, PATIENCE)


@test("a domain is blocked: streams end, and over a reload and a restart none comes up")
def block(lab):
    juliet = lab.juliet()
    meet(lab, "still here")
    bad = give(juliet, "urn:enjamb:block", {"domain": "a b"})
    equal(bad["error"]["condition"], "bad-request", "condition")
    equal(note(give(juliet, "urn:enjamb:block", {"domain": LOCAL}))[0], "error", "ours")
    equal(note(give(juliet, "urn:enjamb:block", {"domain": "Remote.Example"})),
          ("info", "blocked Remote.Example"), "note")
    assert_blocked(lab, "blocked")
    lab.bridge.reload()
    assert_blocked(lab, "after a reload")
    lab.bridge.process.stop()
    lab.bridge.start()
    assert_blocked(lab, "after a restart")
    equal(give(juliet, "urn:enjamb:status")["command"]["form"]["values"]["blocked"], REMOTE,
          "blocked")
    with open(os.path.join(lab.state, "blocked"), encoding="utf-8") as kept:
        equal(kept.read(), REMOTE + "\n", "what is kept")


@test("and unblocked: they meet again")
def unblock(lab):
    juliet = lab.juliet()
    form = step(juliet, "urn:enjamb:unblock", RELAY)["command"]["form"]
    equal([option["value"] for option in fields(form)["domain"]["options"]], [REMOTE],
          "what can be unblocked")
    equal(note(give(juliet, "urn:enjamb:unblock", {"domain": REMOTE})),
          ("info", "unblocked " + REMOTE), "note")
    meet(lab, "met again")
    equal(note(give(juliet, "urn:enjamb:unblock", {"domain": REMOTE})),
          ("error", REMOTE + " is not blocked"), "note")


@test("the list is edited under its registered name", proves="V10")
def blacklist(lab):
    juliet = lab.juliet()
    some = ["*.bad.example", "worse.example"]
    answer = give(juliet, BLACKLIST, {"blacklistjids": some})
    equal(answer["command"]["status"], "completed", "status")
    form = step(juliet, BLACKLIST, RELAY)["command"]["form"]
    equal(fields(form)["FORM_TYPE"]["value"], ["http://jabber.org/protocol/admin"], "type")
    equal(fields(form)["blacklistjids"]["value"], some, "the list")
    answer = give(juliet, BLACKLIST, {"blacklistjids": []})
    equal(answer["command"]["status"], "completed", "status")
    meet(lab, "nothing happened")


@test("a client asks for uptime, time and contacts in its own words", proves="V05 V06 V07")
def about(lab):
    for client in (lab.juliet(), lab.romeo()):
        iq = client.xmpp.make_iq_get(ito=RELAY)
        iq.enable("last_activity")
        seconds = client.request(iq)["last_activity"]["seconds"]
        true(0 <= seconds <= time.monotonic() - lab.began, seconds)
        iq = client.xmpp.make_iq_get(ito=RELAY)
        iq.enable("entity_time")
        told = client.request(iq)["entity_time"].xml.findtext("{urn:xmpp:time}utc")
        true(abs(calendar.timegm(time.strptime(told, "%Y-%m-%dT%H:%M:%SZ")) - time.time())
             < PATIENCE, told)
        info = client.request(disco_info(client, RELAY))["disco_info"]
        equal(info["form"]["values"]["admin-addresses"], ["mailto:admin@example.com"], "contact")


if __name__ == "__main__":
    run(Administered)
