# The only place that touches the world, the library, and the programs.

noinst_LTLIBRARIES += libcomponent.la
libcomponent_la_LIBADD = libhttpd.la $(GIO_LIBS) $(UNBOUND_LIBS)
libcomponent_la_SOURCES =

# The only part that sees libsoup.
noinst_LTLIBRARIES += libhttpd.la
libhttpd_la_CFLAGS = $(AM_CFLAGS) $(LIBSOUP_CFLAGS)
libhttpd_la_LIBADD = $(LIBSOUP_LIBS)
libhttpd_la_SOURCES = %D%/httpd.c %D%/httpd.h

lib_LTLIBRARIES += libenjamb.la
libenjamb_la_SOURCES =
libenjamb_la_LIBADD = libcomponent.la libprotocol.la
libenjamb_la_LDFLAGS = \
  -version-info 0:0:0 -no-undefined \
  -export-symbols $(top_srcdir)/%D%/libenjamb.sym
libenjamb_la_DEPENDENCIES = libcomponent.la libprotocol.la $(top_srcdir)/%D%/libenjamb.sym
EXTRA_DIST += %D%/libenjamb.sym
libcomponent_la_SOURCES += %D%/about.c %D%/about.h
libcomponent_la_SOURCES += %D%/administration.c %D%/administration.h
libcomponent_la_SOURCES += %D%/blocklist.c %D%/blocklist.h
libcomponent_la_SOURCES += %D%/bridge.c
libcomponent_la_SOURCES += %D%/authorities.c %D%/authorities.h
libcomponent_la_SOURCES += %D%/caller.c %D%/caller.h
libcomponent_la_SOURCES += %D%/certificates.c %D%/certificates.h
libcomponent_la_SOURCES += %D%/check.c %D%/check.h
libcomponent_la_SOURCES += %D%/check-certificate.c %D%/check-certificate.h
libcomponent_la_SOURCES += %D%/check-link.c %D%/check-link.h
libcomponent_la_SOURCES += %D%/check-listener.c %D%/check-listener.h
libcomponent_la_SOURCES += %D%/check-zone.c %D%/check-zone.h
libcomponent_la_SOURCES += %D%/commands.c %D%/commands.h
libcomponent_la_SOURCES += %D%/configuration.c %D%/configuration.h
libcomponent_la_SOURCES += %D%/control.c %D%/control.h
libcomponent_la_SOURCES += %D%/daybook.c %D%/daybook.h
libcomponent_la_SOURCES += %D%/descriptors.c %D%/descriptors.h
libcomponent_la_SOURCES += %D%/dialer.c %D%/dialer.h
libcomponent_la_SOURCES += %D%/dns.c %D%/dns.h
libcomponent_la_SOURCES += %D%/errand.c %D%/errand.h
libcomponent_la_SOURCES += %D%/expiry.c %D%/expiry.h
libcomponent_la_SOURCES += %D%/exposition.c %D%/exposition.h
libcomponent_la_SOURCES += %D%/file.c %D%/file.h
libcomponent_la_SOURCES += %D%/findings.c %D%/findings.h
libcomponent_la_SOURCES += %D%/gate.c %D%/gate.h
libcomponent_la_SOURCES += %D%/gateway.c %D%/gateway.h
libcomponent_la_SOURCES += %D%/hosting.c %D%/hosting.h
libcomponent_la_SOURCES += %D%/hosts.c %D%/hosts.h
libcomponent_la_SOURCES += %D%/json.c %D%/json.h
libcomponent_la_SOURCES += %D%/journal.c %D%/journal.h
libcomponent_la_SOURCES += %D%/keepsake.c %D%/keepsake.h
libcomponent_la_SOURCES += %D%/keyfile.c %D%/keyfile.h
libcomponent_la_SOURCES += %D%/listener.c %D%/listener.h
libcomponent_la_SOURCES += %D%/lookup.c %D%/lookup.h
libcomponent_la_SOURCES += %D%/listing.c %D%/listing.h
libcomponent_la_SOURCES += %D%/lookout.c %D%/lookout.h
libcomponent_la_SOURCES += %D%/loop.c %D%/loop.h
libcomponent_la_SOURCES += %D%/metrics.c %D%/metrics.h
libcomponent_la_SOURCES += %D%/notify.c %D%/notify.h
libcomponent_la_SOURCES += %D%/ping.c %D%/ping.h
libcomponent_la_SOURCES += %D%/reach.c %D%/reach.h
libcomponent_la_SOURCES += %D%/options.c %D%/options.h
libcomponent_la_SOURCES += %D%/page.c %D%/page.h
libcomponent_la_SOURCES += %D%/plot.c %D%/plot.h
libcomponent_la_SOURCES += %D%/port.c %D%/port.h
libcomponent_la_SOURCES += %D%/prosody.c %D%/prosody.h
libcomponent_la_SOURCES += %D%/readiness.c %D%/readiness.h
libcomponent_la_SOURCES += %D%/reception.c %D%/reception.h
libcomponent_la_SOURCES += %D%/reload.c %D%/reload.h
libcomponent_la_SOURCES += %D%/resolver.c %D%/resolver.h
libcomponent_la_SOURCES += %D%/sandbox.c %D%/sandbox.h
libcomponent_la_SOURCES += %D%/services/echo.c %D%/services/echo.h
libcomponent_la_SOURCES += %D%/services/relay.c %D%/services/relay.h
libcomponent_la_SOURCES += %D%/setup.c %D%/setup.h
libcomponent_la_SOURCES += %D%/sights.c %D%/sights.h
libcomponent_la_SOURCES += %D%/signals.c %D%/signals.h
libcomponent_la_SOURCES += %D%/sockaddr.c %D%/sockaddr.h
libcomponent_la_SOURCES += %D%/shelf.c %D%/shelf.h
libcomponent_la_SOURCES += %D%/sockfile.c %D%/sockfile.h
libcomponent_la_SOURCES += %D%/steward.c %D%/steward.h
libcomponent_la_SOURCES += %D%/store.c %D%/store.h
libcomponent_la_SOURCES += %D%/succession.c %D%/succession.h
libcomponent_la_SOURCES += %D%/survey.c %D%/survey.h
libcomponent_la_SOURCES += %D%/tenure.c %D%/tenure.h
libcomponent_la_SOURCES += %D%/tables.c %D%/tables.h
libcomponent_la_SOURCES += %D%/terminal.c %D%/terminal.h
libcomponent_la_SOURCES += %D%/thrift.c %D%/thrift.h
libcomponent_la_SOURCES += %D%/transit.c %D%/transit.h
libcomponent_la_SOURCES += %D%/trend.c %D%/trend.h
libcomponent_la_SOURCES += %D%/turnstile.c %D%/turnstile.h
libcomponent_la_SOURCES += %D%/uplink.c %D%/uplink.h
libcomponent_la_SOURCES += %D%/uplinks.c %D%/uplinks.h
libcomponent_la_SOURCES += %D%/verbs.c %D%/verbs.h
libcomponent_la_SOURCES += %D%/vigil.c %D%/vigil.h
libcomponent_la_SOURCES += %D%/visit.c %D%/visit.h
libcomponent_la_SOURCES += %D%/wire.c %D%/wire.h
libcomponent_la_SOURCES += %D%/zone.c %D%/zone.h

%D%/control.lo: data/control-interface.h

sbin_PROGRAMS += enjamb
enjamb_SOURCES = %D%/enjamb.c
enjamb_LDADD = libcomponent.la libprotocol.la

bin_PROGRAMS += enjambctl
enjambctl_SOURCES = %D%/enjambctl.c
enjambctl_LDADD = libcomponent.la libprotocol.la
