# Scripted attackers around a running bridge: skipped where the real servers are not installed.

enjamb_tests += %D%/b-identity.py

LONG_TESTS += %D%/a-link.py
LONG_TESTS += %D%/a-xml.py
LONG_TESTS += %D%/b-silence.py
LONG_TESTS += %D%/c-tls.py
LONG_TESTS += %D%/d-descriptors.py
LONG_TESTS += %D%/d-dialling.py
LONG_TESTS += %D%/d-floods.py
LONG_TESTS += %D%/e-dns.py
LONG_TESTS += %D%/e-tarpit.py
LONG_TESTS += %D%/f-acknowledged.py
LONG_TESTS += %D%/f-failures.py
LONG_TESTS += %D%/f-link.py
LONG_TESTS += %D%/f-memory.py
LONG_TESTS += %D%/f-reload.py
LONG_TESTS += %D%/x-beyond.py

check_LTLIBRARIES += %D%/failing-malloc.la
%C%_failing_malloc_la_SOURCES = %D%/failing-malloc.c
%C%_failing_malloc_la_LDFLAGS = -module -avoid-version -rpath $(abs_builddir)

hostile_modules =
hostile_modules += %D%/arena.py
hostile_modules += %D%/canary.py
hostile_modules += %D%/certs.py
hostile_modules += %D%/dark.py
hostile_modules += %D%/flood.py
hostile_modules += %D%/invariants.py
hostile_modules += %D%/law.py
hostile_modules += %D%/names.py
hostile_modules += %D%/peer.py
hostile_modules += %D%/places.py
hostile_modules += %D%/runner.py
hostile_modules += %D%/scanner.py
hostile_modules += %D%/twin.py

EXTRA_DIST += %D%/README %D%/b-identity.py $(hostile_modules)
