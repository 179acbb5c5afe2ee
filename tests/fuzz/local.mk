# A target needs two lines: its name, and NAME_LDFLAGS = $(FUZZ_LDFLAGS) for a build with libFuzzer.
# Otherwise support/replay.c is its main program, and runs it on the files in seeds/NAME/ (without "fuzz-").

fuzz_targets =
fuzz_targets += %D%/fuzz-certificate
%C%_fuzz_certificate_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_targets += %D%/fuzz-config
%C%_fuzz_config_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_targets += %D%/fuzz-dialback
%C%_fuzz_dialback_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_targets += %D%/fuzz-dns
%C%_fuzz_dns_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_targets += %D%/fuzz-hosted
%C%_fuzz_hosted_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_targets += %D%/fuzz-inbound
%C%_fuzz_inbound_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_targets += %D%/fuzz-jid
%C%_fuzz_jid_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_targets += %D%/fuzz-link
%C%_fuzz_link_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_targets += %D%/fuzz-outbound
%C%_fuzz_outbound_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_targets += %D%/fuzz-reader
%C%_fuzz_reader_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_targets += %D%/fuzz-writer
%C%_fuzz_writer_LDFLAGS = $(FUZZ_LDFLAGS)

check_PROGRAMS += $(fuzz_targets)
if FUZZING
EXTRA_PROGRAMS += %D%/fuzz-planted
%C%_fuzz_planted_SOURCES = %D%/fuzz-reader.c
%C%_fuzz_planted_CPPFLAGS = $(AM_CPPFLAGS) -DENJ_PLANT_OVERFLOW
%C%_fuzz_planted_LDFLAGS = $(FUZZ_LDFLAGS)
else
libtestsupport_la_SOURCES += tests/support/replay.c
enjamb_tests += $(fuzz_targets)
endif
EXTRA_DIST += %D%/certificate.dict %D%/config.dict %D%/dns.dict %D%/jid.dict
EXTRA_DIST += %D%/reader.dict %D%/xmpp.dict
EXTRA_DIST += %D%/seeds %D%/run
