# Real servers and clients on loopback: skipped where they are not installed.

live_tests =
live_tests += %D%/00-lab.py
live_tests += %D%/01-link-echo.py
live_tests += %D%/02-s2s-echo.py
live_tests += %D%/03-relay.py
live_tests += %D%/04-about.py
live_tests += %D%/05-plain-optional.py
live_tests += %D%/06-srv.py
live_tests += %D%/07-stock-prosody.py
live_tests += %D%/08-names.py
live_tests += %D%/10-daemon.py
live_tests += %D%/11-link.py
live_tests += %D%/12-slices.py
live_tests += %D%/14-demo.py
live_tests += %D%/15-parsers.py
live_tests += %D%/16-succession.py
live_tests += %D%/17-crash.py
live_tests += %D%/18-restart.py
live_tests += %D%/19-systemd.py
live_tests += %D%/30-control.py
live_tests += %D%/31-check.py
live_tests += %D%/32-hosted.py
live_tests += %D%/35-commands.py
live_tests += %D%/36-metrics.py
live_tests += %D%/33-libstrophe.py
live_tests += %D%/34-biboumi.py
live_tests += %D%/39-links.py
live_tests += %D%/40-standby.py
live_tests += %D%/42-hosted-standby.py

LONG_TESTS += %D%/09-restart.py
LONG_TESTS += %D%/13-matrix.py
LONG_TESTS += %D%/37-package.py
LONG_TESTS += %D%/41-instances.py
LONG_TESTS += %D%/38-walk.py
# A minute of it; the rest by make soak.
LONG_TESTS += %D%/90-soak.py
LONG_TESTS += %D%/91-idle.py

# Ten minutes, or make soak SECONDS=60.
SECONDS = 600
soak: all
	SOAK_SECONDS=$(SECONDS) $(PYTHON3) -B $(srcdir)/%D%/90-soak.py
.PHONY: soak

live_modules =
live_modules += %D%/answerer.py
live_modules += %D%/authority.py
live_modules += %D%/bridge.py
live_modules += %D%/cells.py
live_modules += %D%/client.py
live_modules += %D%/demo.py
live_modules += %D%/ejabberd.py
live_modules += %D%/hosted.py
live_modules += %D%/house.py
live_modules += %D%/intruder.py
live_modules += %D%/ircserver.py
live_modules += %D%/kinds.py
live_modules += %D%/lab.py
live_modules += %D%/ledger.py
live_modules += %D%/linktap.py
live_modules += %D%/load.py
live_modules += %D%/loadpeer.py
live_modules += %D%/machine.py
live_modules += %D%/manager.py
live_modules += %D%/matrix.py
live_modules += %D%/matrixlab.py
live_modules += %D%/nameserver.py
live_modules += %D%/namespaces.py
live_modules += %D%/pinger.py
live_modules += %D%/ports.py
live_modules += %D%/process.py
live_modules += %D%/prosody.py
live_modules += %D%/rawpeer.py
live_modules += %D%/surepeer.py
live_modules += %D%/tap.py
live_modules += %D%/threelab.py
live_modules += %D%/twoways.py
live_modules += %D%/unit.py
live_modules += %D%/waiting.py
live_modules += %D%/zone.py

check_PROGRAMS += %D%/canonical
%C%_canonical_SOURCES = %D%/canonical.c
check_PROGRAMS += %D%/rewritten
%C%_rewritten_SOURCES = %D%/rewritten.c

# What 13-matrix.py found.
CLEANFILES += MATRIX
# What 36-metrics.py saw, where $ARTIFACTS does not say where it goes.
CLEANFILES += status-page.png

enjamb_tests += $(live_tests)
EXTRA_DIST += $(live_tests) $(live_modules) %D%/answerer.c %D%/canonical.lua %D%/rewritten.lua
