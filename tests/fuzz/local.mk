# A target needs two lines: its name, and NAME_LDFLAGS = $(FUZZ_LDFLAGS) for a build with libFuzzer.
# Otherwise support/replay.c is its main program, and runs it on the files in seeds/NAME/ (without "fuzz-").

fuzz_targets =
fuzz_targets += %D%/fuzz-jid
%C%_fuzz_jid_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_targets += %D%/fuzz-reader
%C%_fuzz_reader_LDFLAGS = $(FUZZ_LDFLAGS)

check_PROGRAMS += $(fuzz_targets)
if !FUZZING
libtestsupport_la_SOURCES += tests/support/replay.c
enjamb_tests += $(fuzz_targets)
endif
EXTRA_DIST += %D%/seeds %D%/reader.dict
