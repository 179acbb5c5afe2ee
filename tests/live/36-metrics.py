#!/usr/bin/python3
"""Metrics and the status page: fetched, read by a library of others, seen in a real browser."""

import http.client
import importlib.util
import json
import os
import re
import resource
import shutil
import socket
import subprocess

import waiting
from lab import ECHO, LOCAL, RELAY, REMOTE, SOURCE, Lab
from tap import Skip, equal, run, say, skip_all, test, true

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

# Answers of peers and strangers that libsoup has to live with.
JUNK = (
    b"\0" * 2000, b"GET", b"GET / HTTP/9.9\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /%00%zz?after=%ff%fe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: \xc3\x28\r\n\r\n", b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", b"GET http://[/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 300000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999999999999\r\n\r\nx",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes=" + b"0-1," * 5000 + b"1-2\r\n\r\n",
    b"CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
)


class Watched(Lab):
    """The laboratory, with a bridge that can be looked at."""

    def __init__(self):
        super().__init__()
        self.port = self.network.port(self.bridge.address, 9115)
        self.bridge.groups["metrics"] = {"listen": "%s:%d" % (self.bridge.address, self.port)}

    def start(self):
        super().start()
        if self.bridge.process.line("built without libsoup"):
            self.__exit__(None, None, None)
            skip_all("enjamb was built without libsoup")

    @property
    def base(self):
        return "http://%s:%d" % (self.bridge.address, self.port)

    def fetch(self, path, method="GET", host=None):
        """Status, headers and text."""
        connection = http.client.HTTPConnection(self.bridge.address, self.port, timeout=60)
        connection.request(method, path, headers={"Host": host} if host else {})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8")
        connection.close()
        return answer.status, answer.headers, text

    def sample(self, name):
        """The value of one sample of the metrics."""
        found = re.search("^%s (.*)$" % re.escape(name), self.fetch("/metrics")[2], re.MULTILINE)
        true(found, name + " is among the metrics")
        return float(found.group(1))


def talk(lab):
    """A message each way through the relay and the echo, so that there is something to see."""
    lab.romeo().send(ECHO, "round")
    lab.romeo().wait_message("round", ECHO)
    lab.juliet().send("romeo\\40%s@%s" % (REMOTE, RELAY), "over")
    lab.romeo().wait_message("over")


@test("metrics are OpenMetrics as a library of others reads it")
def parsed(lab):
    talk(lab)
    status, headers, text = lab.fetch("/metrics")
    equal((status, headers["Content-Type"]),
          (200, "application/openmetrics-text; version=1.0.0; charset=utf-8"), "answer")
    true(text.endswith("# EOF\n"), "the end is told")
    if not importlib.util.find_spec("prometheus_client"):
        raise Skip("not installed: python3-prometheus-client")
    from prometheus_client.openmetrics import parser  # it may be missing
    families = {family.name: family for family in parser.text_string_to_metric_families(text)}
    true(len(families) > 20, "%d families" % len(families))
    equal(families["enjamb_route_seconds"].type, "histogram", "type")
    say("%d families, %d samples, %d bytes" % (
        len(families), sum(len(family.samples) for family in families.values()), len(text)))


@test("what goes through is counted, and the law holds")
def counted(lab):
    before = lab.sample("enjamb_stanzas_accepted_total")
    talk(lab)
    waiting.until(lambda: lab.sample("enjamb_stanzas_owned") == 0, "all to come to its end", 60)
    true(lab.sample("enjamb_stanzas_accepted_total") >= before + 2, "accepted")
    equal(lab.sample("enjamb_stanzas_missing"), 0, "missing")
    equal(lab.sample("enjamb_links_up"), 2, "links")
    equal(lab.sample('enjamb_link_up{host="%s"}' % RELAY), 1, "one of them")
    true(lab.sample("enjamb_route_seconds_count") > 0, "routes were measured")
    true(lab.sample("process_resident_memory_bytes") > 1000000, "memory")
    for name in ('encrypted_total{direction="%s",protocol="TLS1.3"}',
                 'authenticated_total{direction="%s",mechanism="dialback"}'):
        true(lab.sample("enjamb_s2s_" + name % "in") > 0 < lab.sample("enjamb_s2s_" + name % "out"),
             name)
    for direction in ("in", "out"):
        for step in ("tls", "authentication", "whole"):
            true(lab.sample('enjamb_s2s_handshake_seconds_count{direction="%s",step="%s"}'
                            % (direction, step)) > 0, direction + " " + step)


@test("what goes back is counted by its condition")
def bounces(lab):
    name = 'enjamb_bounces_total{condition="remote-server-not-found"}'
    before = lab.sample(name)
    lab.juliet().ping("x\\40nowhere.example@" + RELAY)
    equal(lab.sample(name), before + 1, name)


@test("no domain of others is a label")
def labels(lab):
    talk(lab)
    text = lab.fetch("/metrics")[2]
    true(REMOTE not in text and LOCAL not in text.replace(RELAY, "").replace(ECHO, ""),
         "only our own domains are told")


@test("HEAD tells the same without a body; other methods are refused")
def methods(lab):
    status, headers, text = lab.fetch("/metrics", "HEAD")
    equal((status, text), (200, ""), "HEAD")
    true(int(headers["Content-Length"]) > 1000, "length")
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
        status, headers, _text = lab.fetch("/", method)
        equal((status, headers["Allow"]), (405, "GET, HEAD"), method)


@test("names of others are for nobody who comes by a name of his own")
def rebinding(lab):
    equal(lab.fetch("/", host="rebound.example")[0], 403, "another name")
    equal(lab.fetch("/streams", host="localhost.rebound.example:9115")[0], 403, "another name")
    equal(lab.fetch("/", host="localhost:%d" % lab.port)[0], 200, "localhost")
    equal(lab.fetch("/metrics", host="prometheus.example")[0], 200, "metrics")


@test("the page names links, streams and the last failures; nothing comes from elsewhere")
def page(lab):
    talk(lab)
    lab.juliet().ping("x\\40dead.example@" + RELAY)
    status, headers, text = lab.fetch("/")
    equal((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"), "answer")
    true("default-src 'none'" in headers["Content-Security-Policy"], "policy")
    equal(re.findall(r"(?:src|href)=\"(?!/|#)[^\"]*", text), [], "what comes from elsewhere")
    equal([word for word in ("<script", "style=", "onload=") if word in text.lower()], [],
          "scripts and styles within")
    for needed in (RELAY, ECHO, "dead.example", "TLS1.3", "dialback", "Last failures", "<svg "):
        true(needed in text, needed)
    equal(lab.fetch("/peers?after=a")[0], 200, "peers")
    equal(lab.fetch("/streams?after=1")[0], 200, "streams")


def artefact(name):
    """Where a picture is kept: $ARTIFACTS, or the build folder."""
    return os.path.join(os.environ.get("ARTIFACTS")
                        or os.environ.get("G_TEST_BUILDDIR", os.getcwd()), name)


def browse(lab, *options):
    """Chromium's own words about a page, and what it prints."""
    if not CHROMIUM:
        raise Skip("not installed: chromium")
    home = os.path.join(lab.folder, "chromium")
    argv = [CHROMIUM, "--headless=new", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-extensions", "--disable-background-networking",
            "--disable-component-update", "--hide-scrollbars", "--window-size=1280,1800",
            "--user-data-dir=" + home, "--enable-logging=stderr", "--v=0"]
    if os.geteuid() == 0:
        argv.append("--no-sandbox")
    for _ in range(3):
        try:
            return subprocess.run(argv + list(options) + [lab.base + "/"], capture_output=True,
                                  text=True, check=True, timeout=300,
                                  env=dict(os.environ, HOME=lab.folder))
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            # It has its own way to fall, or to stand still, which has nothing to do with the page.
            failed = error
            say("%s\n%s" % (error, str(error.stderr or "")[-2000:]))
            shutil.rmtree(home, ignore_errors=True)
    raise failed


@test("a browser shows the page, and has nothing to complain of")
def browser(lab):
    talk(lab)
    done = browse(lab, "--dump-dom")
    for needed in ("<h1>enjamb</h1>", RELAY, "links up", "Streams: ", "<polyline "):
        true(needed in done.stdout, "%r in the page as the browser has it" % needed)
    said = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    equal(said, [], "what the browser says of the page")


@test("what a browser sees is kept as a picture")
def picture(lab):
    path = artefact("status-page.png")
    browse(lab, "--screenshot=" + path)
    true(os.path.getsize(path) > 10000, "the picture has something in it")
    say("seen: " + path)


@test("every metric that the dashboard shows is there")
def dashboard(lab):
    text = lab.fetch("/metrics")[2]
    names = set(re.findall(r"^([a-z0-9_]+)(?:\{| )", text, re.MULTILINE))
    with open(os.path.join(SOURCE, "data", "grafana-dashboard.json"), encoding="utf-8") as board:
        queries = [target["expr"] for panel in json.load(board)["panels"]
                   for target in panel.get("targets", ())]
    asked = {name for query in queries
             for name in re.findall(r"\b(?:enjamb|process)_[a-z0-9_]+", query)}
    true(len(asked) > 10, "the dashboard asks for %d metrics" % len(asked))
    equal(asked - names, set(), "metrics that are not there")


@test("strangers with nonsense do not stop anything")
def junk(lab):
    for nonsense in JUNK:
        stranger = socket.create_connection((lab.bridge.address, lab.port), timeout=60)
        try:
            stranger.sendall(nonsense)
            stranger.shutdown(socket.SHUT_WR)
            while stranger.recv(65536):
                pass
        except OSError:
            pass
        stranger.close()
    equal(lab.fetch("/metrics")[0], 200, "afterwards")
    talk(lab)


@test("who holds connections open keeps nobody out")
def holders(lab):
    held = [socket.create_connection((lab.bridge.address, lab.port), timeout=60)
            for _ in range(100)]
    equal(lab.fetch("/metrics")[0], 200, "meanwhile")
    for stranger in held:
        stranger.close()


@test("without descriptors it turns lookers away, goes on, and answers again later")
def descriptors(lab):
    pid = lab.bridge.process.pid
    old = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    # However few it has, there are 32 that those who look do not get.
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (32, old[1]))
    for _ in range(50):
        try:
            lab.fetch("/metrics")
        except (http.client.HTTPException, OSError):
            continue
        raise AssertionError("there was an answer")
    talk(lab)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, old)

    def answered():
        try:
            return lab.fetch("/metrics")[0] == 200
        except (http.client.HTTPException, OSError):
            return False
    waiting.until(answered, "metrics again", 60)


if __name__ == "__main__":
    run(Watched)
