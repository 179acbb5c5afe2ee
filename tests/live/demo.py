#!/usr/bin/python3
"""What data/quickstart demo shows: real messages through the bridge.

With --keep the laboratory goes on running, and the addresses, accounts and
commands to try are printed.
"""

import os
import re
import sys

import tap
import waiting
from bridge import find_program
from lab import ECHO, LOCAL, RELAY, REMOTE, Lab, escaped, missing_packages
from prosody import PASSWORD

JULIET = "juliet@" + LOCAL
ROMEO = "romeo@" + REMOTE

KEEP = """
The laboratory goes on running. All of it is on loopback, its files are in
{folder}

  Prosody A ({local})      clients {a.address}:{a.c2s}
  Prosody B ({remote})   clients {b.address}:{b.c2s}
  enjamb                       S2S {bridge.address}:{bridge.s2s}, log {bridge.process.log_path}
  DNS                          {dns.address}:{dns.port}

  accounts   {juliet} and {romeo}, password {password}, plain login without TLS
  try        a message from {juliet} to {echo}
             a message from {juliet} to {to_romeo}
             a message from {romeo} to {to_juliet}
  look       {ctl} --config {bridge.conf} status
             (or: streams, routes, check, ping {relay} {remote})
             dig @{dns.address} -p {dns.port} SRV _xmpp-server._tcp.{relay}
             prosodyctl --config {b.conf} shell s2s show
             kill -HUP {bridge.process.pid}    (enjamb reads {bridge.conf} again)
  stop       kill {pids}; rm -r {folder}
"""


def travel(title, sender, to, body, receiver):
    """Sends a message and prints it as it was sent and as it arrived."""
    sender.send(to, body)
    message = receiver.wait_message(body)
    print("%s\n    %s -> %s\n    arrived as %s -> %s\n    \"%s\"\n" % (
        title, sender.jid, to, message["from"], message["to"], message["body"]), flush=True)
    return message


def messages(lab):
    juliet, romeo = lab.juliet(), lab.romeo()
    message = travel("local to remote, by the relay", juliet, escaped(ROMEO, RELAY),
                     "O Romeo, Romeo! wherefore art thou Romeo?", romeo)
    travel("remote to local, the answer", romeo, str(message["from"]),
           "I take thee at thy word", juliet)
    travel("local user to echo and back, over the component link", juliet, ECHO,
           "How cam'st thou hither?", juliet)
    travel("remote user to echo and back, over S2S", romeo, ECHO,
           "With love's light wings", romeo)


def pings(lab):
    for client in (lab.juliet(), lab.romeo()):
        for address in (RELAY, ECHO):
            answer = client.ping(address)
            tap.equal(answer, True, "%s pings %s" % (client.bare, address))
            print("ping   %s -> %s: pong" % (client.bare, address), flush=True)


def authenticated(lab, domain):
    """The streams, as "FROM->TO", that Prosody B's log says are good for that domain.  What enjamb
    has to say for both of its domains goes over one stream (XEP-0220 2.6)."""
    return re.findall(r"connection (\S+) is now authenticated for %s\b" % re.escape(domain),
                      lab.b.process.log())


def streams(lab):
    """Each live stream: how it is encrypted and authenticated, told by both ends."""
    for domain in (RELAY, ECHO):
        waiting.until(lambda: len(authenticated(lab, domain)) >= 2, "both ways with " + domain)
    print("\nstreams as enjamb sees them (its log)")
    for line in waiting.until(lambda: lab.bridge.streams(REMOTE), "enjamb's streams"):
        print("    " + line)
    print("\nstreams as Prosody B's shell shows them now (prosodyctl shell s2s show;\n"
          "its column Dialback tells only of the streams that Prosody opened)")
    for line in lab.b.shell("s2s show").splitlines():
        print("    " + line)
    print("\nthe same streams in Prosody B's own log")
    for source, target, tls, how in dict.fromkeys(lab.b.streams(REMOTE)):
        good = [domain for domain in (RELAY, ECHO)
                if "%s->%s" % (source, target) in authenticated(lab, domain)]
        print("    %s -> %s: %s, %s, good for %s" % (source, target, tls, how, " and ".join(good)))
        tap.true(tls in ("TLSv1.2", "TLSv1.3") and how == "dialback" and good,
                 "TLS and dialback")
    print(flush=True)


def keep_running(lab):
    for client in lab.clients:
        client.logout()
    print(KEEP.format(
        folder=lab.folder, a=lab.a, b=lab.b, dns=lab.dns, bridge=lab.bridge, local=LOCAL,
        remote=REMOTE, relay=RELAY, echo=ECHO, juliet=JULIET, romeo=ROMEO, password=PASSWORD,
        ctl=find_program("enjambctl"), to_romeo=escaped(ROMEO, RELAY),
        to_juliet=escaped(JULIET, RELAY),
        pids=" ".join(str(process.pid) for process in lab.processes)), flush=True)
    # Past the `with` block, which would stop it all.
    os._exit(0)


def main():
    keep = sys.argv[1:] == ["--keep"]
    missing = missing_packages()
    if missing:
        sys.exit("not installed: " + ", ".join(missing))
    with Lab(outlive=keep) as lab:
        print("Prosody A is %s with the components %s and %s,\nProsody B is %s, enjamb stands "
              "between; DNS and all of them on loopback.\n" % (LOCAL, RELAY, ECHO, REMOTE))
        try:
            messages(lab)
            pings(lab)
            streams(lab)
        except Exception:
            print(lab.tails())
            raise
        if keep:
            keep_running(lab)
    print("All is stopped and tidied up.")


if __name__ == "__main__":
    main()
