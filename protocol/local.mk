# The machines that are fed: no socket, no clock, no name look-ups.

noinst_LTLIBRARIES += libprotocol.la
libprotocol_la_LIBADD = $(GLIB_LIBS) $(GNUTLS_LIBS) $(EXPAT_LIBS) $(LIBIDN_LIBS)
libprotocol_la_SOURCES =

include_HEADERS += %D%/enjamb.h

libprotocol_la_SOURCES += %D%/address.c %D%/address.h
libprotocol_la_SOURCES += %D%/admission.c %D%/admission.h
libprotocol_la_SOURCES += %D%/bytes.c %D%/bytes.h
libprotocol_la_SOURCES += %D%/chance.c %D%/chance.h
libprotocol_la_SOURCES += %D%/condition.c %D%/condition.h
libprotocol_la_SOURCES += %D%/counters.h
libprotocol_la_SOURCES += %D%/credentials.h
libprotocol_la_SOURCES += %D%/deadlines.c %D%/deadlines.h
libprotocol_la_SOURCES += %D%/dialback-key.h
libprotocol_la_SOURCES += %D%/dialback.c %D%/dialback.h
libprotocol_la_SOURCES += %D%/element.c %D%/element.h
libprotocol_la_SOURCES += %D%/escape.c %D%/escape.h
libprotocol_la_SOURCES += %D%/features.c %D%/features.h
libprotocol_la_SOURCES += %D%/handshake.c %D%/handshake.h
libprotocol_la_SOURCES += %D%/header.c %D%/header.h
libprotocol_la_SOURCES += %D%/inbound.c %D%/inbound.h
libprotocol_la_SOURCES += %D%/jid.c %D%/jid.h
libprotocol_la_SOURCES += %D%/legal.c %D%/legal.h
libprotocol_la_SOURCES += %D%/limits.h
libprotocol_la_SOURCES += %D%/link.c %D%/link.h
libprotocol_la_SOURCES += %D%/log.c %D%/log.h
libprotocol_la_SOURCES += %D%/ns.h
libprotocol_la_SOURCES += %D%/outbound.c %D%/outbound.h
libprotocol_la_SOURCES += %D%/pairs.c %D%/pairs.h
libprotocol_la_SOURCES += %D%/parse.h
libprotocol_la_SOURCES += %D%/policy.c %D%/policy.h
libprotocol_la_SOURCES += %D%/rate.c %D%/rate.h
libprotocol_la_SOURCES += %D%/reader.h
libprotocol_la_SOURCES += %D%/realm.c %D%/realm.h
libprotocol_la_SOURCES += %D%/receipt.c %D%/receipt.h
libprotocol_la_SOURCES += %D%/session.c %D%/session.h
libprotocol_la_SOURCES += %D%/settings.c %D%/settings.h
libprotocol_la_SOURCES += %D%/stanza.c %D%/stanza.h
libprotocol_la_SOURCES += %D%/stream-error.c %D%/stream-error.h
libprotocol_la_SOURCES += %D%/stream.c %D%/stream.h
libprotocol_la_SOURCES += %D%/targets.h
libprotocol_la_SOURCES += %D%/tls.h
libprotocol_la_SOURCES += %D%/token.c %D%/token.h
libprotocol_la_SOURCES += %D%/waiting.c %D%/waiting.h
libprotocol_la_SOURCES += %D%/wake.h
