# The only place that touches the world, the library, and the programs.

noinst_LTLIBRARIES += libcomponent.la
libcomponent_la_LIBADD = $(GIO_LIBS) $(UNBOUND_LIBS)
libcomponent_la_SOURCES =

lib_LTLIBRARIES += libenjamb.la
libenjamb_la_SOURCES =
libenjamb_la_LIBADD = libcomponent.la libprotocol.la
libenjamb_la_LDFLAGS = \
  -version-info 0:0:0 -no-undefined \
  -export-symbols $(top_srcdir)/%D%/libenjamb.sym
libenjamb_la_DEPENDENCIES = libcomponent.la libprotocol.la $(top_srcdir)/%D%/libenjamb.sym
EXTRA_DIST += %D%/libenjamb.sym

libcomponent_la_SOURCES += %D%/about.c %D%/about.h
libcomponent_la_SOURCES += %D%/certificates.c %D%/certificates.h
libcomponent_la_SOURCES += %D%/configuration.c %D%/configuration.h
libcomponent_la_SOURCES += %D%/dialer.c %D%/dialer.h
libcomponent_la_SOURCES += %D%/file.c %D%/file.h
libcomponent_la_SOURCES += %D%/journal.c %D%/journal.h
libcomponent_la_SOURCES += %D%/keyfile.c %D%/keyfile.h
libcomponent_la_SOURCES += %D%/listener.c %D%/listener.h
libcomponent_la_SOURCES += %D%/loop.c %D%/loop.h
libcomponent_la_SOURCES += %D%/notify.c %D%/notify.h
libcomponent_la_SOURCES += %D%/options.c %D%/options.h
libcomponent_la_SOURCES += %D%/services/echo.c %D%/services/echo.h
libcomponent_la_SOURCES += %D%/services/relay.c %D%/services/relay.h
libcomponent_la_SOURCES += %D%/sockaddr.c %D%/sockaddr.h
libcomponent_la_SOURCES += %D%/wire.c %D%/wire.h
