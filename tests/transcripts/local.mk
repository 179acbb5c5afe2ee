# Dialogues with the machines, each played four ways; a transcript is data, no line here.

transcript_tests = %D%/test-transcripts
check_PROGRAMS += $(transcript_tests)
enjamb_tests += $(transcript_tests)
%C%_test_transcripts_SOURCES = %D%/player.c %D%/acts.c %D%/acts.h
EXTRA_DIST += %D%

# The folder goes as a whole, and what was built in it stays.
dist-hook:
	rm -rf $(distdir)/%D%/.deps $(distdir)/%D%/.libs $(distdir)/%D%/.dirstamp \
	  $(distdir)/%D%/*.o $(distdir)/%D%/*.log $(distdir)/%D%/*.trs \
	  $(distdir)/%D%/test-transcripts$(EXEEXT)
