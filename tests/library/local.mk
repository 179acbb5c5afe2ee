# The library as a program meets it: installed, found by pkg-config.

library_tests =
library_tests += %D%/echo.sh

check_PROGRAMS += %D%/fake-server
%C%_fake_server_SOURCES = %D%/fake-server.c
%C%_fake_server_LDADD = $(GIO_LIBS) $(EXPAT_LIBS)

enjamb_tests += $(library_tests)
EXTRA_DIST += $(library_tests)
