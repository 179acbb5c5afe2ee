# Tests speak TAP, and say with "# proves ID" which lines of CHECKLIST they prove.

TEST_EXTENSIONS = .sh .py
TAP_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TAP_DRIVER)
SH_LOG_DRIVER = $(TAP_DRIVER)
PY_LOG_DRIVER = $(TAP_DRIVER)
LOG_COMPILER = $(SHELL) $(top_srcdir)/%D%/support/tap
SH_LOG_COMPILER = $(SHELL)
PY_LOG_COMPILER = $(PYTHON3) -B

AM_TESTS_ENVIRONMENT = \
  G_TEST_SRCDIR='$(abs_top_srcdir)' G_TEST_BUILDDIR='$(abs_top_builddir)' \
  srcdir='$(top_srcdir)' NM='$(NM)' CC='$(CC)' MAKE='$(MAKE)' PKG_CONFIG='$(PKG_CONFIG)' \
  INSTRUMENT_CFLAGS='$(INSTRUMENT_CFLAGS)' \
  G_SLICE=always-malloc MALLOC_PERTURB_=$${MALLOC_PERTURB_-181} \
  UBSAN_OPTIONS=print_stacktrace=1 \
  ; export G_TEST_SRCDIR G_TEST_BUILDDIR srcdir NM CC MAKE PKG_CONFIG INSTRUMENT_CFLAGS \
    G_SLICE MALLOC_PERTURB_ UBSAN_OPTIONS;

check_LTLIBRARIES += libtestsupport.la
libtestsupport_la_SOURCES =
libtestsupport_la_SOURCES += %D%/support/actor.c %D%/support/actor.h
libtestsupport_la_SOURCES += %D%/support/authority.c %D%/support/authority.h
libtestsupport_la_SOURCES += %D%/support/meeting.c %D%/support/meeting.h
libtestsupport_la_SOURCES += %D%/support/configs.c %D%/support/configs.h
libtestsupport_la_SOURCES += %D%/support/expectation.c %D%/support/expectation.h
libtestsupport_la_SOURCES += %D%/support/hunt.c %D%/support/hunt.h
libtestsupport_la_SOURCES += %D%/support/nameserver.c %D%/support/nameserver.h
libtestsupport_la_SOURCES += %D%/support/pem.c %D%/support/pem.h
libtestsupport_la_SOURCES += %D%/support/pipe.c %D%/support/pipe.h
libtestsupport_la_SOURCES += %D%/support/proves.c %D%/support/proves.h
libtestsupport_la_SOURCES += %D%/support/quiet.c %D%/support/quiet.h
libtestsupport_la_SOURCES += %D%/support/reading.c %D%/support/reading.h
libtestsupport_la_SOURCES += %D%/support/scratch.c %D%/support/scratch.h
libtestsupport_la_SOURCES += %D%/support/script.c %D%/support/script.h
libtestsupport_la_SOURCES += %D%/support/settings.c %D%/support/settings.h
libtestsupport_la_SOURCES += %D%/support/signer.c %D%/support/signer.h
libtestsupport_la_SOURCES += %D%/support/stage.c %D%/support/stage.h
libtestsupport_la_SOURCES += %D%/support/stanzas.c %D%/support/stanzas.h
libtestsupport_la_SOURCES += %D%/support/steady.c %D%/support/steady.h
libtestsupport_la_SOURCES += %D%/support/talk.c %D%/support/talk.h
libtestsupport_la_SOURCES += %D%/support/transcript.c %D%/support/transcript.h
LDADD = libtestsupport.la libcomponent.la libprotocol.la

EXTRA_DIST += %D%/support/tap %D%/support/valgrind %D%/valgrind.supp
EXTRA_DIST += %D%/CHECKLIST %D%/checklist-report

# What takes long, or needs real servers for long: run by check-long only. Scripts, .sh or .py.
LONG_TESTS =

include %D%/style/local.mk
include %D%/unit/local.mk
include %D%/transcripts/local.mk
include %D%/world/local.mk
include %D%/fuzz/local.mk
include %D%/bench/local.mk
include %D%/library/local.mk
include %D%/mutants/local.mk
include %D%/live/local.mk
include %D%/hostile/local.mk

TESTS = $(enjamb_tests)
EXTRA_DIST += $(LONG_TESTS)
REPORT = $(AWK) -f $(top_srcdir)/%D%/checklist-report

# A run of chosen tests (make check TESTS=...) cannot answer for the whole list.
check-local: check-TESTS
	@if test "`echo $(TESTS)`" = "`echo $(enjamb_tests)`"; then \
	  $(REPORT) $(top_srcdir)/%D%/CHECKLIST $(TEST_LOGS); \
	fi

LONG_LOGS_PY = $(LONG_TESTS:.py=.log)
LONG_LOGS = $(LONG_LOGS_PY:.sh=.log)

# The whole list is answered for where both suites have run.
check-long: all $(check_LTLIBRARIES) $(check_PROGRAMS)
	@rm -f MATRIX
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(LONG_TESTS)' \
	  TEST_SUITE_LOG=test-suite-long.log; \
	  status=$$?; test ! -f MATRIX || cat MATRIX; exit $$status
	@if test -f test-suite.log; then \
	  $(REPORT) -v long=1 $(top_srcdir)/%D%/CHECKLIST $(TEST_LOGS) $(LONG_LOGS); \
	fi
.PHONY: check-long

# The C programs below live/, each under valgrind.
valgrind_tests = $(unit_tests) $(transcript_tests) $(world_tests) $(fuzz_targets)
check-valgrind: all $(check_LTLIBRARIES) $(check_PROGRAMS)
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(valgrind_tests)' \
	  TEST_SUITE_LOG=test-suite-valgrind.log \
	  LOG_COMPILER='$(SHELL) $(top_srcdir)/%D%/support/valgrind'
.PHONY: check-valgrind
MOSTLYCLEANFILES = test-suite-long.log test-suite-valgrind.log $(LONG_LOGS) $(LONG_LOGS:.log=.trs)
