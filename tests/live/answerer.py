#!/usr/bin/python3
"""A component as slixmpp's users write one: it answers each message.

answerer.py DOMAIN SECRET HOST PORT [tls|again]

With "again" it connects again when the other side has closed its stream.
"""

import logging
import sys

logging.basicConfig(level=logging.INFO, stream=sys.stdout)

from slixmpp import ComponentXMPP  # noqa: E402


class Answerer(ComponentXMPP):
    def __init__(self, domain, secret, host, port):
        super().__init__(domain, secret, host, port)
        for plugin in ("xep_0030", "xep_0092", "xep_0199"):
            self.register_plugin(plugin)
        self.add_event_handler("message", self.answer)
        self.add_event_handler("session_start", lambda event: print("SERVED", flush=True))

    @staticmethod
    def answer(message):
        if message["type"] in ("chat", "normal"):
            message.reply("heard " + message["body"]).send()


if __name__ == "__main__":
    component = Answerer(*sys.argv[1:5])
    options = sys.argv[5:]
    if "again" in options:
        component.add_event_handler("disconnected", lambda event: component.connect())
    if "tls" in options:
        component.ssl_context.check_hostname = False
        component.ssl_context.verify_mode = 0
    component.connect(use_ssl="tls" in options)
    component.process()
